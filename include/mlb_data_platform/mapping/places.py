"""The places of a response that a mapping names: what its tables hold, and what it leaves out with a reason.

Whatever walks a whole response walks it along these places, with `children`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import ARRAYS, KEPT_WHOLE, Mapping
from mlb_data_platform.mapping.paths import Each, Every, Key, Members, Path, Step, Steps, spelled
from mlb_data_platform.yaml_models import Location

ANYWHERE = "$.."  # how the path of a name begins that is ignored wherever it stands


@dataclass
class Place:
    """One place of the response, and what the mapping says of it. All places below it hang in it."""

    members: dict[str, Place] = field(default_factory=dict)
    elements: Place | None = None
    values: Place | None = None
    types: set[str] = field(default_factory=set)
    reason: str | None = None

    @property
    def mapped(self) -> bool:
        """Whether something reads it: a column, then `types` has its type, a condition or a key."""
        return bool(self.types)

    @property
    def with_all_below(self) -> bool:
        """Whether a column holds all that stands below it."""
        return not self.types.isdisjoint((KEPT_WHOLE, *ARRAYS))

    @property
    def beyond(self) -> Place:
        """The place of what stands below it and has none of its own."""
        return WHOLE if self.with_all_below else NOWHERE

    def below(self, steps: Steps) -> list[Place]:
        """Return the places at the end of `steps` (several for `['home','away']`), made where they are new."""
        found = [self]
        for step in steps:
            found = [child for place in found for child in place._children(step)]
        return found

    def _children(self, step: Step) -> list[Place]:
        match step:
            case Key(name):
                return [self.members.setdefault(name, Place())]
            case Members(names):
                return [self.members.setdefault(name, Place()) for name in names]
            case Each():
                self.elements = self.elements or Place()
                return [self.elements]
            case Every():
                self.values = self.values or Place()
                return [self.values]


NOWHERE = Place()
"""The place of what the mapping does not name."""
WHOLE = Place(types={KEPT_WHOLE})
"""The place of what stands below something that a column holds whole."""


class Reading(NamedTuple):
    """One thing in a mapping that reads a place of the response, and where in the YAML it stands.

    `type` is that of the column or key whose value stands at the place, "condition" where a value is compared,
    "presence" where a condition asks for content, or "" for what only leads there.
    """

    location: Location
    steps: Steps
    type: str


def readings(mapping: Mapping) -> Iterator[Reading]:
    """Return everything in `mapping` that reads the response, what it ignores left out."""
    for name, table in mapping.tables.items():
        for location, source in table.located_sources:
            at: Location = ("tables", name, *location)
            rows = Path.parse(source.rows)
            yield Reading((*at, "rows"), rows.steps, "")
            for column, model in mapping.columns(name).items():
                given = source.columns.get(column, model)
                where = _location_of_column(mapping, name, at, column, given is not model)
                for path in given.paths:
                    yield Reading(where, (*_base(rows, path, given.of), *path.steps), model.type)
            for position, condition in enumerate(source.where):
                for path, compares in condition.all_paths:
                    type_ = "condition" if compares else "presence"
                    yield Reading((*at, "where", position), (*_base(rows, path, None), *path.steps), type_)
    for column, key in mapping.natural_key.items():
        if key.path is not None:
            yield Reading(("natural_key", column), Path.parse(key.path).steps, key.type)
    for position, required in enumerate(mapping.require):
        yield Reading(("require", position), Path.parse(required).steps, "")


def _location_of_column(mapping: Mapping, table: str, source: Location, column: str, of_source: bool) -> Location:
    if of_source:
        return (*source, "columns", column)
    return ("common", column) if column in mapping.common else ("tables", table, "columns", column)


def version_column(mapping: Mapping, path: str) -> str:
    """Return the column of the version table that holds what stands at `path` of a document.

    Raises BadInputError where none does.
    """
    steps = Path.parse(path).steps
    table: Location = ("tables", mapping.version_table)
    for reading in readings(mapping):
        if reading.steps == steps and reading.location[:2] == table and reading.location[-2] == "columns":
            return str(reading.location[-1])
    raise BadInputError(f"{mapping.name}: no column of {mapping.version_table} holds {path}")


def places(mapping: Mapping) -> Place:
    """Return the root of all places that `mapping` maps or ignores, but for the names it ignores anywhere."""
    root = Place()
    for reading in readings(mapping):
        for place in root.below(reading.steps):
            place.types.update(filter(None, [reading.type]))
    for ignored in mapping.ignore:
        if not ignored.path.startswith(ANYWHERE):
            for place in root.below(Path.parse(ignored.path).steps):
                place.reason = ignored.reason
    return root


def ignored_names(mapping: Mapping) -> dict[str, str]:
    """Return the names that `mapping` ignores wherever they stand (`$..link`), with the reasons."""
    return {
        ignored.path.removeprefix(ANYWHERE): ignored.reason
        for ignored in mapping.ignore
        if ignored.path.startswith(ANYWHERE)
    }


class Node(NamedTuple):
    """A value of a response, the place that the mapping has for it, and its path.

    `reason` is why the value is left out, if it is: the place's, else that of the nearest place around it.
    """

    value: Any
    place: Place
    path: str = "$"
    reason: str | None = None
    name: str | None = None
    """The key under which it stands, if it is a member of an object."""


def children(node: Node, names: dict[str, str]) -> Iterator[Node]:
    """Return the members or elements of `node`, each at its place; `names` are those that are ignored anywhere.

    A path is written with `[*]` for the elements of an array and `.*` for the members of a map whose keys are data.
    """
    value, place, path, reason, _ = node
    if isinstance(value, list):
        inner = place.elements or place.beyond
        for element in value:
            yield Node(element, inner, f"{path}[*]", inner.reason or reason)
    elif isinstance(value, dict) and place.values is not None:
        for member in value.values():
            yield Node(member, place.values, f"{path}.*", place.values.reason or reason)
    elif isinstance(value, dict):
        for name, member in value.items():
            inner = place.members.get(name, place.beyond)
            why = names.get(name) if inner is NOWHERE else inner.reason
            yield Node(member, inner, path + spelled(name), why or reason, name)


def _base(rows: Path, path: Path, of: str | None) -> Steps:
    """Where a path starts: the response, the row, or the element of an enclosing array or map."""
    if path.absolute:
        return ()
    return rows.steps if of is None else rows.steps[: rows.elements_of(of)]
