"""The DAG mlb_live: by hand, one task after the other, and as a scheduler runs it, side by side.

The DAG is the project's, but for Spark: tests/integration/test_spark_stream.py and tests/kubernetes have that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from psycopg import Connection

from statsapi_simulator.api.http import running
from tests.airflow import Airflow, Run, dags_without_spark, installed
from tests.conftest import Cli, Database
from tests.integration.support import GAME, PATCHES, one
from tests.listed_games import list_game
from tests.slate import checks
from tests.slate.api import WatchedApi
from tests.waiting import until

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

SPEED = 6.0  # Airflow's tasks start no faster: one that comes half a minute after the last must find a fresh schedule
BY_HAND_SPEED = 60.0
BY_HAND, OVER, ON, POSTPONED = date(2026, 5, 1), 20260455, 20260454, 20260458
OFF = date(2026, 7, 14)  # around the All-Star game nobody plays
SCHEDULED, FIRST, SECOND = date(2026, 6, 11), 20261004, 20261005  # one begins a quarter of an hour before the other
UNKNOWN = 20269999


@pytest.fixture(scope="module")
def api() -> Iterator[WatchedApi]:
    server = WatchedApi(BY_HAND)
    with running(server):
        yield server


@pytest.fixture(scope="module")
def by_hand(
    services: dict[str, str], module_database: Database, api: WatchedApi, tmp_path_factory: pytest.TempPathFactory
) -> Airflow:
    """Airflow with its database, for the simulated API, and with a database of the module's own."""
    from mlb_data_platform import services as embedded

    environment = services | embedded.environment(Path(services["MLB_STATE_DIR"])) | module_database.environment
    del environment["AIRFLOW_CONN_MLB_POSTGRES"]
    return installed(
        environment
        | {
            "MLB_STATSAPI_BASE_URL": api.url,
            "MLB_CLOCK_SPEED": str(SPEED),
            "MLB_REQUESTS_PER_SECOND": "1000",
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags_without_spark(tmp_path_factory.mktemp("live") / "dags")),
        }
    )


@pytest.fixture(scope="module")
def airflow(by_hand: Airflow) -> Iterator[Airflow]:
    """Airflow with all its processes."""
    with by_hand.running():
        yield by_hand


@pytest.fixture
def connection(module_database: Database) -> Iterator[Connection[Any]]:
    with module_database.connect() as opened:
        yield opened


def test_a_date_by_hand(by_hand: Airflow, connection: Connection[Any], api: WatchedApi) -> None:
    """One task at a time: whatever a task waits for cannot come from another one, so that each ends by itself."""
    api.list_only([OVER, ON, POSTPONED])
    api.stop(api.course(OVER).statuses[-1].since + timedelta(minutes=1))
    Thread(
        target=lambda: (until(lambda: bool(api.log), "the first request", 300), api.go(BY_HAND_SPEED)), daemon=True
    ).start()
    done = by_hand.dags_test("mlb_live", BY_HAND, {"MLB_CLOCK_SPEED": str(BY_HAND_SPEED)})
    api.stop()
    assert done.exit_code == 0, done.output
    assert "all of 2 asked for are there" in done.output
    assert checks.wrong_tables(connection, api, [OVER, ON]) == []
    assert len(asked_for(api, OVER)) == 1, "what is over is fetched, not followed"
    assert asked_for(api, POSTPONED) == []


def test_a_date_without_games_by_hand(by_hand: Airflow, connection: Connection[Any], api: WatchedApi) -> None:
    done = by_hand.dags_test("mlb_live", OFF, {"MLB_CLOCK_SPEED": str(BY_HAND_SPEED)})
    assert done.exit_code == 0, done.output
    assert "all of 0 asked for are there" in done.output
    streamed = "SELECT count(*) FROM metadata.job_executions WHERE job = 'live stream' AND arguments->>'date' = %s"
    assert one(connection, streamed, str(OFF)) == 0, "there is nothing to start Spark for"


def test_a_date_by_the_scheduler(airflow: Airflow, connection: Connection[Any], api: WatchedApi) -> None:
    """Each game goes its own way: one is followed and streamed while the other one is waited for."""
    api.list_only([FIRST, SECOND])
    begins = begin(api, FIRST), begin(api, SECOND)
    api.stop(begins[0] - timedelta(minutes=10))
    run = airflow.trigger("mlb_live", date=str(SCHEDULED))
    reached(airflow, run, {f"wait {FIRST}": "deferred", f"wait {SECOND}": "deferred", "watch": "running"})

    api.stop(begins[0] + (begins[1] - begins[0]) / 2)
    one_by_one = {f"wait {FIRST}": "success", f"follow {FIRST}": "running", f"wait {SECOND}": "deferred"}
    reached(airflow, run, one_by_one | {"stream": "running", "watch": "running"})
    until(lambda: one(connection, f"SELECT count(*) FROM game.live_game_metadata WHERE game_pk = {FIRST}"), "its rows")

    airflow.restart("triggerer")
    api.stop(begins[1] + timedelta(hours=1))
    reached(airflow, run, {f"follow {FIRST}": "running", f"follow {SECOND}": "running"})
    api.go(BY_HAND_SPEED)
    patched = f"SELECT count(DISTINCT game_pk) FROM {PATCHES} WHERE game_pk = ANY(%s)"
    until(lambda: one(connection, patched, [FIRST, SECOND]) == 2, "changes of both")
    api.stop(over(api))
    assert airflow.wait(run, seconds=300) == "success", states(airflow, run)
    assert set(states(airflow, run).values()) == {"success"}
    assert {task["try_number"] for task in airflow.tasks(run)} == {1}
    assert checks.wrong_tables(connection, api, [FIRST, SECOND]) == []
    assert left_to_settle(connection) == 0, "the stream has published everything"


def test_check_names_the_game_that_is_missing(airflow: Airflow, connection: Connection[Any], api: WatchedApi) -> None:
    api.list_only([FIRST, SECOND])
    api.stop(over(api))
    etl = Cli(airflow.environment)
    etl.ok("ingest", "mlb_schedule", "--date", SCHEDULED)
    etl.ok("transform", "schedule.schedule", "--date", SCHEDULED)
    # The run gets the same answer, which changes nothing: so this game stays listed, and the API does not know it.
    list_game(connection, UNKNOWN, str(SCHEDULED), abstract_game_state="Final", coded_game_state="F")
    run = airflow.trigger("mlb_live", date=str(SCHEDULED), game_pks=[FIRST, UNKNOWN])
    assert airflow.wait(run) == "failed"
    failed = {name for name, state in states(airflow, run).items() if state == "failed"}
    assert failed == {f"follow {UNKNOWN}", "transform", "check"}
    said = airflow.log(run, "check")
    assert f"game.follow of {UNKNOWN} (Away @ Home): failed" in said
    assert f"game.live_game_metadata has no game_pk {UNKNOWN}" in said


def test_a_game_of_another_date_is_refused_at_once(airflow: Airflow, api: WatchedApi) -> None:
    api.list_only([FIRST, SECOND])
    run = airflow.trigger("mlb_live", date=str(SCHEDULED), game_pks=[FIRST, OVER])
    assert airflow.wait(run) == "failed"
    ended = states(airflow, run)
    assert {name for name, state in ended.items() if state == "failed"} == {"list_games", "check"}
    assert ended["watch"] == "upstream_failed"
    (listed,) = airflow.tasks(run, "list_games")
    assert listed["try_number"] == 1, "a retry is useless"
    refused = f"this run is of {SCHEDULED}, for which the schedule does not list game_pk {OVER}"
    assert refused in airflow.log(run, "list_games")


def begin(api: WatchedApi, game_pk: int) -> datetime:
    """When the schedule says for the first time that a game is on."""
    return next(status.since for status in api.course(game_pk).statuses if status.code == "PW")


def over(api: WatchedApi) -> datetime:
    """When both games of the scheduler's date are over."""
    return max(api.course(game_pk).revisions[-1] for game_pk in (FIRST, SECOND))


def asked_for(api: WatchedApi, game_pk: int) -> list[str]:
    return [asked.target for asked in api.log if f"/game/{game_pk}/" in asked.target]


def states(airflow: Airflow, run: Run) -> dict[str, str]:
    """The states of the run's tasks: of `wait` and `follow` with their games, in whose order they are mapped."""
    tasks = airflow.tasks(run)
    (listed,) = [task for task in tasks if task["task_id"] == "list_games"]
    path = f"{run.path}/taskInstances/list_games/xcomEntries/return_value?deserialize=true"
    games = airflow.ask("GET", path)["value"] if listed["state"] == "success" else []
    return {
        f"{task['task_id'].removeprefix('game.')} {games[task['map_index']]['game_pk']}"
        if task["map_index"] >= 0
        else task["task_id"]: task["state"]
        for task in tasks
    }


def reached(airflow: Airflow, run: Run, wanted: dict[str, str]) -> None:
    """Return when tasks are in these states."""
    until(lambda: wanted.items() <= states(airflow, run).items(), f"{wanted} of {run}")


def left_to_settle(connection: Connection[Any]) -> Any:
    """How many games the task `transform` had to publish, at the end of the last run."""
    query = "SELECT asked FROM metadata.job_executions WHERE job = %s AND exit_code = 0 ORDER BY id DESC LIMIT 1"
    return one(connection, query, f"transform {GAME}")
