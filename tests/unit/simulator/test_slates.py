"""A date's games that are all on at the moment at which somebody wants to see some, whatever the schedule says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.league import League
from statsapi_simulator.cli import app
from statsapi_simulator.ledger.worker import Task, courses
from statsapi_simulator.model import ScheduledGame
from statsapi_simulator.world.dates import baseball_day, season_of, shift_to
from statsapi_simulator.world.season import World, build_world
from statsapi_simulator.world.slates import Slate, games_on, next_slate, with_slates

HOURS = timedelta(hours=1)
MORNING = datetime(2026, 7, 4, 9, 30, tzinfo=UTC)  # 05:30 in New York
OWN = Slate(date(2026, 7, 4), MORNING - timedelta(minutes=80))  # a date's own games
OTHERS = Slate(date(2026, 7, 7), MORNING - timedelta(minutes=80))  # those of another date


moments = st.builds(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), st.integers(0, 2 * 365 * 24 * 60 - 1)
) | st.sampled_from(
    [
        datetime(2026, 3, 8, 7, 10, tzinfo=UTC),  # New York's clocks have just gone from 2 to 3
        datetime(2026, 11, 1, 6, 10, tzinfo=UTC),  # and from 2 to 1
        datetime(2026, 7, 14, 20, tzinfo=UTC),  # nobody plays in the break of July
        datetime(2026, 9, 28, 3, 59, tzinfo=UTC),  # the last minute of the season's last date
        datetime(2026, 9, 28, 4, 0, tzinfo=UTC),
        datetime(2027, 1, 1, 5, 0, tzinfo=UTC),  # the first minute of New York's year
    ]
)


@cache
def world(seed: int, season: int, shift_days: int) -> World:
    return build_world(seed, season, shift_days)


def schedule(seed: int, now: datetime) -> World:
    """The season that `make up` shows at a moment."""
    today = baseball_day(now)
    return world(seed, today.year, shift_to(today))


def plays(world: World, slates: tuple[Slate, ...]) -> tuple[ScheduledGame, ...]:
    return with_slates(world.schedule, slates, world.venues)


@settings(max_examples=60, deadline=None)
@given(now=moments, seed=st.sampled_from([4, 7]))
def test_at_any_moment_of_any_year_a_whole_dates_games_are_on(now: datetime, seed: int) -> None:
    season = schedule(seed, now)
    slate = next_slate(season.schedule, (), now)
    assert slate is not None
    games = plays(season, (slate,))
    own = [game for game in games_on(games, now) if game.first_date == slate.played_on]
    assert len(own) >= 13
    assert season_of(slate.day, season.shift_days) == season_of(slate.played_on, season.shift_days)
    assert slate.played_on in {baseball_day(now), baseball_day(now - 80 * timedelta(minutes=1))}
    assert all(now - timedelta(minutes=81) <= game.starts_at <= now - timedelta(minutes=5) for game in own)
    assert max(Counter(club for game in own for club in (game.home_id, game.away_id)).values()) == 1
    assert next_slate(games, (slate,), now + HOURS) is None, "they are still on"


@settings(max_examples=25, deadline=None)
@given(now=moments, pauses=st.lists(st.floats(0.2, 40), min_size=2, max_size=6), seed=st.sampled_from([4, 7]))
def test_no_game_that_has_begun_ever_gets_another_time(now: datetime, pauses: list[float], seed: int) -> None:
    season, slates = schedule(seed, now), ()
    games = season.schedule
    for pause in pauses:
        slate = next_slate(games, slates, now)
        if slate:
            begun = {game.game_pk: game for game in games if game.starts_at <= slate.begins} if slates else {}
            slates += (slate,)
            games = plays(season, slates)
            after = {game.game_pk: game for game in games}
            assert {pk: after[pk] for pk in begun} == begun
        assert sorted(game.game_pk for game in games) == sorted(season.games), "and none is lost"
        now += pause * HOURS
        if schedule(seed, now) is not season:
            return


def test_where_another_dates_games_are_played_those_of_the_date_take_their_place() -> None:
    season = world(7, 2026, 0)
    games = plays(season, (OTHERS,))
    assert {game.first_date for game in games_on(games, MORNING)} == {OTHERS.played_on}
    of_today, of_other = (
        {game.game_pk for game in season.schedule if game.first_date == day and game.second_date is None}
        for day in (OTHERS.played_on, OTHERS.day)
    )
    moved = {game.game_pk: game.first_date for game in games}
    assert {moved[pk] for pk in of_other if season.games[pk].double_header == "N"} == {OTHERS.played_on}
    assert {moved[pk] for pk in of_today if season.games[pk].double_header == "N"} == {OTHERS.day}
    assert [game.first_date for game in games] == sorted(game.first_date for game in games)


def test_the_api_tells_of_such_a_slate_as_of_any_other() -> None:
    league = League(7, 2026, Clock(MORNING), slates=(OWN,))
    (day,) = league.answer("/api/v1/schedule", {"sportId": "1", "date": "2026-07-04"})["dates"]
    states = Counter(game["status"]["abstractGameState"] for game in day["games"])
    assert states["Live"] >= 13
    live = next(game for game in day["games"] if game["status"]["abstractGameState"] == "Live")
    feed = league.answer(f"/api/v1.1/game/{live['gamePk']}/feed/live", {})
    assert feed["gameData"]["datetime"]["officialDate"] == "2026-07-04"
    assert feed["gameData"]["datetime"]["dateTime"] == live["gameDate"]
    assert feed["metaData"]["timeStamp"] > "20260704_08"
    assert feed["liveData"]["plays"]["allPlays"][0]["about"]["startTime"] >= live["gameDate"][:16]


def test_whoever_plays_a_season_in_another_process_knows_of_the_slates() -> None:
    game = next(each for each in build_world(7, 2026, 0, (OWN,)).on(OWN.day) if each.starts_at < MORNING)
    (course,) = courses(Task(7, 2026, 0, (OWN,), [game.game_pk], 0))
    assert course.result is not None
    assert course.result.over_at - game.starts_at < 6 * HOURS


@pytest.mark.parametrize(
    ("slate", "reason"),
    [
        ("2026-07-04", "'2026-07-04' is not a date and a time like 2026-07-04=2026-07-04T16:00Z"),
        ("2026-07-04=noon", "'2026-07-04=noon' is not a date and a time"),
        ("2026-07-14=2026-07-14T16:00Z", "on 2026-07-14 no game is left that could be played at another time"),
        ("2025-07-04=2026-07-04T16:00Z", "2025-07-04 is of another season than 2026-07-04, when it would be played"),
        ("2026-07-04=2040-07-04T16:00Z", "2026-07-04 is of another season than 2040-07-04, when it would be played"),
        ("2040-07-04=2040-07-04T16:00Z", "2040-07-04 lies in no season from 2016 to 2030"),
    ],
)
def test_a_slate_that_cannot_be_is_refused(slate: str, reason: str) -> None:
    refused = CliRunner().invoke(app, ["serve", "--slate", slate])
    assert refused.exit_code == 2
    assert reason in refused.output
