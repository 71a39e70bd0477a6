"""The typed form of a job's `each`: for which items it does its work, a date's games or teams, or people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from mlb_data_platform.jobs.placeholders import Value, placeholders
from mlb_data_platform.jobs.task_models import Name
from mlb_data_platform.yaml_models import StrictModel

Table = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", description="schema.table")]
Values = list[Value]
GAME = "game_pk"  # the key of the items that tasks are mapped over


class Rows(StrictModel):
    """The values that a column of another table has."""

    model_config = ConfigDict(populate_by_name=True)

    table: Table = Field(alias="in")
    column: Name
    date: Name | None = Field(None, description="Only in rows whose date, in this column, is the run's.")
    where: dict[Name, Value | Values] = {}


class Unless(StrictModel):
    """Which items are left out, since they are known: those that have a row of a capture that is young enough."""

    table: Table = Field(description="With one row for each item: its mapping's version table.")
    columns: dict[Name, Value] = Field(min_length=1, description="The columns that name the item, and their values.")
    newer_than_days: int = Field(ge=1)


class Each(StrictModel):
    """The items of a run: what the rows of a table name, each once."""

    table: Table = Field(description="A table or a view.")
    date: Name | None = Field(None, description="Only rows whose date, in this column, is the run's.")
    where: dict[Name, Value | Values | Rows] = Field({}, description="Only rows with one of these values.")
    key: dict[Name, Name | list[Name]] = Field(
        min_length=1,
        description="What each item is called by requests, and the column that has it, or the columns: then each has"
        " an item of its own.",
    )
    without: dict[Name, list[str]] = Field({}, description="Rows with one of these values are left out.")
    ahead: dict[Name, list[str]] = Field({}, description="Not begun: a season or range does not ask for these.")
    over: dict[Name, list[str]] = Field({}, description="Over for good: the response must say so too.")
    unless: Unless | None = None
    order: Name | None = Field(None, description="The smaller this column's value, the sooner; else by date and key.")
    batch: int | None = Field(None, ge=2, description="So many items in one request, joined by commas.")
    label: list[Name] = Field([], description="The columns of what people call it, joined by ' @ '.")
    if_none: Literal["fail", "skip"] = Field("fail", description="skip: where nothing is due all is well.")

    @property
    def columns(self) -> Iterator[tuple[str, ...]]:
        """Return the columns of `table` that name an item, in the order of `key`, for each item that a row names."""
        lists = [[column] if isinstance(column, str) else column for column in self.key.values()]
        most = max(map(len, lists))
        return zip(*(found * most if len(found) == 1 else found for found in lists), strict=True)

    @property
    def dated_tables(self) -> list[str]:
        """Return the tables of which only the rows of the run's date count."""
        others = [rows.table for rows in self.where.values() if isinstance(rows, Rows) and rows.date]
        return [self.table, *others] if self.date else others

    @property
    def templates(self) -> Iterator[tuple[str, str]]:
        """Return the values that rows must have, in which the run's date may stand, each with where it is written."""
        return _values_written("each.where", self.where)

    @model_validator(mode="after")
    def _consistent(self) -> Each:
        if len({len(columns) for columns in self.key.values() if isinstance(columns, list)} - {1}) > 1:
            raise ValueError("key: lists of columns that belong together are equally long")
        if self.batch and len(self.key) > 1:
            raise ValueError("batch: only items that one key names are joined")
        for value in self.unless.columns.values() if self.unless else ():
            for name in placeholders(str(value)):
                if name not in self.key:
                    raise ValueError(f"unless.columns: '{{{name}}}' is none of the keys {', '.join(self.key)}")
        return self


def _values_written(location: str, where: Mapping[str, Value | Values | Rows]) -> Iterator[tuple[str, str]]:
    for column, wanted in where.items():
        here = f"{location}.{column}"
        if isinstance(wanted, Rows):
            yield from _values_written(f"{here}.where", dict(wanted.where))
        else:
            yield from ((here, str(value)) for value in (wanted if isinstance(wanted, list) else [wanted]))
