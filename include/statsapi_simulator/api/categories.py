"""The categories of leaders, from `data/leader_categories.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from statsapi_simulator.tables import table


@dataclass(frozen=True, slots=True)
class Category:
    """A category of leaders: the key of a line."""

    name: str
    stat: str
    groups: tuple[str, ...]
    lowest: bool
    minimum: bool


@cache
def categories() -> Mapping[str, Category]:
    """Return the categories by name."""
    rows = table("leader_categories")["rows"]
    return {name: Category(name, stat, tuple(groups), *flags) for name, stat, groups, *flags in rows}
