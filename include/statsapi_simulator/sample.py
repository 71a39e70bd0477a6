"""A sample of simulated seasons as a folder of recordings, to be held against recorded responses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.games import Games
from statsapi_simulator.api.league import League
from statsapi_simulator.ledger.lines import GROUPS
from statsapi_simulator.model import Fate, ScheduledGame
from statsapi_simulator.recordings import record

# Why what is written here differs from recorded responses.
COVERAGE_DIFFERENCES = Path(__file__).parent / "data" / "coverage_differences.yaml"
# One of each shape of the feed.
SEASONS = (2018, 2022, 2023, 2024, 2026)
_EVERY = 240
_MOMENTS = 4
_LATER = timedelta(days=40)  # the last corrections are announced by then
_EARLY = timedelta(days=2)  # few games have to be played for what is the sum of them
_HYDRATIONS = "team,venue,linescore,probablePitcher"
Target = tuple[str, dict[str, str], datetime]


def write(folder: Path, seed: int, seasons: Iterable[int] = SEASONS) -> None:
    """Write to `folder`, with a manifest, what a league answers of some games of `seasons`.

    Of each season: the seasons; a day without games; a game of each fate from before it until long after, in its feed
    and in the schedule of its dates; the last feed of some more games; and, two days into it, the league around them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for season in seasons:
        league = League(seed, season, Clock(datetime(season, 1, 1, tzinfo=UTC)))
        for path, parameters, now in _targets(league.games, season):
            body = json.dumps(league.answer(path, parameters, now), separators=(",", ":")).encode()
            record(folder, f"{path}?{urlencode(parameters)}", body, now)


def of_each_fate(schedule: Sequence[ScheduledGame]) -> Iterator[ScheduledGame]:
    """Return the first game of a schedule that is played, the first that is postponed …"""
    for fate in Fate:
        yield from [game for game in schedule if game.fate is fate][:1]


def _targets(games: Games, season: int) -> Iterator[Target]:
    schedule = games.world(season).schedule
    yield "/api/v1/seasons/all", {"sportId": "1"}, schedule[0].starts_at
    yield "/api/v1/schedule", {"sportId": "1", "date": f"{season}-01-01"}, schedule[0].starts_at
    for game in of_each_fate(schedule):
        before, *during, after = _moments(games, game)
        for day in filter(None, (game.first_date, game.second_date)):
            for now in (before, during[0], during[-1], after):
                yield "/api/v1/schedule", {"sportId": "1", "date": day.isoformat()}, now
            if game.fate is Fate.PLAYED:
                yield "/api/v1/schedule", {"sportId": "1", "date": day.isoformat(), "hydrate": _HYDRATIONS}, after
        for now in (before, *during, after):
            yield _feed(game), {}, now
    for game in schedule[::_EVERY]:
        yield _feed(game), {}, games.course(game.game_pk).revisions[-1] + _LATER
    yield from _league(games, season)


def _league(games: Games, season: int) -> Iterator[Target]:
    """What is asked about everything but one game's feed. Moves of rosters are those of the first weeks."""
    world = games.world(season)
    first = world.schedule[0]
    now, weeks_later = first.starts_at + _EARLY, first.starts_at + _LATER
    club, of_season = world.teams[first.home_id], {"season": str(season)}
    some, parks = (",".join(map(str, ids)) for ids in ((man.id for man in club.roster), world.venues))
    days = {"startDate": first.first_date.isoformat(), "endDate": weeks_later.date().isoformat()}
    yield "/api/v1/teams", {"sportId": "1", **of_season}, now
    yield "/api/v1/people", {"personIds": some, "hydrate": "currentTeam"}, now
    yield "/api/v1/venues", {"venueIds": parks, "hydrate": "location,timezone,fieldInfo", **of_season}, now
    for kind in ("active", "40Man"):
        asked = {"rosterType": kind, "date": weeks_later.date().isoformat(), **of_season}
        yield f"/api/v1/teams/{club.id}/roster", asked, weeks_later
    yield f"/api/v1/teams/{club.id}/coaches", of_season, now
    yield "/api/v1/transactions", {"sportId": "1", **days}, weeks_later
    for kind in ("regularSeason", "wildCard"):
        yield "/api/v1/standings", {"leagueId": "103,104", "standingsTypes": kind, **of_season}, now
    for group in GROUPS:
        yield "/api/v1/stats", {"stats": "season", "group": group, "sportId": "1", **of_season}, now
    leaders = {"leaderCategories": "homeRuns,battingAverage,earnedRunAverage,strikeouts", **of_season}
    yield "/api/v1/stats/leaders", leaders, now
    yield "/api/v1/attendance", {"leagueId": "103,104", **of_season}, now
    since = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield "/api/v1/game/changes", {"updatedSince": since, "sportId": "1", **of_season}, now
    for what in ("winProbability", "contextMetrics", "linescore", "boxscore", "playByPlay"):
        yield f"/api/v1/game/{first.game_pk}/{what}", {}, now


def _feed(game: ScheduledGame) -> str:
    return f"/api/v1.1/game/{game.game_pk}/feed/live"


def _moments(games: Games, game: ScheduledGame) -> list[datetime]:
    """Before the game, at some of its revisions, and long after the last."""
    revisions = games.course(game.game_pk).revisions
    during = {revisions[len(revisions) * step // _MOMENTS] for step in range(_MOMENTS)}
    return [game.starts_at - timedelta(days=2), *sorted({*during, revisions[-1]}), revisions[-1] + _LATER]
