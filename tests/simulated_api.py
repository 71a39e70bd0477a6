"""One simulated league for all tests of its API: what it answers depends on the moment that is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.league import League
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.model import Fate, ScheduledGame

SEASON = 2026


@cache
def league(shape: Shape | None = None) -> League:
    """Return the league, with feeds in the shape of their year or all in one."""
    return League(7, SEASON, Clock(datetime(SEASON, 12, 1, tzinfo=UTC)), shape)


def game_of(fate: Fate, which: int = 0) -> ScheduledGame:
    """Return one of the games that meet with `fate`."""
    return [game for game in league().games.world(SEASON).schedule if game.fate is fate][which]


def ask(path: str, now: datetime, /, **asked: Any) -> Any:
    """Return what the league answers at `now`."""
    return league().answer(path, {name: str(value) for name, value in asked.items()}, now)
