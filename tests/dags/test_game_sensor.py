"""The sensor that waits for a game and its trigger, with PostgreSQL, in Airflow's own runner of triggers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.jobs.triggerer_job_runner import TriggerRunner
from airflow.sdk.exceptions import AirflowException, AirflowSensorTimeout, TaskDeferred
from airflow.sdk.module_loading import import_string
from airflow.sdk.serde import deserialize, serialize
from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from mlb_data_platform.errors import TransientError
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.orchestration import game_trigger
from mlb_data_platform.orchestration.game_sensor import GameSensor
from mlb_data_platform.orchestration.game_trigger import GameTrigger
from mlb_data_platform.settings import settings
from tests.conftest import Database
from tests.dags.conftest import mlb_etl_services
from tests.dags.runs import context
from tests.listed_games import WATCH, begin, list_game, questions, sessions
from tests.waiting import until

if TYPE_CHECKING:
    from airflow.sdk import Context
    from psycopg import Connection

pytestmark = pytest.mark.services

DAY = "2026-04-19"  # the run's, as `context` has it
GAME = {"game_pk": 1, "label": "Away @ Home"}
ENDED = TaskSuccessEvent()
Value = TypeVar("Value")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[None]:
    """The connection that Airflow's programs have; five questions a second."""
    names = {"host": "HOST", "port": "PORT", "login": "USER", "password": "PASSWORD", "schema": "DB"}
    found = {name: database.environment[f"POSTGRES_{variable}"] for name, variable in names.items()}
    given = {"conn_type": "postgres", **found, "port": int(found["port"])}
    monkeypatch.setenv("AIRFLOW_CONN_MLB_POSTGRES", json.dumps(given))
    monkeypatch.setattr(game_trigger, "SECONDS_BETWEEN_QUESTIONS", 0.2)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def watcher(database: Database) -> Iterator[Connection[Any]]:
    """Who keeps the schedule of the date fresh, as `mlb-etl live watch` does."""
    with database.connect() as connection:
        connection.execute(WATCH, (f"watch {DAY}",))
        yield connection


def list_games(connection: Connection[Any], *game_pks: int) -> None:
    for game_pk in game_pks:
        list_game(connection, game_pk, DAY)


def each() -> dict[str, Any]:
    found = load_job("mlb_game").each
    assert found is not None
    return found.model_dump(by_alias=True)


def sensor(game: dict[str, Any] | None = GAME) -> GameSensor:
    return GameSensor(task_id="wait", each=each(), game=game, execution_timeout=timedelta(hours=20))


def run_context(**given: Any) -> Context:
    return cast("Context", context() | given)


def trigger(game_pk: int | None = 1) -> GameTrigger:
    """A trigger as the triggerer makes it, of what Airflow's database keeps."""
    game = {"game_pk": game_pk, "label": "A @ B"} if game_pk else None
    path, arguments = GameTrigger(each=each(), day=DAY, game=game).serialize()
    made = import_string(path)(**cast("dict[str, Any]", deserialize(json.loads(json.dumps(serialize(arguments))))))
    assert isinstance(made, GameTrigger)
    assert made.serialize() == (path, arguments)
    return made


class Triggerer:
    """Airflow's runner of triggers, without the supervisor that tells it which to run."""

    def __init__(self) -> None:
        self._runner = TriggerRunner()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def start(self, triggers: Sequence[BaseTrigger]) -> None:
        for trigger_id, each in enumerate(triggers, start=len(self._tasks)):
            task = asyncio.create_task(self._runner.run_trigger(trigger_id, each))
            self._runner.triggers[trigger_id] = {
                "task": task,
                "name": str(trigger_id),
                "is_watcher": False,
                "events": 0,
            }
            self._tasks[trigger_id] = task

    def events(self) -> dict[int, Any]:
        """The event of each trigger that has had one, by its number."""
        return {entry.trigger_id: entry.event for entry in self._runner.events}

    async def ended(self, *trigger_ids: int) -> dict[int, Any]:
        """Return the events of these triggers, when all have ended; those of others too, if there are any."""
        async with asyncio.timeout(30):
            await asyncio.gather(*(self._tasks[trigger_id] for trigger_id in trigger_ids))
        return self.events()

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


def in_a_triggerer(work: Callable[[Triggerer], Awaitable[Value]]) -> Value:
    """What `work` returns with a triggerer that is stopped after it."""

    async def run() -> Value:
        triggerer = Triggerer()
        try:
            return await work(triggerer)
        finally:
            await triggerer.stop()

    return asyncio.run(run())


def no_session_is_left(connection: Connection[Any]) -> None:
    """A session that was closed is seen for a moment longer."""
    until(lambda: sessions(connection) == 0, "the end of the triggerer's sessions", 10)


async def asked(connection: Connection[Any], times: int) -> None:
    """Return when the schedule's table has been read so many times more."""
    wanted = questions(connection) + times
    async with asyncio.timeout(30):
        while questions(connection) < wanted:
            await asyncio.sleep(0.05)


def test_a_game_that_is_ahead_is_waited_for_without_a_worker(watcher: Connection[Any]) -> None:
    list_games(watcher, 1)
    with pytest.raises(TaskDeferred) as deferred:
        sensor().execute(run_context())
    path, arguments = GameTrigger(each=each(), day=DAY, game=GAME).serialize()
    assert deferred.value.trigger.serialize() == (path, arguments)
    assert deferred.value.timeout == timedelta(hours=20)
    assert callable(getattr(sensor(), deferred.value.method_name))


@pytest.mark.parametrize("game", [GAME, None], ids=["a game", "the first"])
def test_who_has_nothing_to_wait_for_does_not_defer(
    watcher: Connection[Any], game: dict[str, Any] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    list_games(watcher, 1)
    begin(watcher, 1)
    sensor(game).execute(run_context())
    name = "" if game else f"the first game of {DAY}: no longer ahead: "
    reason = "no longer ahead: " if game else ""
    assert f"{name}game 1 (Away @ Home): {reason}In Progress" in capsys.readouterr().out


def test_nobody_who_keeps_the_schedule_fresh_is_no_reason_to_wait(database: Database) -> None:
    with database.connect() as connection:
        list_games(connection, 1)
    sensor().execute(run_context())


def test_the_date_is_the_runs(watcher: Connection[Any]) -> None:
    list_games(watcher, 1)
    sensor().execute(run_context(partition_key="2026-04-20"))  # it is not listed there


def test_a_wait_that_takes_too_long_is_not_tried_again() -> None:
    with pytest.raises(AirflowSensorTimeout, match=r"^game 1 \(Away @ Home\) is still ahead after 20:00:00$"):
        sensor().resume_execution("__fail__", {"error": "Trigger timeout"}, run_context())


def test_a_trigger_ends_its_task_when_its_game_begins(watcher: Connection[Any]) -> None:
    list_games(watcher, 1, 2, 3)

    async def work(triggerer: Triggerer) -> None:
        triggerer.start([trigger(1), trigger(2), trigger(3), trigger(None)])
        await asked(watcher, 2)
        assert triggerer.events() == {}
        begin(watcher, 2)
        assert await triggerer.ended(1, 3) == {1: ENDED, 3: ENDED}
        begin(watcher, 1, 3)
        assert await triggerer.ended(0, 2) == dict.fromkeys(range(4), ENDED)
        no_session_is_left(watcher)  # with the last of them, the question ends

    in_a_triggerer(work)


def test_all_end_when_nobody_keeps_the_schedule_fresh_any_more(watcher: Connection[Any]) -> None:
    list_games(watcher, 1, 2)

    async def work(triggerer: Triggerer) -> dict[int, Any]:
        triggerer.start([trigger(1), trigger(2), trigger(None)])
        await asked(watcher, 2)
        watcher.execute("SELECT pg_advisory_unlock_all()")
        return await triggerer.ended(0, 1, 2)

    assert in_a_triggerer(work) == dict.fromkeys(range(3), ENDED)


def test_sixty_games_cost_what_one_does(watcher: Connection[Any]) -> None:
    games = range(1, 61)
    list_games(watcher, *games)

    async def work(triggerer: Triggerer) -> None:
        triggerer.start([trigger(game_pk) for game_pk in games])
        await asked(watcher, 1)
        loop = asyncio.get_running_loop()
        asked_before, since = questions(watcher), loop.time()
        await asked(watcher, 10)
        # What was asked in a second and is told with a second's delay: at five questions a second, whoever waits.
        at_most = (loop.time() - since + 1.5) * 5 + 1
        assert 10 <= questions(watcher) - asked_before <= at_most < 60
        assert sessions(watcher) == 1
        begin(watcher, *games)
        assert await triggerer.ended(*range(60)) == dict.fromkeys(range(60), ENDED)

    in_a_triggerer(work)


def test_triggers_that_are_started_again_miss_nothing(watcher: Connection[Any]) -> None:
    """A state is waited for, not an event: what happened while no triggerer ran counts as well."""
    list_games(watcher, 1, 2)

    async def first(triggerer: Triggerer) -> None:
        triggerer.start([trigger(1), trigger(2)])
        await asked(watcher, 1)

    in_a_triggerer(first)
    no_session_is_left(watcher)
    begin(watcher, 1)

    async def second(triggerer: Triggerer) -> None:
        triggerer.start([trigger(1), trigger(2)])
        assert await triggerer.ended(0) == {0: ENDED}
        triggerer.start([trigger(1)])  # a late one: the stream has been running
        assert await triggerer.ended(2) == {0: ENDED, 2: ENDED}

    in_a_triggerer(second)


def test_a_migration_of_the_schedules_table_disturbs_nobody(watcher: Connection[Any]) -> None:
    """The plan that PostgreSQL keeps for a prepared statement does not survive it."""
    list_games(watcher, 1)

    async def work(triggerer: Triggerer) -> dict[int, Any]:
        triggerer.start([trigger(1)])
        await asked(watcher, 8)
        watcher.execute("DROP MATERIALIZED VIEW schedule.today")
        watcher.execute("ALTER TABLE schedule.games ALTER COLUMN detailed_state TYPE varchar(40)")
        await asked(watcher, 2)
        assert triggerer.events() == {}
        begin(watcher, 1)
        return await triggerer.ended(0)

    assert in_a_triggerer(work) == {0: ENDED}


def test_a_restart_of_postgresql_is_waited_out(services: dict[str, str], database: Database) -> None:
    with database.connect() as connection:
        list_games(connection, 1, 2)
        capture(connection)

    async def work(triggerer: Triggerer) -> None:
        triggerer.start([trigger(1), trigger(2)])
        with database.connect() as connection:
            await asked(connection, 1)
        await asyncio.to_thread(mlb_etl_services, services, "down")
        assert triggerer.events() == {}
        await asyncio.to_thread(mlb_etl_services, services, "up")
        with database.connect() as connection:
            begin(connection, 1)
            assert await triggerer.ended(0) == {0: ENDED}
            assert sessions(connection) == 1

    in_a_triggerer(work)


def capture(connection: Connection[Any]) -> None:
    """What the run has just been told by the API: a lock would end with its session."""
    connection.execute(
        "INSERT INTO schedule.schedule (captured_at, request_params, data) VALUES (now(), %s, '{}')",
        (json.dumps({"sportId": 1, "date": DAY}),),
    )


def test_a_postgresql_that_stays_away_fails_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_MLB_POSTGRES", json.dumps({"conn_type": "postgres", "host": "127.0.0.1", "port": 1})
    )
    monkeypatch.setattr(game_trigger, "DATABASE_SECONDS", 0.5)

    async def work(triggerer: Triggerer) -> dict[int, Any]:
        triggerer.start([trigger(1), trigger(2)])
        return await triggerer.ended(0, 1)

    events = in_a_triggerer(work)
    assert set(events) == {0, 1}
    for event in events.values():
        assert type(event) is TriggerEvent
        with pytest.raises(AirflowException, match=r"^PostgreSQL at 127\.0\.0\.1:1, .* refused"):
            sensor().resume(run_context(), event.payload)
    with pytest.raises(TransientError, match=r"^PostgreSQL at 127\.0\.0\.1:1, "):
        sensor().execute(run_context())


def test_a_trigger_alone_does_the_same(watcher: Connection[Any]) -> None:
    """As `airflow dags test` runs it: its first event, in a loop of its own; then it resumes the task."""
    list_games(watcher, 1)

    async def first_event() -> Any:
        game_begins = asyncio.create_task(begins())
        event = await anext(trigger(1).run())
        await game_begins
        return event

    async def begins() -> None:
        await asked(watcher, 1)
        begin(watcher, 1)

    event = asyncio.run(first_event())
    assert event == ENDED
    no_session_is_left(watcher)
    sensor().resume(run_context(), event.payload)
