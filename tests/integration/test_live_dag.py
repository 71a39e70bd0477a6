"""The DAG mlb_live: as a scheduler runs it, side by side, and by hand, one task after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from psycopg import Connection

from statsapi_simulator.api.http import running
from tests.airflow import PROCESSES, Airflow
from tests.conftest import Database
from tests.integration.support import GAME, PATCHES, one
from tests.recordings import PROJECT_DIR
from tests.slate import checks
from tests.slate.api import Slate, WatchedApi, slate
from tests.waiting import until

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.unmeasured,
]

DAY = date(2026, 6, 11)  # two games, in the simulated season of seed 7
BEFORE = timedelta(minutes=40)
POOLS = PROJECT_DIR / "include" / "mlb_data_platform" / "jobs" / "pools.json"


@pytest.fixture
def api() -> Iterator[WatchedApi]:
    server = WatchedApi(DAY)
    with running(server):
        yield server


@pytest.fixture
def day(api: WatchedApi, speed: float) -> Slate:
    """The date, before its first game; its clock goes when the API is asked for it for the first time."""
    found = slate(api, DAY)
    api.stop(found.begins - BEFORE)

    def go() -> None:
        until(lambda: any(str(DAY) in asked.target for asked in api.log), "the first request", 300)
        api.go(speed)

    Thread(target=go, daemon=True).start()
    return found


@pytest.fixture
def environment(services: dict[str, str], database: Database, api: WatchedApi, speed: float) -> dict[str, str]:
    """Airflow, the simulated API, and a database of the test's own, which the environment names."""
    from mlb_data_platform import services as embedded

    found = services | embedded.environment(Path(services["MLB_STATE_DIR"])) | database.environment
    del found["AIRFLOW_CONN_MLB_POSTGRES"]
    return found | {
        "MLB_STATSAPI_BASE_URL": api.url,
        "MLB_CLOCK_SPEED": str(speed),
        "MLB_REQUESTS_PER_SECOND": "1000",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",  # nobody edits them meanwhile
    }


def airflow(environment: dict[str, str], *processes: str) -> Airflow:
    """An Airflow with these processes, which have not begun."""
    made = Airflow(environment, processes)
    for arguments in (("db", "migrate"), ("pools", "import", str(POOLS))):
        done = made(*arguments)
        assert done.exit_code == 0, done.output
    return made


@pytest.mark.parametrize("speed", [75.0])  # a game of three hours in two and a half minutes
def test_a_date_by_the_scheduler(
    environment: dict[str, str], connection: Connection[Any], api: WatchedApi, day: Slate
) -> None:
    scheduled = airflow(environment, *PROCESSES)
    try:
        scheduled.start()
        run = scheduled.trigger("mlb_live", date=str(DAY))
        ended = scheduled.wait(run, seconds=600)
        states = {f"{task['task_id']} {task['map_index']}": task["state"] for task in scheduled.tasks(run)}
        assert ended == "success", states
        labels = {task["rendered_map_index"] for task in scheduled.tasks(run, "game.follow")}
    finally:
        scheduled.stop()
    api.stop()
    assert len(labels) == len(day.game_pks)
    assert set(states.values()) == {"success"}
    assert checks.wrong_tables(connection, api, day.game_pks) == []
    patched = {game_pk for (game_pk,) in connection.execute(f"SELECT DISTINCT game_pk FROM {PATCHES}")}
    assert patched == set(day.game_pks), "each was followed while it was played"
    assert left_to_settle(connection) == 0, "the stream has published everything"


@pytest.mark.parametrize("speed", [300.0])
def test_a_date_by_hand(environment: dict[str, str], connection: Connection[Any], api: WatchedApi, day: Slate) -> None:
    """Whatever a task waits for cannot come from another one: they end by themselves, and the last ones do the rest."""
    done = airflow(environment).dags_test("mlb_live", DAY)
    api.stop()
    assert done.exit_code == 0, done.output
    assert f"all of {len(day.game_pks)} asked for are there" in done.output
    assert checks.wrong_tables(connection, api, day.game_pks) == []
    assert left_to_settle(connection) == len(day.game_pks)


def left_to_settle(connection: Connection[Any]) -> Any:
    """How many games the task `transform` had to publish, at the end of the run."""
    return one(
        connection, "SELECT asked FROM metadata.job_executions WHERE job = %s AND exit_code = 0", f"transform {GAME}"
    )
