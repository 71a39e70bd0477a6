"""The names and paths that stand in a mapping, as its models check them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from mlb_data_platform.mapping.paths import Path

_NAME = r"[a-z][a-z0-9_]{0,62}"
# Words that PostgreSQL 18 does not take as the name of a column or table without quotes: pg_get_keywords(), R and T;
# and the columns that every table of it has.
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema
    current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for
    foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral
    leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
    placing primary references returning right select session_user similar some symmetric system_user table
    tablesample then to trailing true union unique user using variadic verbose when where window with
    cmax cmin ctid tableoid xmax xmin
    """.split()  # noqa: SIM905 - one word per line would be a page
)


def _identifier(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise ValueError(f"'{name}' is not a name in snake_case of at most 63 characters")
    if name in _RESERVED:
        raise ValueError(f"'{name}' is a reserved word of SQL: put its parent's name before it")
    return name


def is_name(text: str) -> bool:
    """Return whether `text` can be the name of a table or column."""
    return bool(re.fullmatch(_NAME, text)) and text not in _RESERVED


def _path(text: str) -> str:
    Path.parse(text)
    return text


def _single(text: str) -> str:
    if not Path.parse(text).is_single:
        raise ValueError(f"'{text}' goes through an array or map: only 'rows' can, and a column has one value")
    return text


def _ignorable(text: str) -> str:
    if text.startswith("$..") and not re.fullmatch(r"\$\.\.[^.\[\]*]+", text):
        raise ValueError(f"'{text}': after '$..' stands one name")
    return text if text.startswith("$..") else _path(text)


def _absolute(text: str) -> str:
    if not text.startswith("$"):
        raise ValueError(f"'{text}' must start at the response: '$.{text}'")
    return _path(text)


Name = Annotated[str, AfterValidator(_identifier)]
Parameter = Annotated[str, Field(pattern=r"^\w+$")]
RelativePath = Annotated[str, AfterValidator(_single)]
AbsolutePath = Annotated[str, AfterValidator(_absolute)]
ValuePath = Annotated[str, AfterValidator(_absolute), AfterValidator(_single)]
IgnorablePath = Annotated[str, AfterValidator(_ignorable), Field(pattern=r"^\$[.\[]")]
