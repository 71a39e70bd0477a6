"""Simulated games for tests: one seed, any season, feeds at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from statsapi_simulator.feed.render import live_feed
from statsapi_simulator.feed.shapes import shape_of
from statsapi_simulator.feed.timeline import moments
from statsapi_simulator.game_record import GameRecord
from statsapi_simulator.model import Fate, ScheduledGame
from statsapi_simulator.play.game import play_game
from statsapi_simulator.sample import SEASONS, of_each_fate
from statsapi_simulator.world.season import World, build_world

__all__ = ["SEASONS"]

Node = dict[str, Any]
SEED = 7


def world(season: int) -> World:
    """Return the world of a season."""
    return build_world(SEED, season)


@lru_cache(256)
def record(season: int, game_pk: int) -> GameRecord:
    """Return a game as it was played."""
    return play_game(world(season), world(season).games[game_pk])


def games(season: int, every: int) -> list[ScheduledGame]:
    """Return each `every`-th game of a season, and one of each fate."""
    schedule = world(season).schedule
    return [*{game.game_pk: game for game in (*schedule[::every], *of_each_fate(schedule))}.values()]


def feed(season: int, game_pk: int, at: datetime, now: datetime | None = None) -> Node:
    """Return the feed at `at`, in its season's shape, as it is shown at `now`: at once, if that is not said."""
    return live_feed(world(season), record(season, game_pk), at, now or at, shape_of(season))


def last_feed(season: int, game_pk: int) -> Node:
    """Return the feed of a game as it stays: all over, all corrections announced."""
    end = record(season, game_pk).statuses[-1].since + timedelta(days=365)
    return feed(season, game_pk, end)


def revisions(season: int, game_pk: int, count: int) -> Iterator[datetime]:
    """Return at most `count` of the game's revisions, spread over it, the first and the last among them."""
    every = moments(record(season, game_pk))
    picked = {round(step * (len(every) - 1) / max(count - 1, 1)) for step in range(count)} if every else set()
    return (every[position] for position in sorted(picked))


def final(season: int = 2026) -> Node:
    """Return the last feed of the first game of the season that was played."""
    return last_feed(season, _played(season))


def under_way(season: int = 2026) -> Node:
    """Return the feed of the same game in the middle of a plate appearance, half the game through."""
    found = (feed(season, _played(season), at) for at in moments(record(season, _played(season))))
    return next(each for each in found if _between_pitches(each))


def _played(season: int) -> int:
    regular = (game for game in world(season).schedule if game.game_type == "R" and game.fate is Fate.PLAYED)
    return next(regular).game_pk


def _between_pitches(feed: Node) -> bool:
    plays = feed["liveData"]["plays"]["allPlays"]
    return len(plays) > 30 and not plays[-1]["about"]["isComplete"] and len(plays[-1]["playEvents"]) > 1
