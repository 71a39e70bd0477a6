"""Fixtures of all suites: services, a database of one's own, the CLI, recordings. Nothing starts until it is asked for.

The suites of Airflow's environment load this file too, so what only the jobs' environment has is imported in fixtures.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import forked_programs, recordings
from tests.forked_programs import Finished

if TYPE_CHECKING:
    from psycopg import Connection

    from tests.slate.api import WatchedApi

PROJECT_DIR = recordings.PROJECT_DIR
_TEMPLATE = "mlb_template"
_SETTINGS = {
    # Nobody misses what a power cut takes from a test, and the disk is what tests would wait for.
    "fsync": "off",
    "full_page_writes": "off",
    # Each database has one started for it as often as this, and there are hundreds that no test looks at any more.
    "autovacuum_naptime": "1h",
}


def pytest_configure() -> None:
    """Let programs hear Ctrl-C: a shell has what it starts in the background, with all below it, ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test marked `unmeasured` run, with its fixtures and programs, without tracing, which doubles its time."""
    from coverage import Coverage

    tracer = Coverage.current()
    if tracer is None or not item.get_closest_marker("unmeasured"):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        tracer.stop()
        try:
            return (yield)
        finally:
            tracer.start()


@dataclass(frozen=True)
class Database:
    """A migrated database of its own, and the environment in which programs use it."""

    environment: dict[str, str]

    @property
    def dsn(self) -> str:
        """The libpq string."""
        from psycopg.conninfo import make_conninfo

        names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "DB"}
        return make_conninfo("", **{key: self.environment[f"POSTGRES_{name}"] for key, name in names.items()})

    def connect(self, *, autocommit: bool = True) -> Connection[Any]:
        """Return a connection whose session is in UTC."""
        import psycopg

        return psycopg.connect(self.dsn, autocommit=autocommit, options="-c timezone=UTC")


class Cli:
    """Runs `mlb-etl` as users do: as a program, with an environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        """Start `mlb-etl ARGUMENTS` and return the process: for tests that need it while it works."""
        return subprocess.Popen(
            [forked_programs.MLB_ETL, *map(str, arguments)],
            env={**self.environment, **_measured(), **environment},
            cwd=PROJECT_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: object, **environment: str) -> Finished:
        """Run `mlb-etl ARGUMENTS` to its end; fail the test if that takes more than two minutes."""
        words = [str(argument) for argument in arguments]
        try:
            return forked_programs.run(words, {**self.environment, **_measured(), **environment}, seconds=120)
        except TimeoutError:
            pytest.fail(f"mlb-etl {' '.join(words)} did not end within two minutes")

    def ok(self, *arguments: object, **environment: str) -> Finished:
        """Run `mlb-etl ARGUMENTS` and fail the test unless it exits 0."""
        finished = self(*arguments, **environment)
        assert finished.exit_code == 0, f"mlb-etl {' '.join(map(str, arguments))}: {finished.output}"
        return finished


def _measured() -> dict[str, str]:
    """What makes coverage measure a program, where it measures the test."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


@pytest.fixture(scope="session")
def recordings_folder() -> Path:
    """The folder of recorded responses; skips the test where there is none."""
    folder = recordings.folder()
    if folder is None:
        pytest.skip(recordings.ABSENT)
    return folder


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of embedded services that live as long as the test session."""
    from mlb_data_platform import services as embedded

    state_dir = tmp_path_factory.mktemp("services")
    given = embedded.up(state_dir)
    try:
        yield callers_environment() | {
            **given,
            "PYTHONPATH": str(PROJECT_DIR / "include"),
        }
    finally:
        embedded.down(state_dir)


_OURS = ("POSTGRES_", "MINIO_", "REDIS_", "MLB_", "PYMLB_", "STUB_MODE", "AIRFLOW_", "COVERAGE_")


def callers_environment() -> dict[str, str]:
    """Return the environment of this process without what it says of other services: that must not leak into tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


@pytest.fixture(scope="session")
def new_database(services: dict[str, str]) -> Callable[[], Database]:
    """Makes migrated databases: copies of one that is migrated once."""
    import psycopg
    from psycopg.sql import SQL, Identifier, Literal

    from mlb_data_platform.storage.migrate import migrate

    server = Database(services)
    made = itertools.count(1)
    with server.connect() as connection:
        for name, value in _SETTINGS.items():
            connection.execute(SQL("ALTER SYSTEM SET {} = {}").format(Identifier(name), Literal(value)))
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(_TEMPLATE)))
    with Database(services | {"POSTGRES_DB": _TEMPLATE}).connect() as connection:
        migrate(connection)

    def make() -> Database:
        name = f"mlb_test_{next(made)}"
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            # Files are copied in half the time that it takes to log each page of them.
            copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            connection.execute(copy.format(Identifier(name), Identifier(_TEMPLATE)))
        return Database(services | {"POSTGRES_DB": name})

    return make


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    """A migrated, empty database for this test alone."""
    return new_database()


@pytest.fixture(scope="module")
def module_database(new_database: Callable[[], Database]) -> Database:
    """A migrated database that the tests of a module share."""
    return new_database()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection[Any]]:
    """A connection to `database`, each statement its own transaction."""
    with database.connect() as open_connection:
        yield open_connection


@pytest.fixture
def mlb_etl(database: Database) -> Cli:
    """Runs `mlb-etl` with the services and `database`."""
    return Cli(database.environment)


@pytest.fixture
def slate_api() -> Iterator[WatchedApi]:
    """A simulated API whose clock stands at the beginning of the day that `tests.slate.api` names."""
    from statsapi_simulator.api.http import running
    from tests.slate.api import DAY, WatchedApi

    server = WatchedApi(DAY)
    with running(server):
        yield server
