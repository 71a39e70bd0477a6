"""The years' shapes: which keys a feed of a year does not have, and where whole numbers lose their point."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from statsapi_simulator.tables import table

_Tree = dict[str, Any]  # name of a member, or '*' for all of them: the tree below it; {} is what goes


class Shape(StrEnum):
    """How the API wrote feeds in a year, and until the next one here."""

    Y2018 = "2018"
    Y2022 = "2022"
    Y2023 = "2023"
    Y2024 = "2024"
    Y2026 = "2026"


def shape_of(season: int) -> Shape:
    """Return the shape in which a season's feeds are written."""
    return next((shape for shape in reversed(Shape) if int(shape) <= season), Shape.Y2018)


def prune(node: dict[str, Any], shape: Shape, part: Literal["feed", "plays"]) -> None:
    """Take out of a feed (or out of one of its plays) what its year does not have."""
    _prune(node, _missing(shape, part))


def _prune(node: Any, tree: _Tree) -> None:
    if isinstance(node, list):
        for element in node:
            _prune(element, tree)
    if not isinstance(node, dict):
        return
    for name, below in tree.items():
        if name == "*":
            for member in node.values():
                _prune(member, below)
        elif not below:
            node.pop(name, None)
        elif (member := node.get(name)) is not None:
            _prune(member, below)


@cache
def _missing(shape: Shape, part: Literal["feed", "plays"]) -> _Tree:
    tree: _Tree = {}
    for path in _paths(table("shapes")[shape.value].get(part, ())):
        node = tree
        for name in path.split("."):
            node = node.setdefault(name, {})
    return tree


def _paths(entries: Iterable[Any]) -> Iterable[str]:
    """Write out entries: a path, a path with the members below it that go, or a list of entries."""
    for entry in entries:
        match entry:
            case str():
                yield entry
            case dict():
                for above, names in entry.items():
                    yield from (f"{above}.{name}" for name in names)
            case _:
                yield from _paths(entry)
