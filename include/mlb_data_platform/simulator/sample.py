"""A sample of simulated seasons as a folder of recordings, to be held against recorded responses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from mlb_data_platform.simulator.api.clock import Clock
from mlb_data_platform.simulator.api.games import Games
from mlb_data_platform.simulator.api.league import League
from mlb_data_platform.simulator.model import Fate, ScheduledGame
from mlb_data_platform.statsapi.recordings import record

# One of each shape of the feed.
SEASONS = (2018, 2022, 2023, 2024, 2026)
_OF_EACH_FATE = 2
_EVERY = 350
_MOMENTS = 4
_LATER = timedelta(days=40)  # the last corrections are announced by then
Target = tuple[str, dict[str, str], datetime]


def write(folder: Path, seed: int, seasons: Iterable[int] = SEASONS) -> None:
    """Write to `folder`, with a manifest, what a league answers of some games of `seasons`, from listing to correction.

    Of each season it takes games of every fate and some more, each before, during and after the game, and the schedule
    of their dates at the same moments.
    """
    for season in seasons:
        league = League(seed, season, Clock(datetime.fromisoformat(f"{season}-01-01T00:00Z")))
        for path, parameters, now in _targets(league.games, season):
            body = json.dumps(league.answer(path, parameters, now), separators=(",", ":")).encode()
            target = f"{path}?{urlencode(parameters)}" if parameters else path
            record(folder, target, body, now)


def games_of_every_kind(schedule: Sequence[ScheduledGame], every: int) -> list[ScheduledGame]:
    """Return each `every`-th game of a schedule, and the first two of each fate."""
    special = (game for fate in Fate for game in [each for each in schedule if each.fate is fate][:_OF_EACH_FATE])
    return [*{game.game_pk: game for game in (*schedule[::every], *special)}.values()]


def _targets(games: Games, season: int) -> Iterator[Target]:
    world = games.world(season)
    yield "/api/v1/seasons/all", {"sportId": "1"}, world.schedule[0].starts_at
    for game in games_of_every_kind(world.schedule, _EVERY):
        dates = filter(None, (game.first_date, game.second_date))
        for day in dates:
            for now in _moments(games, game):
                yield "/api/v1/schedule", {"sportId": "1", "date": day.isoformat()}, now
        for now in _moments(games, game):
            yield f"/api/v1.1/game/{game.game_pk}/feed/live", {}, now


def _moments(games: Games, game: ScheduledGame) -> Iterator[datetime]:
    """Before the game, at some of its revisions, at the last one, and long after."""
    revisions = games.course(game.game_pk).revisions
    yield game.starts_at - timedelta(days=1)
    yield from sorted({revisions[len(revisions) * step // _MOMENTS] for step in range(_MOMENTS)} | {revisions[-1]})
    yield revisions[-1] + _LATER
