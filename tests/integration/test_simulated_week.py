"""A week while each kind of fault hits one request in twenty, by the commands that a person runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from psycopg import Connection

from statsapi_simulator.api.faults import Fault, Kind
from statsapi_simulator.api.server import serve
from tests.checker import game, schedule
from tests.conftest import Cli
from tests.integration.support import GAME

FIRST, LAST = "2026-07-27", "2026-08-02"  # with two doubleheaders and two games called off
AFTER = datetime(2026, 8, 5, 12, tzinfo=UTC)
ATTEMPTS = 6  # what Airflow's retries and the next day's run would do

pytestmark = [pytest.mark.slow, pytest.mark.unmeasured]


def test_a_week_ends_complete_and_exact_whatever_goes_wrong(connection: Connection[Any], mlb_etl: Cli) -> None:
    faults = [Fault(kind=kind, rate=0.05, seconds=0.2) for kind in Kind]
    with serve(7, 2026, AFTER, faults) as url:
        fast = {"MLB_STATSAPI_BASE_URL": url, "MLB_REQUESTS_PER_SECOND": "1000"}
        for job, dates, endpoint in (
            ("mlb_season", ("--season", 2026), "season.seasons"),
            ("mlb_schedule", ("--date", FIRST, "--to", LAST), "schedule.schedule"),
            ("mlb_game", ("--date", FIRST, "--to", LAST), GAME),
        ):
            codes = _until_done(mlb_etl, job, *dates, **fast)
            assert set(codes[:-1]) <= {1, 2}
            assert codes[-1] == 0, f"{job}: exit codes {codes}"
            mlb_etl.ok("transform", endpoint, "--all")
        with httpx.Client(base_url=url, timeout=30) as http:
            http.delete("/_simulator/faults")
            days = http.get(f"/api/v1/schedule?sportId=1&startDate={FIRST}&endDate={LAST}").json()
            played = {
                each["gamePk"]
                for day in days["dates"]
                for each in day["games"]
                if each["status"]["codedGameState"] not in "CD"
            }
            assert len(played) > 80
            assert schedule.compare(connection, days) == []
            for game_pk in sorted(played):
                assert game.compare(connection, http.get(f"/api/v1.1/game/{game_pk}/feed/live").json()) == []
    assert connection.execute("SELECT count(*) FROM game.live_game_metadata").fetchone() == (len(played),)


def _until_done(mlb_etl: Cli, job: str, *arguments: object, **environment: str) -> list[int]:
    """The exit codes of one command, run until it is done."""
    codes: list[int] = []
    while len(codes) < ATTEMPTS and 0 not in codes:
        codes.append(mlb_etl("ingest", job, *arguments, **environment).exit_code)
    return codes
