"""Tasks as local processes: exit codes, environment, and how they end."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.orchestration import connections, process_operator
from mlb_data_platform.orchestration.argv import Argv
from mlb_data_platform.orchestration.process_operator import ProcessOperator
from tests.conftest import Database
from tests.dags.runs import context

if TYPE_CHECKING:
    from airflow.sdk import Context

POSTGRES = '{"conn_type": "postgres", "host": "db", "port": 5433, "login": "me", "password": "p w", "schema": "mlb"}'
S3 = '{"conn_type": "aws", "login": "key", "password": "secret", "extra": {"endpoint_url": "https://s3.example:444"}}'


@pytest.fixture
def mlb_etl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for mlb-etl: the test writes what it does."""
    program = tmp_path / "mlb-etl"
    monkeypatch.setattr(process_operator, "MLB_ETL", program)
    monkeypatch.setattr(process_operator, "connection_environment", dict)
    return program


def program(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines]), encoding="utf-8")
    path.chmod(0o755)


def operator(*argv: str) -> ProcessOperator:
    task = ProcessOperator(task_id="work", argv=Argv(argv))
    task.render_template_fields(cast("Context", {"task": task, **context()}))
    return task


def test_success(mlb_etl: Path) -> None:
    program(mlb_etl, "exit 0")
    operator().execute({})


@pytest.mark.parametrize(("code", "error"), [(1, AirflowException), (2, AirflowFailException), (137, AirflowException)])
def test_exit_codes(mlb_etl: Path, code: int, error: type[Exception]) -> None:
    program(mlb_etl, "echo first", "echo game_pk 7: why", f"exit {code}")
    with pytest.raises(AirflowException, match=f"^exit code {code}: game_pk 7: why$") as caught:
        operator().execute({})
    assert type(caught.value) is error


def test_words_reach_the_program_as_they_are(mlb_etl: Path, tmp_path: Path) -> None:
    program(mlb_etl, f'printf "%s\\n" "$@" > {tmp_path}/words')
    operator("a b", "$(touch x)", "; exit 1").execute({})
    assert (tmp_path / "words").read_text().splitlines() == ["a b", "$(touch x)", "; exit 1"]


def test_airflows_own_environment_stays_with_airflow(
    mlb_etl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MLB_POSTGRES", POSTGRES)
    monkeypatch.setenv("MLB_REQUESTS_PER_SECOND", "2")
    program(mlb_etl, f"env > {tmp_path}/env")
    operator().execute({})
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert "MLB_REQUESTS_PER_SECOND" in names
    assert not [name for name in names if "AIRFLOW" in name]


def test_a_missing_program_says_what_to_do(mlb_etl: Path) -> None:
    with pytest.raises(AirflowFailException, match="run `make setup`"):
        operator().execute({})


def test_on_kill_ends_the_whole_family(mlb_etl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_operator, "GRACE_SECONDS", 0.2)
    # neither parent nor child ends when asked to: both must be gone all the same
    program(mlb_etl, "trap '' TERM", f"(trap '' TERM; echo $$ > {tmp_path}/child; sleep 60) &", "sleep 60", "wait")
    task = operator()
    errors: list[Any] = []

    def work() -> None:
        try:
            task.execute({})
        except AirflowException as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 10
    while not (tmp_path / "child").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    task.on_kill()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert errors == [f"exit code {-signal.SIGKILL}: "]


def test_connections_become_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Connection

    known = {"mlb_postgres": Connection.from_json(POSTGRES), "mlb_s3": Connection.from_json(S3)}
    monkeypatch.setattr(connections, "find_connection", known.get)
    assert connections.connection_environment() == {
        "POSTGRES_HOST": "db",
        "POSTGRES_PORT": "5433",
        "POSTGRES_USER": "me",
        "POSTGRES_PASSWORD": "p w",
        "POSTGRES_DB": "mlb",
        "MINIO_ENDPOINT": "s3.example:444",
        "MINIO_ACCESS_KEY": "key",
        "MINIO_SECRET_KEY": "secret",
        "MINIO_SECURE": "true",
    }


@pytest.mark.services
def test_what_a_connection_leaves_out_the_environment_says_to_airflow_as_to_its_programs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOST", "PORT", "USER", "PASSWORD", "DB"):
        monkeypatch.setenv(f"POSTGRES_{name}", database.environment[f"POSTGRES_{name}"])
    host = database.environment["POSTGRES_HOST"]
    monkeypatch.setenv("AIRFLOW_CONN_MLB_POSTGRES", json.dumps({"conn_type": "postgres", "host": host}))
    assert connections.connection_environment()["POSTGRES_HOST"] == host

    async def database_of_a_trigger() -> str:
        async with await connections.connect_postgres_async() as connection:
            return connection.info.dbname

    with connections.connect_postgres() as connection:
        found = connection.info.dbname
    assert found == asyncio.run(database_of_a_trigger()) == database.environment["POSTGRES_DB"]


def test_a_setting_that_is_wrong_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLB_REQUESTS_PER_SECOND", "many")
    with pytest.raises(BadInputError, match=r"^settings: MLB_REQUESTS_PER_SECOND: "):
        connections.connect_postgres()
