"""The stream whose engine is Spark leaves what the others leave, however it ends and goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil
import pytest
from psycopg import Connection
from pyspark.find_spark_home import _find_spark_home

from mlb_data_platform.spark.java import java_home
from tests.conftest import PROJECT_DIR, Cli, Database
from tests.integration.streamed_date import DAY, KeptGame, Streams, ended, listed_game
from tests.integration.support import GAME, Contents, contents, restart_postgres
from tests.waiting import until

pytestmark = [pytest.mark.spark, pytest.mark.services, pytest.mark.slow]

STATES = 7
PROGRAMS = PROJECT_DIR / "spark_jobs"
RECORD = "SELECT status, exit_code, error FROM metadata.job_executions WHERE job = 'live stream'"


@pytest.fixture
def streams(mlb_etl: Cli) -> Iterator[Streams]:
    """The programs of the test."""
    with closing(Streams(mlb_etl)) as found:
        yield found


def test_what_spark_streams_is_what_a_process_streams_and_what_a_batch_leaves(
    connection: Connection[Any], streams: Streams, new_database: Callable[[], Database]
) -> None:
    """A worker is killed, then the driver; either engine goes on where the other one stopped."""
    games = _games(connection)
    driver = _start(streams)
    _play(games, 2)
    _python_worker(driver).kill()
    _play(games, 1)
    family = _family(driver)
    driver.kill()
    _all_end(family)
    _play(games, 1, wait=False)
    process = streams.start(MLB_CLOCK_SPEED="1")
    _play(games, 1)
    process.terminate()
    ended(process, 1)
    driver = _start(streams)
    _play(games, 1)
    _play(games, 1, wait=False)
    _, said = ended(driver)
    assert "going on from snapshot" in said
    assert [each.wrong_rows() for each in games] == [[], []]
    by_spark = contents(connection)
    assert by_spark == _left_by(new_database(), "transform", GAME, "--date", DAY)
    assert by_spark == _left_by(new_database(), "live", "stream", "--date", DAY)


def test_it_ends_when_it_is_told_to_and_leaves_no_process(connection: Connection[Any], streams: Streams) -> None:
    games = _games(connection)
    driver = _start(streams)
    _play(games, 1)
    family = _family(driver)
    assert {"java", "python"} <= {each.name().rstrip("0123456789.") for each in family}
    with connection.transaction():  # who holds the tables holds up no end
        connection.execute("LOCK TABLE game.live_game_metadata")
        games[0].keep()
        driver.terminate()
        _, said = ended(driver, 1, seconds=5)
    _all_end(family)
    assert said.splitlines()[-1].startswith("error: interrupted by SIGTERM")
    assert "Traceback" not in said


def test_it_was_interrupted_where_its_jvm_was_told_to_end_as_well(
    connection: Connection[Any], streams: Streams
) -> None:
    """As `make down` does: it tells each program that it started, and all that these have started."""
    games = _games(connection)
    driver = _start(streams)
    _play(games, 1)
    family = _family(driver)
    driver.terminate()
    for each in family:
        each.terminate()
    _, said = ended(driver, 1, seconds=5)
    _all_end(family)
    assert said.splitlines()[-1].startswith("error: interrupted by SIGTERM")
    assert connection.execute(RECORD).fetchall() == [("failed", 1, "Interrupted: SIGTERM")]


def test_a_postgresql_that_is_away_for_a_moment_is_waited_for(
    connection: Connection[Any], database: Database, streams: Streams
) -> None:
    games = _games(connection)
    driver = _start(streams)
    _play(games, 2)
    restart_postgres(database)
    with database.connect() as again:
        for each in games:
            each.connection = again
        _watch(again)
        _play(games, STATES - 3)
        _play(games, 1, wait=False)
        _, said = ended(driver)
        assert [each.wrong_rows() for each in games] == [[], []]
    assert "all is well again" in said
    assert "Traceback" not in said


def test_a_jvm_that_is_gone_is_worth_a_retry(connection: Connection[Any], streams: Streams) -> None:
    games = _games(connection)
    driver = _start(streams)
    _play(games, 1)
    family = _family(driver)
    next(each for each in family if each.name() == "java").kill()
    _, said = ended(driver, 1, seconds=5)
    _all_end(family)
    assert said.splitlines()[-1] == f"error: {GAME}: Spark: its JVM is gone (killed, or out of memory)"


def test_as_the_driver_of_an_application_it_closes_its_record_when_its_pod_is_told_to_end(
    connection: Connection[Any], database: Database, tmp_path: Path
) -> None:
    """Kubernetes tells the first process of a pod, and what is left when that has ended is killed."""
    properties = tmp_path / "spark.properties"
    properties.write_text(
        "spark.master=local[2]\nspark.submit.deployMode=cluster\n"
        f"spark.driver.extraJavaOptions=-Dlog4j2.configurationFile={PROGRAMS}/log4j2.properties\n"
    )
    options = ("--properties-file", properties, "--class", "org.apache.spark.deploy.PythonRunner")
    program = (f"local://{PROGRAMS}/stream.py", "--date", str(DAY))
    driver = subprocess.Popen(
        [PROJECT_DIR / "images" / "spark" / "entrypoint.sh", "driver", *options, *program],
        env=database.environment
        | {
            "JAVA_HOME": str(java_home()),
            "SPARK_HOME": _find_spark_home(),
            "SPARK_DRIVER_BIND_ADDRESS": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _play(_games(connection), 2)
        family = _family(driver)
        assert any("org.apache.spark.deploy.SparkSubmit" in _words(each) for each in family)
        driver.terminate()
        assert driver.wait(5) == 1
        assert connection.execute(RECORD).fetchall() == [("failed", 1, "Interrupted: SIGTERM")]
        _all_end(family)
    finally:
        driver.kill()


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


def _start(streams: Streams) -> Popen[str]:
    return streams.start(engine="spark", MLB_CLOCK_SPEED="1")


def _games(connection: Connection[Any]) -> list[KeptGame]:
    """Two listed games of which nothing is kept yet; somebody watches the date, so that no pause is its end."""
    _watch(connection)
    return [listed_game(connection, number, STATES) for number in range(2)]


def _watch(connection: Connection[Any]) -> None:
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"watch {DAY}",))


def _play(games: list[KeptGame], captures: int, *, wait: bool = True) -> None:
    """Keep so many states of each game, and wait for each to be in the tables."""
    for _ in range(captures):
        kept = [(each, each.keep()) for each in games]
        for each, raw_id in kept if wait else ():
            each.until_applied(raw_id, seconds=60)


def _left_by(database: Database, *arguments: object) -> Contents:
    """What is in the tables when a program was given the same captures at once."""
    with database.connect() as connection:
        _play(_games(connection), STATES, wait=False)
        Cli(database.environment).ok(*arguments)
        return contents(connection)


def _words(process: psutil.Process) -> list[str]:
    """The command line of a process; one that has ended has none."""
    try:
        return process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return []


def _family(driver: Popen[str]) -> list[psutil.Process]:
    """The JVM of a driver, and the Python processes of that."""
    return list(filter(_runs, psutil.Process(driver.pid).children(recursive=True)))


def _python_worker(driver: Popen[str]) -> psutil.Process:
    daemon = next(each for each in _family(driver) if any("spark.daemon" in word for word in each.cmdline()))
    return daemon.children()[0]


def _all_end(family: list[psutil.Process]) -> None:
    until(lambda: not any(map(_runs, family)), "they end", 5)


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
