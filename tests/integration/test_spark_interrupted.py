"""A Spark program that is told to end, while it starts or while an executor waits: at once, with its record closed."""

from __future__ import annotations

import signal
from typing import Any

import psutil
import pytest
from psycopg import Connection

from tests.conftest import Cli
from tests.integration.support import GAME, at, body, insert_game, one
from tests.synthetic import feed
from tests.waiting import until

pytestmark = [pytest.mark.spark, pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

WAITS = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'game.live_game_metadata'::regclass"
RECORD = "SELECT status, exit_code, error FROM metadata.job_executions WHERE job LIKE 'transform %'"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_told_to_end_does_not_wait_for_the_executors(
    number: signal.Signals, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    """As where somebody marks the run of a DAG as failed: the pod of the driver has half a minute."""
    insert_game(connection, body(feed(930_004)), at(0))
    with connection.transaction():
        connection.execute("LOCK TABLE game.live_game_metadata IN EXCLUSIVE MODE")
        program = mlb_etl.start("transform", GAME, "--all", "--engine", "spark")
        try:
            until(lambda: one(connection, WAITS), "an executor that waits for the table", 120)
            program.send_signal(number)
            _, said = program.communicate(timeout=8)
        finally:
            program.kill()
    assert program.returncode == 1, said
    assert said.splitlines()[-1].startswith(f"error: interrupted by {number.name}")
    assert connection.execute(RECORD).fetchall() == [("failed", 1, f"Interrupted: {number.name}")]
    assert one(connection, "SELECT count(*) FROM game.live_game_metadata") == 0


def test_who_is_told_to_end_while_its_jvm_starts_leaves_none(mlb_etl: Cli, connection: Connection[Any]) -> None:
    insert_game(connection, body(feed(930_004)), at(0))
    program = mlb_etl.start("transform", GAME, "--all", "--engine", "spark")
    try:
        until(lambda: psutil.Process(program.pid).children() or None, "a JVM that starts", 60)
        program.terminate()
        program.communicate(timeout=8)  # a JVM that stayed would have its output open
    finally:
        program.kill()
    assert connection.execute(RECORD).fetchall() == [("failed", 1, "Interrupted: SIGTERM")]
