"""Games that are waited for in a real Airflow: by a scheduler and a triggerer, and by `airflow dags test`.

The DAG has the shape of the live one's part that waits, with nothing after the sensors that takes time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from threading import Thread
from typing import Any

import pytest
from psycopg import Connection

from tests.airflow import ENDED, Airflow, Run, installed
from tests.conftest import Cli, Database, Finished
from tests.listed_games import WATCH, begin, list_game, sessions
from tests.waiting import until

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

GAMES = (1, 2, 3, 4)
WAIT = "game.wait"
DAG = f"""
from datetime import timedelta
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task_group
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.orchestration.game_sensor import GameSensor
from mlb_data_platform.orchestration.params import dag_params

with DAG("waiting", schedule=None, params=dag_params(load_job("mlb_schedule_today"))):
    means = dict(
        each=load_job("mlb_game").each.model_dump(by_alias=True),
        retries=1,
        retry_delay=timedelta(seconds=1),
        execution_timeout=timedelta(hours=1),
    )

    @task_group
    def game(game):
        wait = GameSensor(task_id="wait", game=game, map_index_template="{{{{ task.game.label }}}}", **means)
        wait >> EmptyOperator(task_id="follow")

    game.expand(game=[dict(game_pk=game_pk, label=f"game {{game_pk}}") for game_pk in {GAMES}])
    GameSensor(task_id="wait_for_first", **means)
"""


@pytest.fixture(scope="module")
def environment(services: dict[str, str]) -> dict[str, str]:
    """The services, migrated."""
    Cli(services).ok("db", "migrate")
    return services


@pytest.fixture(scope="module")
def by_hand(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Airflow with its database."""
    dags = tmp_path_factory.mktemp("waiting")
    (dags / "waiting.py").write_text(DAG, encoding="utf-8")
    return installed(environment | {"AIRFLOW__CORE__DAGS_FOLDER": str(dags)})


@pytest.fixture(scope="module")
def airflow(by_hand: Airflow) -> Iterator[Airflow]:
    """Airflow with all its processes."""
    with by_hand.running():
        yield by_hand


@pytest.fixture
def day(request: pytest.FixtureRequest) -> date:
    """A date of each test's own."""
    tests = [item.name for item in request.session.items if item.path == request.path]
    return date(2027, 7, 1 + tests.index(request.node.name))


@pytest.fixture
def watcher(environment: dict[str, str], day: date) -> Iterator[Connection[Any]]:
    """Who keeps the schedule of the date fresh; its games are ahead."""
    with Database(environment).connect() as connection:
        connection.execute("TRUNCATE schedule.games")
        connection.execute(WATCH, (f"watch {day}",))
        for game_pk in GAMES:
            list_game(connection, game_pk, str(day))
        yield connection


def states(airflow: Airflow, run: Run, task_id: str) -> list[str | None]:
    """The state of each game's task, in the order of the games."""
    found = {task["map_index"]: task["state"] for task in airflow.tasks(run, task_id)}
    return [found.get(index) for index in range(len(GAMES))]


def reached(airflow: Airflow, run: Run, task_id: str, wanted: Sequence[str | None]) -> None:
    until(lambda: states(airflow, run, task_id) == list(wanted), f"{task_id} of {run}: {wanted}")


def test_a_run_within_one_process_waits_as_well(by_hand: Airflow, watcher: Connection[Any], day: date) -> None:
    finished: list[Finished] = []
    thread = Thread(target=lambda: finished.append(by_hand.dags_test("waiting", day)))
    thread.start()
    until(lambda: sessions(watcher, for_seconds=5) == 1, "a trigger that waits: the task itself has asked at once")
    begin(watcher, *GAMES)
    thread.join(timeout=120)
    assert not thread.is_alive()
    assert finished[0].exit_code == 0, finished[0].output
    assert finished[0].output.count("is ahead: waiting for it") == 1
    assert finished[0].output.count("In Progress") == len(GAMES) + 1


def test_each_game_goes_on_when_it_begins(airflow: Airflow, watcher: Connection[Any], day: date) -> None:
    run = airflow.trigger("waiting", date=str(day))
    reached(airflow, run, WAIT, ["deferred"] * 4)
    airflow.wait_for_state(run, "wait_for_first", "deferred")
    until(lambda: sessions(watcher) == 1, "one session for all who wait")

    begin(watcher, 2)
    reached(airflow, run, WAIT, ["deferred", "success", "deferred", "deferred"])
    airflow.wait_for_state(run, "wait_for_first", "success")
    until(lambda: states(airflow, run, "game.follow")[1] == "success", "what follows game 2")

    airflow.restart("triggerer")
    begin(watcher, 1)
    reached(airflow, run, WAIT, ["success", "success", "deferred", "deferred"])

    watcher.execute("SELECT pg_advisory_unlock_all()")
    assert airflow.wait(run) == "success"
    assert {task["try_number"] for task in airflow.tasks(run, WAIT)} == {1}
    assert {task["rendered_map_index"] for task in airflow.tasks(run, WAIT)} == {f"game {game_pk}" for game_pk in GAMES}
    said = airflow.log(run, WAIT)
    assert "game 2 (game 2): no longer ahead: In Progress" in said
    assert f"game 3 (game 3): still ahead, but nobody keeps the schedule of {day} fresh" in said
    until(lambda: sessions(watcher) == 0, "no session for nobody")


def test_a_game_that_begins_as_its_task_defers_costs_no_try(
    airflow: Airflow, watcher: Connection[Any], day: date
) -> None:
    """Airflow 3.3.2 takes a task for failed that an event resumes before the scheduler knows of its deferral."""
    run = airflow.trigger("waiting", date=str(day))

    def deferred() -> bool:
        ahead = states(airflow, run, WAIT)
        begin(watcher, *(game_pk for game_pk, state in zip(GAMES, ahead, strict=True) if state == "deferred"))
        return airflow.state(run) in ENDED

    until(deferred, f"the end of {run}")
    assert airflow.state(run) == "success"
    assert {task["try_number"] for task in airflow.tasks(run, WAIT)} == {1}
    assert airflow.ask("GET", "/api/v2/eventLogs?event=state%20mismatch&dag_id=waiting")["total_entries"] == 0
