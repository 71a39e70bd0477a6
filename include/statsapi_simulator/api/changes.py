"""The endpoint game/changes: the games whose state or content changed since a moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from statsapi_simulator.api.games import Games
from statsapi_simulator.api.listing import Listing, listing
from statsapi_simulator.model import ScheduledGame

# Corrections come about three days after the end at the latest; before the other, a game is only listed.
_LATEST_CORRECTION = timedelta(days=5)
_EARLIEST_REVISION = timedelta(days=2)


def changed_since(games: Games, season: int, since: datetime, now: datetime) -> dict[date, list[Listing]]:
    """Return the listings of the games that changed after `since` and not after `now`, by date.

    Scoring changes count when they are announced. The first call plays all games from five days before
    `since` on; that a game was listed, months before it, is no change.
    """
    by_day: dict[date, list[Listing]] = {}
    for game in games.world(season).schedule:
        if _possible(game, since, now) and games.course(game.game_pk).changed(since, now):
            for day in filter(None, (game.first_date, game.second_date)):
                if listed := listing(games, game, day, now):
                    by_day.setdefault(day, []).append(listed)
    return dict(sorted(by_day.items()))


def _possible(game: ScheduledGame, since: datetime, now: datetime) -> bool:
    last_start = game.second_starts_at or game.starts_at
    return game.starts_at - _EARLIEST_REVISION <= now and since <= last_start + _LATEST_CORRECTION
