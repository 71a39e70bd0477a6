"""An API that goes away while a season is loaded: what that costs, and how the run ends if it stays away."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from threading import Thread
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.ingest.requests import Plan, plan
from mlb_data_platform.ingest.run import run
from mlb_data_platform.ingest.scope import Scope
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.settings import settings
from mlb_data_platform.statsapi import client
from mlb_data_platform.statsapi.circuit import Circuit
from mlb_data_platform.storage.executions import Execution
from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.faults import Fault, Kind
from statsapi_simulator.api.http import running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.server import LeagueServer
from tests.conftest import Cli
from tests.integration.support import GAME, one

DAYS = (date(2026, 6, 29), date(2026, 7, 2))
RATE = "1000"


@pytest.fixture
def league() -> LeagueServer:
    return LeagueServer(League(7, 2026, Clock(datetime(2026, 12, 1, tzinfo=UTC))))


@pytest.fixture
def api(league: LeagueServer, mlb_etl: Cli) -> Iterator[str]:
    """Its URL; the schedule of some dates is in the tables."""
    with running(league) as url:
        environment = {"MLB_STATSAPI_BASE_URL": url, "MLB_REQUESTS_PER_SECOND": RATE}
        mlb_etl.ok("ingest", "mlb_schedule", "--date", DAYS[0], "--to", DAYS[1], **environment)
        mlb_etl.ok("transform", "schedule.schedule", "--all")
        yield url


@pytest.fixture
def games(api: str, mlb_etl: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plan]:
    """What a run in this process asks for."""
    environment = {**mlb_etl.environment, "MLB_STATSAPI_BASE_URL": api, "MLB_REQUESTS_PER_SECOND": RATE}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield plan(load_job("mlb_game"), Scope(day=DAYS[0], to=DAYS[1]), terms_accepted=True)
    settings.cache_clear()


@pytest.mark.unmeasured
def test_an_outage_costs_its_time_and_no_game(
    league: LeagueServer, games: Plan, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "Circuit", partial(Circuit, pause=0.2, patience=60))
    asked = len(games.requests)
    assert asked > 40

    def outage(done: int, _: int) -> None:
        if done == 10:
            league.faults.set([Fault(kind=Kind.SERVER_ERROR)])
            Thread(target=lambda: (time.sleep(1), league.faults.set([]))).start()

    execution, started = Execution(), time.monotonic()
    counts = run(games, settings(), execution, outage)
    assert time.monotonic() - started > 1
    assert (execution.errors, counts["new"]) == ([], asked)
    assert one(connection, f"SELECT count(DISTINCT game_pk) FROM {GAME}") == asked


def test_an_api_that_stays_away_ends_the_run(
    league: LeagueServer, games: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "Circuit", partial(Circuit, pause=0.2, patience=1))
    league.traffic.reset()
    league.faults.set([Fault(kind=Kind.RESET)])
    execution = Execution()
    run(games, settings(), execution, lambda *_: None)
    assert execution.exit_code == 1
    left = len(games.requests) - 20
    assert str(execution.errors[-1]).startswith(f"20 requests in a row failed: {left} more were not made; run the same")
    assert league.traffic.report()["total"] < len(games.requests)


@pytest.mark.unmeasured
def test_a_run_that_waits_for_the_api_ends_when_it_is_told_to(league: LeagueServer, api: str, mlb_etl: Cli) -> None:
    league.faults.set([Fault(kind=Kind.SERVER_ERROR)])
    arguments = ("ingest", "mlb_game", "--date", DAYS[0], "--to", DAYS[1])
    with mlb_etl.start(*arguments, MLB_STATSAPI_BASE_URL=api, MLB_REQUESTS_PER_SECOND=RATE) as process:
        assert process.stderr is not None
        said = iter(process.stderr)
        line = next(line for line in said if "attempts in a row failed" in line)
        assert ": the API cannot answer now" in line
        assert "from now on one every 30 s, for 180 s" in line
        told = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 1
        assert time.monotonic() - told < 9, "Airflow kills after ten seconds"
        assert "interrupted by SIGTERM" in "".join(said)
