"""Coverage: every leaf path of a response is mapped, or ignored with a reason, or new (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Each, Every, Key, Path
from mlb_data_platform.mapping.places import NOWHERE, Node, children, ignored_names, places


@dataclass(frozen=True)
class Leaf:
    """A leaf path of a response and what stands there; neither `mapped` nor with a `reason` to be left out, it is new.

    What is empty or null is a leaf too.
    """

    path: str
    mapped: bool
    reason: str | None
    value: Any

    @property
    def is_new(self) -> bool:
        """Whether the mapping neither maps nor ignores it."""
        return not self.mapped and self.reason is None


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
        self._leaves = Leaves(self.mapping)

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
    return {leaf.path for leaf in Leaves(mapping).of(document) if leaf.is_new}


class Leaves:
    """Walks responses along the places of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._root = places(mapping)
        self._names = ignored_names(mapping)

    def is_known(self, path: str) -> bool:
        """Return whether the mapping maps or ignores what stands at a path, or something below it."""
        place, reason = self._root, self._root.reason
        for step in Path.parse(path).steps:
            match step:
                case Key(name):
                    reason = reason or self._names.get(name)
                    place = place.members.get(name, place.beyond)
                case Each():
                    place = place.elements or place.beyond
                case Every() if place.values is not None:
                    place = place.values
                case _:
                    return reason is not None
            reason = place.reason or reason
        return place.mapped or reason is not None or bool(place.members or place.elements or place.values)

    def of(self, document: Any) -> Iterator[Leaf]:
        """Yield the leaves of a response."""
        waiting = [Node(document, self._root, reason=self._root.reason)]
        while waiting:
            node = waiting.pop()
            if isinstance(node.value, dict | list) and node.value:
                waiting.extend(children(node, self._names))
                continue
            # What is empty or null here has members or elements elsewhere: the mapping knows the place.
            known = node.place.mapped or (node.value in (None, {}, []) and node.place is not NOWHERE)
            yield Leaf(node.path, known and node.place.reason is None, node.reason, node.value)
