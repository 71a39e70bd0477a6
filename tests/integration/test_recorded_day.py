"""One real day, from the API's bytes to every table: what `make run` does, by the programs themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from statsapi_simulator.replay import serve
from tests import recordings
from tests.checker import game, schedule, season
from tests.conftest import Cli
from tests.integration.support import GAME

DAY, SEASON = "2026-04-19", 2026
GAMES = (822750, 823556, 824452, 823475)


@pytest.fixture
def api(recordings_folder: Path) -> Any:
    """The URL of a Stats API that answers from the recordings."""
    with serve([recordings_folder]) as url:
        yield url


def test_recorded_day(api: str, connection: Connection[Any], mlb_etl: Cli) -> None:
    games = [word for game_pk in GAMES for word in ("--game-pk", game_pk)]
    mlb_etl.ok("ingest", "mlb_season", "--season", SEASON, MLB_STATSAPI_BASE_URL=api)
    mlb_etl.ok("transform", "season.seasons", "--all")
    mlb_etl.ok("ingest", "mlb_schedule", "--date", DAY, MLB_STATSAPI_BASE_URL=api)
    mlb_etl.ok("transform", "schedule.schedule", "--date", DAY)
    mlb_etl.ok("ingest", "mlb_game", *games, MLB_STATSAPI_BASE_URL=api)
    mlb_etl.ok("transform", GAME, *games)
    mlb_etl.ok("db", "refresh")

    (seasons,) = recordings.of("/api/v1/seasons/all")
    (day,) = (each for each in recordings.of("/api/v1/schedule") if each.url.endswith(f"?sportId=1&date={DAY}"))
    feeds = [each.json for game_pk in GAMES for each in recordings.of(rf"/api/v1\.1/game/{game_pk}/feed/live")]
    assert season.compare(connection, seasons.json, sport_id=1) == []
    assert schedule.compare(connection, day.json) == []
    assert [line for feed in feeds for line in game.compare(connection, feed)] == []
    assert sum(table.values for feed in feeds for table in game.expected(feed)) > 25_000
    assert connection.execute("SELECT path FROM metadata.schema_drift").fetchall() == []


def test_games_that_are_not_recorded_fail_and_the_others_load(
    api: str, connection: Connection[Any], mlb_etl: Cli
) -> None:
    mlb_etl.ok("ingest", "mlb_schedule", "--date", DAY, MLB_STATSAPI_BASE_URL=api)
    mlb_etl.ok("transform", "schedule.schedule", "--date", DAY)
    finished = mlb_etl("ingest", "mlb_game", "--date", DAY, MLB_STATSAPI_BASE_URL=api)
    assert finished.exit_code == 2, finished.output
    assert len([line for line in finished.err.splitlines() if "/feed/live" in line]) == 15 - len(GAMES)
    captured = connection.execute("SELECT game_pk FROM game.live_game_v1 ORDER BY game_pk").fetchall()
    assert [game_pk for (game_pk,) in captured] == sorted(GAMES)
