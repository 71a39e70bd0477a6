"""A mapping as another engine would have it: an explicit schema of the JSON, and for each table queries that unnest it.

What differs between the engines' SQL is a Dialect. Each query reads `feeds` (doc, captured_at, raw_id, content_sha256)
and goes one array, map or object further in per subquery; only what a column needs is carried along.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from mlb_data_platform.mapping.models import Condition, Mapping, RowSource, Source
from mlb_data_platform.mapping.paths import Key, Path, Step, Steps
from mlb_data_platform.mapping.places import Place, places
from mlb_data_platform.mapping.provenance import stamp_columns

# What a place is read as, where one of these is all that is made of it; anything else is read as text, then cast.
_JSON_TYPES = ("boolean", "double precision")
_STAMP = ("captured_at", "raw_id", "content_sha256")


def scalar(place: Place) -> str:
    """Return what a place that is no object, array or map is read as."""
    return next((type_ for type_ in _JSON_TYPES if place.types - {"condition", "presence"} == {type_}), "text")


def members(place: Place) -> dict[str, Place]:
    """Return the members of an object that a mapping reads: of what it ignores the engines need not know."""
    return {name: child for name, child in place.members.items() if _is_read(child)}


def _is_read(place: Place) -> bool:
    below = [*place.members.values(), *filter(None, (place.elements, place.values))]
    return place.mapped or any(map(_is_read, below))


class Dialect(Protocol):
    """How an engine spells what the queries need."""

    def name(self, name: str) -> str:
        """Quote a name."""

    def type(self, place: Place) -> str:
        """Return the type of a place."""

    def unnest(self, holder: str, step: Step, label: str, element: str) -> str:
        """Return what makes a row of each element of `holder`, in a SELECT list, under the names given."""

    def cast(self, value: str, type_: str) -> str:
        """Return text as a column's type, NULL where it is none."""

    def whole(self, value: str, by: int) -> str:
        """Return the whole part of value / by."""


def queries(mapping: Mapping, table: str, dialect: Dialect) -> list[str]:
    """Return the queries that together give the rows of `table`, columns in the table's order."""
    return [_Query(mapping, table, source, dialect).text() for source in mapping.tables[table].row_sources]


class _Query:
    """One query under construction: element0 is the response, each further one what its predecessor holds."""

    def __init__(self, mapping: Mapping, table: str, source: RowSource, dialect: Dialect) -> None:
        self._mapping, self._table, self._source, self._dialect = mapping, table, source, dialect
        self._root = places(mapping)
        self._steps = Path.parse(source.rows).steps
        self._levels = list(_levels(self._steps))
        self._last = len(self._levels)
        self._carried: dict[int, dict[str, str]] = {}  # by element: what columns need of it, by the name it travels as

    def text(self) -> str:
        columns = ", ".join([*self._columns(), *stamp_columns(self._mapping, self._table)])
        known = [*_STAMP]
        rows = f"SELECT {', '.join(known)}, doc AS element0 FROM feeds"
        for number, steps in enumerate(self._levels):
            further = self._further(number, steps)
            rows = f"SELECT {', '.join([*known, *self._taken(number), further])} FROM ({rows}) AS q{number}"
            known += self._carried.get(number, {})
            known += [] if isinstance(steps[-1], Key) else [f"label{number + 1}"]
        taken = ", ".join([*known, *self._taken(self._last)])
        rows = f"SELECT {taken} FROM ({rows}) AS elements WHERE {' AND '.join(self._conditions())}"
        return f"SELECT {columns} FROM ({rows}) AS found"

    def _further(self, number: int, steps: Steps) -> str:
        if isinstance(steps[-1], Key):
            return f"{self._path(number, steps)} AS element{number + 1}"
        return self._dialect.unnest(self._path(number, steps), steps[-1], f"label{number + 1}", f"element{number + 1}")

    def _taken(self, number: int) -> list[str]:
        return [f"{value} AS {name}" for name, value in self._carried.get(number, {}).items()]

    def _columns(self) -> Iterator[str]:
        for name, column in self._mapping.columns(self._table).items():
            source = self._source.columns.get(name, column)
            yield f"{self._value(source, column.type)} AS {self._dialect.name(name)}"

    def _value(self, source: Source, type_: str) -> str:
        if source.paths:
            found = [self._carry(source, path) for path in source.paths]
            value = found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"
            if type_ != "text":
                value = self._dialect.cast(value, type_)
        elif label := source.position or source.member:
            value = f"label{self._number_of(label)}"
        else:
            return self._dialect.cast("NULL" if source.value is None else f"'{source.value}'", type_)
        value = f"({value} + {source.plus})" if source.plus else value
        value = self._dialect.whole(value, source.divide_by) if source.divide_by else value
        return f"({value} % {source.modulo})" if source.modulo else value

    def _carry(self, source: Source, path: Path) -> str:
        """Have the value at `path` travel to the end, and return its name there."""
        number = 0 if path.absolute else self._number_of(source.of) if source.of else self._last
        carried = self._carried.setdefault(number, {})
        value = self._path(number, path.steps)
        name = next((name for name, known in carried.items() if known == value), f"value{number}_{len(carried)}")
        carried[name] = value
        return name

    def _number_of(self, label: str) -> int:
        end = Path.parse(self._source.rows).elements_of(label)
        return sum(not isinstance(step, Key) for step in self._steps[:end])

    def _path(self, number: int, steps: Steps) -> str:
        keys = [self._dialect.name(step.name) for step in steps if isinstance(step, Key)]
        return ".".join([f"element{number}", *keys])

    def _conditions(self) -> Iterator[str]:
        yield self._has_content(())
        for condition in self._source.where:
            yield self._condition(condition)

    def _condition(self, condition: Condition) -> str:
        if condition.path is None:
            return f"({' OR '.join(map(self._condition, condition.alternatives or ()))})"
        steps = Path.parse(condition.path).steps
        if condition.present is not None:
            return self._has_content(steps) if condition.present else f"NOT {self._has_content(steps)}"
        value = self._path(self._last, steps)
        if condition.equals is not None:
            return f"{value} = {self._literal(steps, condition.equals)}"
        if condition.one_of is not None:
            return f"{value} IN ({', '.join(self._literal(steps, each) for each in condition.one_of)})"
        return f"{value} IS DISTINCT FROM {self._literal(steps, condition.differs)}"

    def _literal(self, steps: Steps, value: object) -> str:
        """A value that is compared with what stands at `steps`, as that is read."""
        return str(value) if scalar(self._place(steps)) in _JSON_TYPES else f"'{str(value).lower()}'"

    def _has_content(self, steps: Steps) -> str:
        """An object with nothing in it that the mapping knows counts as none."""
        value, place = self._path(self._last, steps), self._place(steps)
        if steps and not place.members:
            return f"(coalesce({value}, '') <> '')"
        parts = [f"{value}.{self._dialect.name(name)}" for name in members(place)] or [value]
        return f"({' OR '.join(f'{part} IS NOT NULL' for part in parts)})"

    def _place(self, steps: Steps) -> Place:
        return self._root.below((*self._steps, *steps))[0]


def _levels(steps: Steps) -> Iterator[Steps]:
    """The steps of a path in groups: keys and the array, map or members they lead to, or the object at the end."""
    group: Steps = ()
    for step in steps:
        group = (*group, step)
        if not isinstance(step, Key):
            yield group
            group = ()
    if group:
        yield group
