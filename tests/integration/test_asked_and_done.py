"""Done is what is in the tables: whatever was asked for and is in no response or no table is an error (guarantee 7)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from psycopg import Connection

from tests.conftest import Cli
from tests.integration.support import GAME, at, body, insert_game, insert_raw, one, see_again
from tests.synthetic import feed

pytestmark = pytest.mark.unmeasured

SCHEDULE, SEASONS = "schedule.schedule", "season.seasons"
GAME_PK = 985_001


def test_a_date_of_which_nothing_is_captured_is_an_error(connection: Connection[Any], mlb_etl: Cli) -> None:
    for endpoint in (SCHEDULE, GAME):
        finished = mlb_etl("transform", endpoint, "--date", "2026-04-19")
        assert finished.exit_code == 2, finished.output
        assert "2026-04-19" in finished.err
        assert "ingest" in finished.err
    assert connection.execute("SELECT asked, done FROM metadata.job_executions").fetchall() == [(1, 0), (1, 0)]


def test_a_date_without_games_is_no_error_once_the_schedule_says_so(connection: Connection[Any], mlb_etl: Cli) -> None:
    _insert_schedule(connection, "2026-07-13", [], minute=0)
    mlb_etl.ok("transform", SCHEDULE, "--date", "2026-07-13")
    mlb_etl.ok("transform", GAME, "--date", "2026-07-13")


def test_games_that_are_listed_and_not_captured_are_an_error(connection: Connection[Any], mlb_etl: Cli) -> None:
    _insert_schedule(connection, "2026-04-19", [GAME_PK], minute=0)
    mlb_etl.ok("transform", SCHEDULE, "--date", "2026-04-19")
    finished = mlb_etl("transform", GAME, "--date", "2026-04-19")
    assert finished.exit_code == 2
    assert "schedule.games lists 1 of 2026-04-19, and nothing of them is captured yet" in finished.err
    insert_game(connection, body(feed(GAME_PK)), at(1))
    mlb_etl.ok("transform", GAME, "--date", "2026-04-19")


def test_a_response_of_many_units_is_applied_once(connection: Connection[Any], mlb_etl: Cli) -> None:
    raw_id = _insert_seasons(connection, [2024, 2025, 2026], minute=0)
    _insert_seasons(connection, [2024, 2025, 2026, 2027], minute=1)
    assert _asked_and_done(mlb_etl, SEASONS) == (2, 2)
    assert _asked_and_done(mlb_etl, SEASONS) == (0, 0)
    _insert_seasons(connection, [2026], minute=2, season="2026")
    assert _asked_and_done(mlb_etl, SEASONS) == (1, 1)
    see_again(connection, raw_id, at(3))
    assert _asked_and_done(mlb_etl, SEASONS) == (1, 1)
    assert one(
        connection, "SELECT array_agg(DISTINCT raw_id) FROM season.seasons_normalized WHERE season_id < 2027"
    ) == [raw_id]


def test_a_unit_that_is_refused_keeps_no_other_of_its_response_out(connection: Connection[Any], mlb_etl: Cli) -> None:
    raw_id = _insert_seasons(connection, [1800, 2026], minute=0)
    for _ in range(2):
        finished = mlb_etl("transform", SEASONS, "--all")
        assert finished.exit_code == 2, finished.output
        assert "season_id 1800 sport_id 1: " in finished.err
        assert one(connection, "SELECT array_agg(season_id) FROM season.seasons_normalized") == [2026]
    unit = one(connection, "SELECT unit FROM metadata.rejected_captures WHERE raw_id = %s", raw_id)
    assert unit == {"season_id": 1800, "sport_id": 1}


def test_a_newer_response_to_the_same_request_settles_what_was_refused(
    connection: Connection[Any], mlb_etl: Cli
) -> None:
    _insert_seasons(connection, [1800, 2026], minute=0)
    assert mlb_etl("transform", SEASONS, "--all").exit_code == 2
    _insert_seasons(connection, [2026], minute=1)  # it is not there any more
    mlb_etl.ok("transform", SEASONS, "--all")


def test_an_older_response_of_many_units_changes_none_that_a_newer_one_has(
    connection: Connection[Any], mlb_etl: Cli
) -> None:
    newer = _insert_seasons(connection, [2025, 2026], minute=5)
    mlb_etl.ok("transform", SEASONS, "--all")
    older = _insert_seasons(connection, [2024, 2025], minute=1)
    assert _asked_and_done(mlb_etl, SEASONS) == (1, 1)
    rows = connection.execute("SELECT season_id, raw_id FROM season.seasons_normalized ORDER BY 1").fetchall()
    assert rows == [(2024, older), (2025, newer), (2026, newer)]


def _asked_and_done(mlb_etl: Cli, endpoint: str) -> tuple[int, int]:
    summary = json.loads(mlb_etl.ok("transform", endpoint, "--all", "--json").out)
    return summary["asked"], summary["done"]


def _insert_seasons(connection: Connection[Any], years: list[int], *, minute: float, season: str | None = None) -> int:
    seasons = [{"seasonId": str(year), "regularSeasonStartDate": f"{year}-03-28"} for year in years]
    asked = {"sportId": 1} | ({"season": season} if season else {})
    response = body({"seasons": [{**each, "regularSeasonEndDate": f"{each['seasonId']}-09-29"} for each in seasons]})
    return insert_raw(connection, SEASONS, response, at(minute), url="https://x/api/v1/seasons", request_params=asked)


def _insert_schedule(connection: Connection[Any], day: str, game_pks: list[int], *, minute: float) -> int:
    games = [
        {
            "gamePk": game_pk,
            "gameDate": f"{day}T20:00:00Z",
            "officialDate": day,
            "status": {"abstractGameState": "Final", "codedGameState": "F"},
            "teams": {side: {"team": {"id": number}} for number, side in enumerate(("away", "home"), 1)},
        }
        for game_pk in game_pks
    ]
    dates = [{"date": day, "totalGames": len(games), "games": games}] if games else []
    return insert_raw(
        connection,
        SCHEDULE,
        body({"totalGames": len(games), "dates": dates}),
        at(minute),
        url=f"https://x/api/v1/schedule?date={day}",
        request_params={"sportId": 1, "date": day},
    )
