"""Coverage: every leaf path of a response is mapped, or ignored with a reason, or new (DESIGN section 6).

A path is written with `[*]` for the elements of an array and `.*` for the members of a map whose keys are data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.places import Place, ignored_names, places

_NOWHERE = Place()


@dataclass(frozen=True)
class Leaf:
    """A leaf path of a response; neither `mapped` nor with a `reason` for being left out, it is new."""

    path: str
    mapped: bool
    reason: str | None


@dataclass
class Coverage:
    """What `mapping` says of all leaf paths of the responses added so far."""

    mapping: Mapping
    responses: int = 0
    mapped: set[str] = field(default_factory=set)
    ignored: dict[str, str] = field(default_factory=dict)
    """Path: the reason it is left out."""
    unaccounted: dict[str, str] = field(default_factory=dict)
    """Path: the first response that has it."""

    def __post_init__(self) -> None:
        self._leaves = _Leaves(self.mapping)

    @property
    def paths(self) -> set[str]:
        """All leaf paths of the responses added."""
        return self.mapped | self.ignored.keys() | self.unaccounted.keys()

    def add(self, document: Any, name: str) -> None:
        """Add one response, called `name` in the report."""
        self.responses += 1
        for leaf in self._leaves.of(document):
            if leaf.mapped:
                self.mapped.add(leaf.path)
            elif leaf.reason is not None:
                self.ignored[leaf.path] = leaf.reason
            else:
                self.unaccounted.setdefault(leaf.path, name)


def unaccounted(mapping: Mapping, document: Any) -> set[str]:
    """Return the leaf paths of `document` that `mapping` neither maps nor ignores."""
    return {leaf.path for leaf in _Leaves(mapping).of(document) if not leaf.mapped and leaf.reason is None}


class _Leaves:
    """Walks responses along the places of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._root = places(mapping)
        self._names = ignored_names(mapping)

    def of(self, document: Any) -> Iterator[Leaf]:
        return self._walk(document, self._root, "$", None)

    def _walk(self, value: Any, place: Place, path: str, reason: str | None) -> Iterator[Leaf]:
        """`reason` is that of the place or, where it has none, of the nearest place around it."""
        reason = place.reason or reason
        match value:
            case dict() if value:
                for key, member in value.items():
                    child, step, why = self._member(place, key, reason)
                    yield from self._walk(member, child, f"{path}.{step}", why)
            case list() if value:
                for element in value:
                    yield from self._walk(element, place.elements or _NOWHERE, f"{path}[*]", reason)
            case _:
                # What is empty or null here has members or elements elsewhere: the mapping knows the place.
                known = place.mapped or ((value is None or value in ({}, [])) and place is not _NOWHERE)
                yield Leaf(path, known and place.reason is None, reason)

    def _member(self, place: Place, key: str, reason: str | None) -> tuple[Place, str, str | None]:
        """The place of a member, how a path names it, and why it is ignored, if it is."""
        if place.values is not None:
            return place.values, "*", reason
        if key in place.members:
            return place.members[key], key, reason
        return _NOWHERE, key, self._names.get(key, reason)
