"""A run that is late is told of, but where its date is loaded all the same: by real tables, to a real webhook."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from mlb_data_platform.orchestration.notify import notify_of_missed_deadline
from mlb_data_platform.settings import settings
from tests.conftest import Database
from tests.listed_games import list_game
from tests.sinks import Webhook

if TYPE_CHECKING:
    from psycopg import Connection

pytestmark = pytest.mark.services

DAY, DAY_BEFORE = "2026-04-19", "2026-04-18"
IN_THE_EVENING = "2026-04-20 02:00+00"  # in the US it is still the 19th
AFTER_IT = "2026-04-20 10:00+00"  # it is over in Hawaii too
OFFSET = "2026-04-20 11:59+02"  # looks later than that, and is not
RUN = "asset_triggered__2026-04-20T10:01:00+00:00_x"
FINAL = {"abstract_game_state": "Final", "coded_game_state": "F"}
LIVE = {"abstract_game_state": "Live", "coded_game_state": "I"}
SUSPENDED = {"abstract_game_state": "Live", "coded_game_state": "U"}

Told = Callable[..., list[str]]


@pytest.fixture
def told(slack: Webhook, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """A function that lets Airflow find that the run of a DAG for DAY is late, and returns what that tells people."""
    use(monkeypatch, database.environment)
    settings.cache_clear()

    def late(dag_id: str, **conf: Any) -> list[str]:
        slack.posted.clear()
        run = {"dag_id": dag_id, "dag_run_id": RUN, "state": "failed", "conf": conf or None}
        of_date = {"partition_key": DAY, "logical_date": None}
        deadline = {"id": "1", "deadline_time": datetime(2026, 4, 20, 12, tzinfo=UTC)}
        notify_of_missed_deadline(["slack_data"], {"dag_run": run | of_date, "deadline": deadline})
        return slack.texts

    yield late
    settings.cache_clear()


def use(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], **changed: Any) -> None:
    """Let Airflow's connection lead to the database of an environment, but for what is changed."""
    names = {"host": "HOST", "login": "USER", "password": "PASSWORD", "schema": "DB"}
    found = {name: environment[f"POSTGRES_{variable}"] for name, variable in names.items()}
    given = {"conn_type": "postgres", **found, "port": int(environment["POSTGRES_PORT"]), **changed}
    monkeypatch.setenv("AIRFLOW_CONN_MLB_POSTGRES", json.dumps(given))


def load_schedule(connection: Connection[Any], day: str = DAY, captured_at: str = AFTER_IT, sport_id: int = 1) -> None:
    """Publish the schedule of a date, as whoever loads it does."""
    connection.execute(
        "INSERT INTO schedule.daily_summary (schedule_date, sport_id, captured_at, raw_id) VALUES (%s, %s, %s, 1)",
        (day, sport_id, captured_at),
    )


def load_game(
    connection: Connection[Any], game_pk: int, captured_at: str = AFTER_IT, state: dict[str, str] = FINAL
) -> None:
    """Publish a game, as whoever loads it does."""
    connection.execute(
        "INSERT INTO game.live_game_metadata (game_pk, abstract_game_state, coded_game_state, captured_at, raw_id)"
        " VALUES (%s, %s, %s, %s, 1)",
        (game_pk, state["abstract_game_state"], state["coded_game_state"], captured_at),
    )


def is_late(dag_id: str) -> list[str]:
    """What people are told of the late run."""
    return [
        f"{dag_id} {DAY}: not loaded by 2026-04-20 12:00 UTC\n"
        "its run is failed\n"
        f"next: mlb-etl workflow status {dag_id} --run {RUN}"
    ]


@pytest.fixture
def listed(connection: Connection[Any]) -> None:
    """Two games of the date, and one that is postponed; and one of the day before, which is loaded."""
    load_schedule(connection)
    list_game(connection, 1, DAY, **FINAL)
    list_game(connection, 2, DAY, **FINAL)
    list_game(connection, 3, DAY, coded_game_state="D")
    load_schedule(connection, DAY_BEFORE)
    list_game(connection, 4, DAY_BEFORE, **FINAL)
    load_game(connection, 4)


def test_a_date_that_is_not_loaded_is_told_with_where_its_run_is(told: Told) -> None:
    assert told("mlb_schedule") == is_late("mlb_schedule")
    assert told("mlb_game") == is_late("mlb_game")


def test_a_date_that_others_have_loaded_is_not_told_and_the_log_says_so(
    connection: Connection[Any], told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    load_schedule(connection)
    with caplog.at_level(logging.INFO, "mlb_data_platform"):
        assert told("mlb_schedule") == []
    (line,) = [record.getMessage() for record in caplog.records if record.name.endswith("orchestration.notify")]
    assert line == f"nobody is told: mlb_schedule {DAY} is loaded by now, its run is failed"


def test_the_schedule_of_another_date_is_none_of_this_one(connection: Connection[Any], told: Told) -> None:
    load_schedule(connection, DAY_BEFORE)
    assert told("mlb_schedule") == is_late("mlb_schedule")


@pytest.mark.parametrize("captured_at", [IN_THE_EVENING, OFFSET])
def test_the_schedule_of_a_date_that_was_going_on_is_not_how_it_ended(
    connection: Connection[Any], told: Told, captured_at: str
) -> None:
    """As `mlb_schedule_today` leaves it."""
    load_schedule(connection, captured_at=captured_at)
    assert told("mlb_schedule") == is_late("mlb_schedule")


def test_a_run_for_some_sports_was_asked_for_these(connection: Connection[Any], told: Told) -> None:
    load_schedule(connection, sport_id=11)
    assert told("mlb_schedule") == is_late("mlb_schedule")
    assert told("mlb_schedule", sport_ids=[11]) == []
    assert told("mlb_schedule", sport_ids=[1, 11]) == is_late("mlb_schedule")


@pytest.mark.usefixtures("listed")
def test_games_are_not_loaded_where_only_their_schedule_is(told: Told) -> None:
    assert told("mlb_schedule") == []
    assert told("mlb_game") == is_late("mlb_game")


@pytest.mark.usefixtures("listed")
def test_games_are_loaded_when_the_last_of_them_is(connection: Connection[Any], told: Told) -> None:
    load_game(connection, 1)
    assert told("mlb_game") == is_late("mlb_game")
    load_game(connection, 2)
    assert told("mlb_game") == []


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("state", [LIVE, SUSPENDED])
def test_a_game_that_was_going_on_is_not_how_it_ended(
    connection: Connection[Any], told: Told, state: dict[str, str]
) -> None:
    load_game(connection, 1)
    load_game(connection, 2, IN_THE_EVENING, state)
    assert told("mlb_game") == is_late("mlb_game")


@pytest.mark.usefixtures("listed")
def test_a_game_that_was_followed_to_its_end_is_loaded(connection: Connection[Any], told: Told) -> None:
    """No run asks for it again."""
    load_game(connection, 1)
    load_game(connection, 2, IN_THE_EVENING, FINAL)
    assert told("mlb_game") == []


def test_a_date_without_games_is_loaded_when_its_schedule_is(connection: Connection[Any], told: Told) -> None:
    load_schedule(connection, captured_at=IN_THE_EVENING)
    assert told("mlb_game") == is_late("mlb_game")
    connection.execute("UPDATE schedule.daily_summary SET captured_at = %s", (AFTER_IT,))
    assert told("mlb_game") == []


@pytest.mark.usefixtures("listed")
def test_a_run_for_some_games_was_asked_for_these(connection: Connection[Any], told: Told) -> None:
    load_game(connection, 1)
    assert told("mlb_game", game_pks=[1]) == []
    assert told("mlb_game", game_pks=[2]) == is_late("mlb_game")


def test_it_is_asked_as_the_role_that_may_only_read(
    connection: Connection[Any], database: Database, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_schedule(connection)
    connection.execute("CREATE ROLE somebody LOGIN PASSWORD 'x'")
    try:
        use(monkeypatch, database.environment, login="somebody", password="x")
        (text,) = told("mlb_schedule")
        assert 'could not be asked: PostgreSQL: permission denied to set role "mlb_reader"' in text
        connection.execute("GRANT mlb_reader TO somebody")
        assert told("mlb_schedule") == []
    finally:
        connection.execute("DROP ROLE somebody")


def test_where_postgresql_cannot_be_asked_it_is_told_with_the_reason(
    connection: Connection[Any], database: Database, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_schedule(connection)
    use(monkeypatch, database.environment, host="127.0.0.1", port=1)
    (text,) = told("mlb_schedule")
    subject, run, doubt, todo = text.splitlines()
    assert [subject, run, todo] == is_late("mlb_schedule")[0].splitlines()
    assert doubt.startswith("whether others have loaded it could not be asked: PostgreSQL at 127.0.0.1:1, database ")
    assert database.environment["POSTGRES_PASSWORD"] not in text


def test_a_question_that_lasts_is_given_up_and_it_is_told(
    connection: Connection[Any], database: Database, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a migration holds the table."""
    from mlb_data_platform.orchestration import late_run

    monkeypatch.setattr(late_run, "_SECONDS", 1)
    with database.connect(autocommit=False) as holder:
        holder.execute("LOCK schedule.daily_summary")
        (text,) = told("mlb_schedule")
    assert "could not be asked: PostgreSQL: canceling statement due to statement timeout" in text


def test_a_run_of_a_date_that_is_none_is_told(told: Told) -> None:
    (text,) = told("mlb_schedule", date="a day")
    assert "could not be asked: Invalid isoformat string: 'a day'" in text
