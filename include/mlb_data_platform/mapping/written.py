"""A mapping as it is written, with the short forms of `shorthand`: what editors complete and check by its JSON Schema.

Nothing is loaded by these models. What loads is the long form, by `models`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlb_data_platform.mapping.models import Column, ColumnType, Ignored, Mapping, Table
from mlb_data_platform.mapping.names import IgnorablePath, Name
from mlb_data_platform.mapping.quality_rules import Between, Complete, Expression, OneOf
from mlb_data_platform.mapping.shorthand import Section

WrittenColumns = dict[str, ColumnType | Column | Section]


class WrittenBetween(Between):
    """Each column is NULL or within [low, high]."""

    column: Name | list[Name]  # type: ignore[assignment]


class WrittenOneOf(OneOf):
    """Each column is NULL or one of the values."""

    column: Name | list[Name]  # type: ignore[assignment]


WrittenRule = Annotated[Complete | WrittenBetween | WrittenOneOf | Expression, Field(discriminator="rule")]


class WrittenIgnored(Ignored):
    """Paths, with everything below them, that no table holds; `$..name` means that name anywhere."""

    path: IgnorablePath | list[IgnorablePath]  # type: ignore[assignment]


class WrittenTable(Table):
    """One table: where its rows come from, its key, its columns and the rules its rows must keep."""

    columns: WrittenColumns  # type: ignore[assignment]
    quality: list[WrittenRule] = []  # type: ignore[assignment]


class WrittenMapping(Mapping):
    """One endpoint: how it is asked for, how its raw rows are keyed, and the tables its responses become."""

    groups: dict[Name, WrittenColumns] = Field({}, description="Columns that stand in more than one place.")
    null_if: list[str] = Field([], description="Texts that say that there is no value, in columns that are no text.")
    tables: dict[Name, WrittenTable]  # type: ignore[assignment]
    ignore: list[WrittenIgnored] = []  # type: ignore[assignment]
