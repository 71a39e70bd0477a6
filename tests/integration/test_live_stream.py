"""What comes into the raw tier of a date is in the tables at once, whoever inserted it and however it was committed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from random import Random
from subprocess import Popen
from typing import Any

import psutil
import pytest
from psycopg import Connection

from tests.conftest import Cli, Database
from tests.integration.streamed_date import DAY, KeptGame, Streams, ended, listed_game
from tests.integration.support import GAME, contents, one, restart_postgres

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]


@pytest.fixture
def streams(mlb_etl: Cli) -> Iterator[Streams]:
    """The programs of the test."""
    with closing(Streams(mlb_etl)) as found:
        yield found


@pytest.fixture
def games(connection: Connection[Any]) -> list[KeptGame]:
    """Three listed games of which nothing is kept yet."""
    return [listed_game(connection, number) for number in range(3)]


def test_whole_documents_and_patches_become_rows_until_all_games_are_final(
    connection: Connection[Any], games: list[KeptGame], streams: Streams
) -> None:
    for each in games[:2]:
        each.keep()  # before there is a stream
    process = streams.start(MLB_CLOCK_SPEED="1")
    for number in range(8):
        for each in games:
            if each.minute <= number:
                raw_id = each.keep()
        games[-1].until_applied(raw_id)
    summary, said = ended(process)
    assert [each.wrong_rows() for each in games] == [[], [], []]
    assert (summary["asked"], summary["done"]) == (3, 3)
    assert "all 3 games of 2026-07-02 are settled or parked" in said
    assert one(connection, "SELECT count(*) > 50 FROM metadata.data_quality_results")
    assert one(connection, "SELECT count(*) FROM metadata.stream_offsets") == 1


def test_another_stream_waits_and_takes_over_from_one_that_is_killed(
    connection: Connection[Any], games: list[KeptGame], streams: Streams
) -> None:
    first = streams.start(MLB_CLOCK_SPEED="1")
    games[0].until_applied(games[0].keep())
    second = streams.start(MLB_CLOCK_SPEED="1")
    _line(second, "waiting until that one ends")
    workers = _workers(first)
    first.kill()
    _line(second, "going on from snapshot")
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert (bool(workers), alive) == (True, [])
    for each in games:
        each.minute = len(each.states) - 1
        each.keep()
    summary, _ = ended(second)
    assert [each.wrong_rows() for each in games] == [[], [], []]
    assert (summary["asked"], summary["done"]) == (3, 3)


def test_it_ends_when_it_is_told_to_and_goes_on_later(
    connection: Connection[Any], games: list[KeptGame], streams: Streams
) -> None:
    first = streams.start(MLB_CLOCK_SPEED="1")
    games[0].until_applied(games[0].keep())
    with connection.transaction():  # who holds the tables holds up no end
        connection.execute("LOCK TABLE game.live_game_metadata")
        games[0].keep()
        first.terminate()
        _, said = ended(first, 1, seconds=5)
    assert "interrupted by SIGTERM" in said
    assert one(connection, "SELECT count(*) FROM metadata.job_executions WHERE status = 'running'") == 0
    for each in games:
        each.minute = len(each.states) - 1
        each.keep()
    ended(streams.start())
    assert [each.wrong_rows() for each in games] == [[], [], []]


def test_the_tables_are_exact_whatever_is_killed_and_when(
    connection: Connection[Any], database: Database, games: list[KeptGame], streams: Streams, rng: Random
) -> None:
    process = streams.start(MLB_CLOCK_SPEED="1")
    postgres_restarts_at = rng.randint(2, len(games[0].states) - 2)
    for number in range(len(games[0].states)):
        for each in games:
            each.keep()
            time.sleep(rng.uniform(0, 0.1))
        victim = rng.choice([psutil.Process(process.pid), *_workers(process), None])
        if victim:
            victim.kill()
        if process.poll() is not None or (victim and victim.pid == process.pid):
            process = streams.start(MLB_CLOCK_SPEED="1")
        if number == postgres_restarts_at:
            restart_postgres(database)
            connection = _again(database, games)
    ended(process)
    assert [each.wrong_rows() for each in games] == [[], [], []]
    before = contents(connection)
    connection.execute("TRUNCATE {}".format(", ".join(f"game.{table}" for table in before)))
    streams.mlb_etl.ok("transform", GAME, "--date", DAY)
    assert contents(connection) == before


def _line(process: Popen[str], text: str) -> None:
    """Return when a program has said something."""
    assert process.stderr
    for line in process.stderr:
        if text in line:
            return
    pytest.fail(f"it ended without a word of: {text}")


def _workers(process: Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children()
    except psutil.NoSuchProcess:
        return []


def _again(database: Database, games: list[KeptGame]) -> Connection[Any]:
    """Give the games a connection that works."""
    connection = database.connect()
    for each in games:
        each.connection = connection
    return connection
