"""A simulated day, from the API's bytes to every table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from psycopg import Connection

from statsapi_simulator.api.server import serve
from tests.checker import game, schedule, season
from tests.conftest import Cli
from tests.integration.support import GAME

pytestmark = pytest.mark.unmeasured

DAY, SEASON = "2026-07-04", 2026
AFTER = datetime(2026, 7, 6, 12, tzinfo=UTC)
GAMES = 5


def _load_day(mlb_etl: Cli, url: str, game_pks: list[int]) -> None:
    games = [word for game_pk in game_pks for word in ("--game-pk", game_pk)]
    fast = {"MLB_STATSAPI_BASE_URL": url, "MLB_REQUESTS_PER_SECOND": "100"}
    for ingest in (
        ("mlb_season", "--season", SEASON),
        ("mlb_schedule", "--date", DAY),
        *(("mlb_game", "--game-pk", game_pk) for game_pk in game_pks),
    ):
        mlb_etl.ok("ingest", *ingest, **fast)
    mlb_etl.ok("transform", "season.seasons", "--all")
    mlb_etl.ok("transform", "schedule.schedule", "--date", DAY)
    mlb_etl.ok("transform", GAME, *games)


def _differences(url: str, connection: Connection[Any], game_pks: list[int]) -> list[str]:
    with httpx.Client(base_url=url, timeout=30) as http:
        seasons = http.get("/api/v1/seasons/all?sportId=1").json()
        day = http.get(f"/api/v1/schedule?sportId=1&date={DAY}").json()
        feeds = [http.get(f"/api/v1.1/game/{game_pk}/feed/live").json() for game_pk in game_pks]
    return [
        *season.compare(connection, seasons, sport_id=1),
        *schedule.compare(connection, day),
        *(line for feed in feeds for line in game.compare(connection, feed)),
    ]


def _game_pks(url: str) -> list[int]:
    (day,) = httpx.get(f"{url}/api/v1/schedule?sportId=1&date={DAY}", timeout=60).json()["dates"]
    return [each["gamePk"] for each in day["games"]][:GAMES]


def test_simulated_day(connection: Connection[Any], mlb_etl: Cli) -> None:
    with serve(7, SEASON, AFTER) as url:
        game_pks = _game_pks(url)
        _load_day(mlb_etl, url, game_pks)
        assert _differences(url, connection, game_pks) == []
    assert connection.execute("SELECT path FROM metadata.schema_drift").fetchall() == []
