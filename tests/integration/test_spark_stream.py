"""The stream whose engine is Spark leaves what the others leave, however it ends and goes on."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import Popen
from typing import Any

import psutil
import pytest
from psycopg import Connection

from tests.conftest import Cli, Database
from tests.integration.streamed_date import DAY, KeptGame, ended, feeds, game_pks, list_game
from tests.integration.support import GAME, Contents, contents
from tests.waiting import until

pytestmark = [pytest.mark.spark, pytest.mark.services, pytest.mark.slow]

STATES = 8  # the last two of a game that is over


def test_what_spark_streams_is_what_a_process_streams_and_what_a_batch_leaves(
    new_database: Callable[[], Database],
) -> None:
    """The driver is killed in between, and a worker; the process's stream goes on where Spark's stopped, and back."""
    database = new_database()
    mlb_etl = Cli(database.environment)
    with database.connect() as connection:
        games = _listed(connection)
        driver = _start(mlb_etl)
        _play(games, 2)
        _python_worker(_family(driver)).kill()
        _play(games, 1)
        family = _family(driver)
        driver.kill()
        _all_end(family)
        driver.communicate()
        _play(games, 1, wait=False)
        process = mlb_etl.start("live", "stream", "--date", DAY)
        _play(games, 1)
        process.terminate()
        ended(process, 1)
        driver = _start(mlb_etl)
        _play(games, 1)
        _play(games, 2, wait=False)
        _, said = ended(driver)
        assert "going on from snapshot" in said
        assert [each.wrong_rows() for each in games] == [[], []]
        by_spark = contents(connection)
    assert by_spark == _left_by(new_database(), "transform", GAME, "--date", DAY)
    assert by_spark == _left_by(new_database(), "live", "stream", "--date", DAY)


def test_it_ends_when_it_is_told_to_and_leaves_no_process(connection: Connection[Any], mlb_etl: Cli) -> None:
    games = _listed(connection)
    driver = _start(mlb_etl)
    _play(games, 1)
    family = _family(driver)
    assert {"java", "python"} <= {each.name().rstrip("0123456789.") for each in family}
    driver.terminate()
    _, said = ended(driver, 1, seconds=5)
    _all_end(family)
    assert said.splitlines()[-1].startswith("error: interrupted by SIGTERM")
    assert "Traceback" not in said


def test_a_date_that_the_schedule_does_not_have_is_bad_input(mlb_etl: Cli) -> None:
    finished = mlb_etl("live", "stream", "--date", DAY, "--engine", "spark")
    assert (finished.exit_code, finished.err.splitlines()) == (
        2,
        [f"error: {GAME}: {DAY} is not in schedule.games; ingest and transform that date first"],
    )


def test_a_database_that_is_not_migrated_is_bad_input(services: dict[str, str]) -> None:
    finished = Cli(services | {"POSTGRES_DB": "postgres"})("live", "stream", "--date", DAY, "--engine", "spark")
    assert finished.exit_code == 2
    assert finished.err.splitlines()[-1].endswith("run: mlb-etl db migrate")


def _start(mlb_etl: Cli) -> Popen[str]:
    return mlb_etl.start("live", "stream", "--date", DAY, "--engine", "spark", "--json")


def _listed(connection: Connection[Any]) -> list[KeptGame]:
    """Two games that are listed and of which nothing is kept yet."""
    games = [KeptGame(connection, game_pk, feeds(game_pk, STATES)) for game_pk in game_pks()[:2]]
    for each in games:
        list_game(connection, each.game_pk)
    return games


def _play(games: list[KeptGame], captures: int, *, wait: bool = True) -> None:
    """Keep so many states of each game, and wait for each to be in the tables."""
    for _ in range(captures):
        kept = [(each, each.keep()) for each in games]
        for each, raw_id in kept if wait else ():
            each.until_applied(raw_id, seconds=60)


def _left_by(database: Database, *arguments: object) -> Contents:
    """What is in the tables when a program was given the same captures at once."""
    with database.connect() as connection:
        _play(_listed(connection), STATES, wait=False)
        Cli(database.environment).ok(*arguments)
        return contents(connection)


def _family(driver: Popen[str]) -> list[psutil.Process]:
    """The JVM of a driver, and the Python processes of that."""
    return psutil.Process(driver.pid).children(recursive=True)


def _python_worker(family: list[psutil.Process]) -> psutil.Process:
    daemon = next(each for each in family if any("spark.daemon" in word for word in each.cmdline()))
    return daemon.children()[0]


def _all_end(family: list[psutil.Process]) -> None:
    until(lambda: not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in family), "its end", 5)
