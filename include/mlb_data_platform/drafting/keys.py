"""Guesses what tells the elements of an array apart: the fewest of their columns that do so in all there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from mlb_data_platform.drafting.columns import DraftColumn
from mlb_data_platform.mapping.paths import SELF

Siblings = Sequence[tuple[int | str, Any]]  # the elements of one array or map, each with its position or key

_TYPES = ("integer", "bigint", "text", "date", "timestamptz")  # of a key
_MOST_COLUMNS = 3
_ID = 1  # of what is an id, its own or that of something in it
_MOST_CANDIDATES = 8  # of which combinations are tried


def guessed_key(
    columns: Sequence[DraftColumn], families: Sequence[Siblings], *, only_ids: bool = False
) -> list[str] | None:
    """Return the names of the columns that tell the elements of each family apart; None where none do.

    Where no family has two elements, only what is called an id is taken for a key: anything would do.
    """
    candidates = sorted(filter(_may_be_key, columns), key=_unlikeliness)
    if only_ids or not any(len(family) > 1 for family in families):
        candidates = [column for column in candidates if _unlikeliness(column) <= _ID]
    for chosen in _combinations(candidates[:_MOST_CANDIDATES]):
        if all(_tells_apart(chosen, family) for family in families):
            return [column.name for column in chosen]
    return None


def _combinations(candidates: Sequence[DraftColumn]) -> Iterator[tuple[DraftColumn, ...]]:
    for size in range(1, _MOST_COLUMNS + 1):
        yield from combinations(candidates, size)


def _may_be_key(column: DraftColumn) -> bool:
    return column.is_always_there and column.type in _TYPES and column.source in ({}, {"path": SELF})


def _unlikeliness(column: DraftColumn) -> int:
    """How unlikely it is that a column is part of the key: first what is an id, last what is a text."""
    words = column.name.split("_")
    if words[-1] in ("id", "pk"):
        return _ID if len(column.path) > 1 else 0
    if words[-1] in ("number", "index", "date", "season", "code", "inning", "ordinal"):
        return 2
    return 3 if column.type != "text" else 4


def _tells_apart(columns: Sequence[DraftColumn], family: Siblings) -> bool:
    keys = [tuple(value_at(element, column.path) for column in columns) for _, element in family]
    return len(set(keys)) == len(keys)


def value_at(element: Any, path: Sequence[str]) -> Any:
    """Return what stands at a path of names below `element`, None where nothing does."""
    for name in path:
        element = element.get(name) if isinstance(element, dict) else None
    return element
