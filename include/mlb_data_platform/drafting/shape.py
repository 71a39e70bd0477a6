"""What responses look like: every place in them, what stands there, and how often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mlb_data_platform.mapping.models import ColumnType

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_DATA_KEY = re.compile(r"(ID)?\d+")  # as in players.ID660271
_LARGEST_INTEGER = 2**31 - 1
_SIDES = {"away", "home"}
_VALUES_KEPT = 10_000  # enough to see that a value names its element

# Which type holds the values of either; text holds all.
_WIDER: dict[frozenset[ColumnType], ColumnType] = {
    frozenset({"integer", "bigint"}): "bigint",
    frozenset({"integer", "double precision"}): "double precision",
    frozenset({"bigint", "double precision"}): "double precision",
}


@dataclass
class Shape:
    """What stands at one place: how often something, how often null, and in what it consists."""

    seen: int = 0
    nulls: int = 0
    types: Counter[ColumnType] = field(default_factory=Counter)
    values: list[Any] = field(default_factory=list)
    objects: int = 0
    members: dict[str, Shape] = field(default_factory=dict)
    arrays: int = 0
    element: Shape | None = None

    def observe(self, value: Any) -> None:
        """Take down one value that stands here."""
        self.seen += 1
        match value:
            case None:
                self.nulls += 1
            case dict():
                self.objects += 1
                for name, member in value.items():
                    self.members.setdefault(name, Shape()).observe(member)
            case list():
                self.arrays += 1
                self.element = self.element or Shape()
                for each in value:
                    self.element.observe(each)
            case _:
                self.types[type_of(value)] += 1
                if len(self.values) < _VALUES_KEPT:
                    self.values.append(value)

    @property
    def type(self) -> ColumnType:
        """The narrowest type that holds all values seen here; text where there was none."""
        if self.element is not None:
            return "integer[]" if self.element.type == "integer" else "text[]"
        found = list(self.types)
        widest = found[0] if found else "text"
        for each in found[1:]:
            widest = widest if each == widest else _WIDER.get(frozenset({widest, each}), "text")
        return widest

    @property
    def is_map(self) -> bool:
        """Whether it is an object whose keys are data: ids, and not names of members."""
        return bool(self.members) and all(_DATA_KEY.fullmatch(name) for name in self.members)

    @property
    def has_sides(self) -> bool:
        """Whether it is an object with the same for away and home."""
        return set(self.members) == _SIDES and all(member.objects for member in self.members.values())

    @property
    def is_single(self) -> bool:
        """Whether one value stands here: neither an object nor an array."""
        return not (self.objects or self.arrays)

    @property
    def is_column(self) -> bool:
        """Whether a column holds what stands here: one value, or an array of such."""
        return self.is_single or (not self.objects and self.element is not None and self.element.is_single)

    def merged(self) -> Shape:
        """Return what the members have in common, all taken as one: of a map, or of both sides."""
        together = Shape()
        for member in self.members.values():
            _merge(together, member)
        return together


def shape_of(documents: Iterable[Any]) -> Shape:
    """Return what these responses look like."""
    root = Shape()
    for document in documents:
        root.observe(document)
    return root


def type_of(value: Any) -> ColumnType:
    """Return the type of column that holds a value."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer" if abs(value) <= _LARGEST_INTEGER else "bigint"
        case float():
            return "double precision"
        case str() if _DATE.fullmatch(value) and _is_date(value):
            return "date"
        case str() if _MOMENT.fullmatch(value):
            return "timestamptz"
        case _:
            return "text"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def leaves(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """Yield each place below that is reached by names alone and has a value, an array or a map."""
    for name, member in shape.members.items():
        here = (*path, name)
        if member.members and not (member.is_map or member.has_sides):
            yield from leaves(member, here)
        else:
            yield here, member


def _merge(into: Shape, other: Shape) -> None:
    into.seen += other.seen
    into.nulls += other.nulls
    into.types.update(other.types)
    into.values += other.values
    into.objects += other.objects
    into.arrays += other.arrays
    for name, member in other.members.items():
        _merge(into.members.setdefault(name, Shape()), member)
    if other.element:
        into.element = into.element or Shape()
        _merge(into.element, other.element)
