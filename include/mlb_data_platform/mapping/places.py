"""The places of a response that a mapping names: what its tables hold, and what it leaves out with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Each, Every, Key, Members, Path, Step

Steps = tuple[Step, ...]
_ANYWHERE = "$.."


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


def places(mapping: Mapping) -> Place:
    """Return the root of all places that `mapping` maps or ignores, but for the names it ignores anywhere."""
    root = Place()
    for steps, type_ in _mapped(mapping):
        for place in root.below(steps):
            place.types.add(type_)
    for ignored in mapping.ignore:
        if not ignored.path.startswith(_ANYWHERE):
            for place in root.below(Path.parse(ignored.path).steps):
                place.reason = ignored.reason
    return root


def ignored_names(mapping: Mapping) -> dict[str, str]:
    """Return the names that `mapping` ignores wherever they stand (`$..link`), with the reasons."""
    return {
        ignored.path.removeprefix(_ANYWHERE): ignored.reason
        for ignored in mapping.ignore
        if ignored.path.startswith(_ANYWHERE)
    }


def _mapped(mapping: Mapping) -> Iterator[tuple[Steps, str]]:
    """Return from the response on every place that a column, a condition or a natural key reads, and its type."""
    for name, table in mapping.tables.items():
        for source in table.row_sources:
            rows = Path.parse(source.rows).steps
            for column, model in mapping.columns(name).items():
                given = source.columns.get(column, model)
                for path in given.paths:
                    yield (*_base(rows, path, given.of), *path.steps), model.type
            for condition in source.where:
                yield (*rows, *Path.parse(condition.path).steps), "condition"
    for key in mapping.natural_key.values():
        if key.path is not None:
            yield Path.parse(key.path).steps, key.type


def enclosing(rows: Steps, label: str) -> int:
    """Return how many steps of `rows` lead to the elements of its array or map called `label`."""
    return next(
        position + 2
        for position, (step, following) in enumerate(pairwise(rows))
        if step == Key(label) and isinstance(following, Each | Every | Members)
    )


def _base(rows: Steps, path: Path, of: str | None) -> Steps:
    """Where a column's path starts: the response, the row, or the element of an enclosing array or map."""
    if path.absolute:
        return ()
    return rows if of is None else rows[: enclosing(rows, of)]
