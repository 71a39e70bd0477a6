"""`metadata.job_executions` and what else a run leaves: true while it runs, and after it was killed."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest
from psycopg import Connection

from tests.conftest import Cli, Database
from tests.integration.support import GAME, at, body, insert_game, one
from tests.synthetic import feed

GAME_PK = 980_001
JOBS = "SELECT status, exit_code, asked, done, error, ended_at IS NOT NULL FROM metadata.job_executions ORDER BY id"


def test_a_killed_run_is_closed_by_the_next_one_and_a_living_one_is_not(
    database: Database, connection: Connection[Any], mlb_etl: Cli
) -> None:
    insert_game(connection, body(feed(GAME_PK, state="In Progress")), at(0))
    mlb_etl.ok("transform", GAME, "--all")
    insert_game(connection, body(feed(GAME_PK)), at(1))
    with database.connect() as blocker, blocker.transaction():
        blocker.execute("SELECT FROM game.live_game_metadata FOR UPDATE")
        killed, living = (mlb_etl.start("transform", GAME, "--all") for _ in range(2))
        _wait(connection, "SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=60)
        _wait(connection, "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND database = "
                          "(SELECT oid FROM pg_database WHERE datname = current_database())")  # fmt: skip
        mlb_etl.ok("transform", GAME, "--since", "2099-01-01")
        states = [row[0] for row in connection.execute(JOBS)]
        assert sorted(states) == ["failed", "running", "succeeded", "succeeded"]
    living.communicate(timeout=60)
    states = [row[0] for row in connection.execute(JOBS)]
    assert sorted(states) == ["failed", "succeeded", "succeeded", "succeeded"]
    assert "ended without a word" in one(
        connection, "SELECT error FROM metadata.job_executions WHERE status = 'failed'"
    )


def test_all_errors_of_a_run_are_kept(connection: Connection[Any], mlb_etl: Cli) -> None:
    for number in range(3):
        insert_game(connection, body({**feed(GAME_PK + number), "liveData": {}}), at(number))
    assert mlb_etl("transform", GAME, "--all").exit_code == 2
    ((status, exit_code, asked, done, error, _),) = connection.execute(JOBS).fetchall()
    assert (status, exit_code, asked, done) == ("failed", 2, 3, 0)
    assert [str(GAME_PK + number) in line for number, line in enumerate(error.splitlines())] == [True] * 3


@pytest.mark.parametrize(
    ("statement", "exit_code", "told"),
    [
        (
            "DROP TABLE game.live_game_reviews CASCADE",
            2,
            '"game.live_game_reviews" does not exist; run: mlb-etl db migrate',
        ),
        ("DROP TABLE metadata.rejected_captures CASCADE", 2, "does not exist; run: mlb-etl db migrate"),
        ("ALTER DATABASE {} SET default_transaction_read_only = on", 1, "in a read-only transaction"),
        ("ALTER DATABASE {} SET statement_timeout = '1ms'", 1, "statement timeout"),
    ],
)
def test_what_the_database_does_not_do_is_told_in_one_line(
    statement: str, exit_code: int, told: str, connection: Connection[Any], mlb_etl: Cli
) -> None:
    insert_game(connection, body(feed(GAME_PK)), at(0))
    connection.execute(statement.format(connection.info.dbname))
    finished = mlb_etl("transform", GAME, "--all")
    assert finished.exit_code == exit_code, finished.output
    (line,) = finished.err.splitlines()
    assert line.startswith("error: PostgreSQL: ")
    assert told in line


@pytest.mark.slow
def test_what_a_run_had_done_before_it_was_killed_is_recorded(connection: Connection[Any], mlb_etl: Cli) -> None:
    for number in range(300):
        insert_game(connection, body(feed(GAME_PK + number)), at(number))
    program = mlb_etl.start("transform", GAME, "--all")
    _wait(connection, "SELECT done > 0 FROM metadata.job_executions")
    program.send_signal(signal.SIGKILL)
    program.communicate(timeout=60)  # its workers, which have its output open, end with it
    done = one(connection, "SELECT done FROM metadata.job_executions")
    assert 0 < done <= one(connection, "SELECT count(*) FROM game.live_game_metadata")
    checked = one(
        connection,
        "SELECT rows_checked FROM metadata.data_quality_results"
        " WHERE table_name = 'live_game_metadata' AND rule = 'key_unique'",
    )
    assert checked >= done


def _wait(connection: Connection[Any], condition: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (row := connection.execute(condition).fetchone()) and row[0]:
            return
        time.sleep(0.02)
    pytest.fail(f"not true within a minute: {condition}")
