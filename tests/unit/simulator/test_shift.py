"""A season whose calendar is moved: every answer of the API moves with it, and the day it is moved for has games."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.league import League
from statsapi_simulator.model import Fate, ScheduledGame
from statsapi_simulator.world.dates import season_dates, season_of, shift_to
from statsapi_simulator.world.season import World, build_world

SHIFT = 182
NIGHT = datetime(2026, 11, 27, 9, tzinfo=UTC)  # all of the baseball day before is over
DAY = date(2026, 11, 26)


@cache
def league(shift_days: int = SHIFT) -> League:
    return League(7, 2026, Clock(NIGHT), None, shift_days)


def ask(path: str, now: datetime = NIGHT, **asked: str) -> Any:
    return league().answer(path, asked, now)


def local(world: World, game: ScheduledGame) -> tuple[date, str, str]:
    begins = game.starts_at.astimezone(ZoneInfo(world.venues[game.venue_id].time_zone))
    return begins.date(), f"{begins:%H:%M}", begins.strftime("%a")


@pytest.mark.parametrize("shift", [SHIFT, -98])
def test_it_is_the_same_season_on_other_dates(shift: int) -> None:
    plain, moved = build_world(7, 2026), build_world(7, 2026, shift)

    def pairings(world: World, by: int) -> set[Any]:
        return {
            (*local(world, game), game.first_date + timedelta(days=by), game.away_id, game.home_id, game.fate)
            for game in world.schedule
        }

    back = {(day - timedelta(days=shift), *rest) for day, *rest in pairings(moved, -shift)}
    assert back == pairings(plain, 0)
    assert moved.teams.keys() == plain.teams.keys()
    assert moved.people.keys() == plain.people.keys()
    assert not moved.games.keys() & plain.games.keys()
    assert {game_pk // 10_000 for game_pk in moved.games} == {2026}


@pytest.mark.parametrize("year", [2016, 2026, 2027, 2028])
def test_any_day_of_the_year_and_the_one_before_have_games_but_those_of_the_summer_break(year: int) -> None:
    dates = season_dates(year)
    for number in range(366 if year % 4 == 0 else 365):
        day = date(year, 1, 1) + timedelta(days=number)
        shift = shift_to(day)
        world = build_world(7, year, shift)
        if dates.last_date_first_half < day <= dates.first_date_second_half:
            assert shift == 0
        else:
            assert world.on(day), day
            assert world.on(day - timedelta(days=1)), day
    build_world.cache_clear()


def test_the_shift_is_one_before_a_season_and_one_after_it() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    shifts = [shift_to(day) for day in days]
    assert sorted(set(shifts)) == [-98, 0, 182]
    assert shifts == sorted(shifts)


def test_every_date_of_the_seasons_moves() -> None:
    plain, moved = (
        {each["seasonId"]: each for each in league(shift).answer("/api/v1/seasons/all", {"sportId": "1"})["seasons"]}
        for shift in (0, SHIFT)
    )
    assert moved.keys() == plain.keys() == {str(year) for year in range(2016, 2031)}
    for season, dates in plain.items():
        for name, text in dates.items():
            if re.fullmatch(r"\d{4}-\d\d-\d\d", str(text)):
                assert date.fromisoformat(moved[season][name]) - date.fromisoformat(text) == timedelta(days=SHIFT)
    assert (
        ask("/api/v1/leagues", sportId="1")["leagues"][0]["seasonDateInfo"].items()
        >= {name: text for name, text in moved["2026"].items() if name.endswith("Date")}.items()
    )


def test_the_schedule_of_the_day_and_of_the_season_are_those_of_the_moved_one() -> None:
    today = ask("/api/v1/schedule", sportId="1")
    of_date = ask("/api/v1/schedule", sportId="1", date=DAY.isoformat())
    assert of_date["totalGames"] > 5
    (day,) = of_date["dates"]
    assert {game["season"] for game in day["games"]} == {"2026"}
    assert {game["officialDate"] for game in day["games"] if game["status"]["codedGameState"] == "F"} >= {"2026-11-26"}
    assert [each["date"] for each in today["dates"]] == ["2026-11-27"]
    assert ask("/api/v1/schedule", sportId="1", date="2026-07-30")["dates"] == [], "there it lay by itself"
    whole = ask("/api/v1/schedule", datetime(2026, 9, 1, tzinfo=UTC), sportId="1", season="2026")
    assert (whole["dates"][0]["date"], whole["dates"][-1]["date"]) == ("2026-09-24", "2027-03-28")


def test_a_january_has_games_of_the_season_before_and_moved_back_of_its_own() -> None:
    january = date(2027, 1, 5)
    assert {game.season for game in league().games.on(january)} == {2026}
    assert {game.season for game in league(shift_to(january)).games.on(january)} == {2027}
    assert season_of(january, SHIFT) == 2026
    assert season_of(january, shift_to(january)) == 2027


@pytest.mark.unmeasured
def test_a_feed_and_what_changed_tell_of_the_moved_day_only() -> None:
    game = next(each for each in league().games.on(DAY) if each.fate is Fate.PLAYED)
    feed = ask(f"/api/v1.1/game/{game.game_pk}/feed/live")
    assert feed["gameData"]["datetime"]["officialDate"] == DAY.isoformat()
    assert feed["gameData"]["game"]["season"] == "2026"
    assert feed["gameData"]["status"]["abstractGameState"] == "Final"
    moments = set(re.findall(r'"(20\d\d-\d\d-\d\d)T', json.dumps(feed)))
    assert moments <= {"2026-11-26", "2026-11-27"}
    stamps = ask(f"/api/v1.1/game/{game.game_pk}/feed/live/timestamps")
    assert {stamp[:8] for stamp in stamps[1:]} <= {"20261126", "20261127"}, "the first is that of the listing"
    changes = ask("/api/v1/game/changes", updatedSince="2026-11-26T12:00:00Z")
    assert {each["date"] for each in changes["dates"]} >= {"2026-11-26"}


def test_whoever_retired_did_so_in_the_moved_season() -> None:
    world = league().games.world(2026)
    retired = [person.last_played for person in world.people.values() if person.last_played]
    assert retired
    assert all(world.dates.regular_season_start <= day for day in retired)
