"""Which tables responses become in a draft: one for each array, map, or object with an away and a home side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any

from mlb_data_platform.drafting.columns import DraftColumn, dotted
from mlb_data_platform.drafting.keys import Siblings, guessed_key, value_at
from mlb_data_platform.drafting.names import NORMALIZED, column_names, one_of, singular, snake_case
from mlb_data_platform.drafting.shape import Shape, leaves
from mlb_data_platform.mapping.paths import SELF, Path

_SIDE = "side"
_EVERYWHERE = {
    "copyright": "terms of use: kept in the raw tier",
    "link": "a URL made of the id beside it",
}
_EMPTY = "was empty in all responses of the draft"
_MIXED = "an object in some responses of the draft, and something else in others"
_NESTED = "an array of arrays, which no table can have"


@dataclass(frozen=True)
class DraftTable:
    """A table: its rows, the columns of its own, and those that name what its rows belong to, which come first."""

    name: str
    rows: str
    inherited: Sequence[DraftColumn]
    columns: Sequence[DraftColumn]
    key: Sequence[str]
    key_is_guessed: bool

    @property
    def whole_key(self) -> list[DraftColumn]:
        """The columns that tell its rows apart, those of its parents first."""
        return [*self.inherited, *(column for column in self.columns if column.name in self.key)]


@dataclass(frozen=True)
class _Rows:
    """Where rows are: their path, what mappings call the array or map they are in, and themselves."""

    path: str
    label: str
    shape: Shape
    families: Sequence[Siblings]
    named_by: DraftColumn | None = None  # what is the key of a map, or the side


@dataclass
class Tables:
    """The tables of a draft, parents first, and what stands in none: by path, with the reason."""

    reserved: frozenset[str]  # names that are taken
    asked_at: frozenset[str]  # where responses repeat what was asked for
    pruned: Mapping[str, str]
    tables: list[DraftTable] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)

    def add_all(self, documents: Sequence[Any], shape: Shape, name: str, asked: Sequence[DraftColumn]) -> None:
        """Add the tables that hold all of `documents`; `asked` are the columns of what was asked for.

        The first one, called `name`, has a row for each response; where that would say nothing, one for each of what
        the response lists.
        """
        root = _Rows("$", "", shape, [[(0, document)] for document in documents])
        if shape.element is not None:
            families = [list(enumerate(document)) for document in documents if isinstance(document, list)]
            root = _Rows("$[*]", "$", shape.element, families)
        members = self._members(root)
        if root.path == "$" and len(members) == 1 and not members[0][1].is_column:
            path, listed = members[0]
            self._add(snake_case(path[-1]), "", _below(root, path, listed), asked)
        else:
            self._add(name, "", root, asked)

    def _add(self, wanted: str, parent: str, rows: _Rows, inherited: Sequence[DraftColumn]) -> None:
        """Add the table of some rows, and those of what lies below them."""
        name = self._free_name(wanted, parent)
        members = self._members(rows)
        columns = _columns(name, [(path, shape) for path, shape in members if shape.is_column], rows, inherited)
        key = [] if rows.label == "" else guessed_key(columns, rows.families, only_ids=rows.named_by is not None)
        marker = rows.named_by
        if key is None or (marker and marker.name == _SIDE):
            marker = marker or _position(rows, [*inherited, *columns])
            columns, key = [marker, *columns], [marker.name]
        table = DraftTable(name, rows.path, inherited, columns, key, key_is_guessed=bool(key) and key != [_SIDE])
        self.tables.append(table)
        for path, shape in members:
            if not shape.is_column:
                below = [_told_apart(column.below(rows.label), path[-1], rows.path) for column in table.whole_key]
                self._add(snake_case(path[-1]), name, _below(rows, path, shape), below)

    def _members(self, rows: _Rows) -> list[tuple[tuple[str, ...], Shape]]:
        """What stands in a row, by its path there; what nobody needs is ignored."""
        if rows.shape.is_single:
            return [((), rows.shape)]
        found = []
        for path, shape in leaves(rows.shape):
            where = rows.path + dotted(path)
            if where in self.asked_at:
                continue
            unwanted = self._unwanted(where, path[-1], shape)
            if unwanted:
                self.ignored |= unwanted
            else:
                found.append((path, shape))
        return found

    def _unwanted(self, where: str, name: str, shape: Shape) -> dict[str, str]:
        """The path that is to be ignored of a place that no table holds, with the reason."""
        for path, reason in self.pruned.items():
            if where == path or where.startswith((f"{path}.", f"{path}[")):
                return {path: reason}
        if name in _EVERYWHERE and shape.is_single:
            return {f"$..{name}": _EVERYWHERE[name]}
        if (shape.objects and not shape.members) or (shape.arrays and not (shape.element and shape.element.seen)):
            return {where: _EMPTY}
        if sum(map(bool, (shape.objects, shape.arrays, shape.types))) > 1:
            return {where: _MIXED}
        return {where: _NESTED} if shape.element and shape.element.arrays else {}

    def _free_name(self, name: str, parent: str) -> str:
        """A name for a table that no other has: its own, or where that is one word, with its parent's before it."""
        below = f"{one_of(parent)}_{name}" if parent else f"{name}{NORMALIZED}"
        own = [] if parent and "_" not in name and not name.startswith(one_of(parent)) else [name]
        taken = {table.name for table in self.tables} | self.reserved
        numbered = (f"{below}_{number}" for number in count(2))
        return next(each for each in chain(own, [below], numbered) if each not in taken)


def _below(rows: _Rows, path: tuple[str, ...], shape: Shape) -> _Rows:
    """The rows that an array, a map or the two sides below some rows are."""
    where = rows.path + dotted(path)
    # By its key, or where another one on the way has the same by its path, as mappings have it.
    label = where if path[-1] in Path.parse(rows.path).keys else path[-1]
    name = singular(snake_case(path[-1]))
    containers = [value_at(element, path) for family in rows.families for _, element in family]
    if shape.element is not None:
        families: list[Siblings] = [list(enumerate(each)) for each in containers if isinstance(each, list)]
        return _Rows(f"{where}[*]", label, shape.element, families)
    families = [list(each.items()) for each in containers if isinstance(each, dict)]
    if shape.has_sides:
        side = DraftColumn(_SIDE, "text", source={"member": label}, is_always_there=True)
        return _Rows(f"{where}['away','home']", label, shape.merged(), families, side)
    member = DraftColumn(f"{name}_key", "text", source={"member": label}, is_always_there=True)
    return _Rows(f"{where}.*", label, shape.merged(), families, member)


def _told_apart(column: DraftColumn, key: str, rows: str) -> DraftColumn:
    """The column of an array or map of `rows` by the path of that, where another one below it has the same key."""
    first = rows.partition(dotted((key,)))[0] + dotted((key,))
    source = {name: first if name != "path" and value == key else value for name, value in column.source.items()}
    return replace(column, source=source)


def _columns(
    table: str, members: Sequence[tuple[tuple[str, ...], Shape]], rows: _Rows, inherited: Sequence[DraftColumn]
) -> list[DraftColumn]:
    paths = [path or (one_of(table),) for path, _ in members]
    names = column_names(paths, table, taken=[column.name for column in inherited])
    number = sum(map(len, rows.families))
    return [
        DraftColumn(name, shape.type, path, {} if path else {"path": SELF}, shape.seen - shape.nulls == number)
        for name, (path, shape) in zip(names, members, strict=True)
    ]


def _position(rows: _Rows, others: Sequence[DraftColumn]) -> DraftColumn:
    """The column that has the place of a row in its array."""
    taken = {column.name for column in others}
    array = singular(snake_case(rows.label.rpartition(".")[2].strip("$")))
    names = chain([f"{array}_index"] if array else [], (f"index_{number}" for number in count(1)))
    name = next(each for each in names if each not in taken)
    return DraftColumn(name, "integer", source={"position": rows.label}, is_always_there=True)
