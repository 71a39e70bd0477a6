"""`make soak`: looks for a history of a streamed date that ends in wrong rows, for hours rather than minutes."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import psycopg
from hypothesis import HealthCheck, given, seed, settings
from psycopg.sql import SQL, Identifier

from mlb_data_platform import services
from mlb_data_platform.storage.migrate import migrate
from tests.conftest import PROJECT_DIR, Database, callers_environment
from tests.integration.live_bench import LiveBench, live_bench
from tests.integration.live_world import happen
from tests.live_histories import History, histories

_IN_A_DATABASE = 1000  # histories; then a line, and an empty database, which is a faster one
_STEPS = 20


class _TimeIsOverError(BaseException):
    """No failure of a history, and so no Exception."""


def main() -> int:
    """Return 0 where all histories ended well, 1 where one did not, which is shown as short as it could be made."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the services end with it
    first = random.randrange(2**32) if arguments.seed is None else arguments.seed
    print(f"seed {first}: {arguments.histories} histories, or {arguments.minutes:g} minutes", flush=True)
    folder = Path(mkdtemp(prefix="soak-"))
    try:
        environment = callers_environment() | services.up(folder) | {"PYTHONPATH": str(PROJECT_DIR / "include")}
        return _Soak(environment, arguments.histories, arguments.minutes).run(first)
    finally:
        services.down(folder)


class _Soak:
    def __init__(self, environment: dict[str, str], wanted: int, minutes: float) -> None:
        self._environment = environment
        self._wanted = wanted
        self._began = time.monotonic()
        self._ends = self._began + 60 * minutes
        self._done = 0

    def run(self, first: int) -> int:
        """Let histories happen, those of each database by a seed of its own; return the exit code."""
        number = first
        try:
            while self._done < self._wanted:
                with _database(self._environment, f"soak_{number}") as database, live_bench(database) as bench:
                    self._some(bench, number, min(_IN_A_DATABASE, self._wanted - self._done))
                self._say()
                number += 1
        except (_TimeIsOverError, KeyboardInterrupt):
            self._say()
        except Exception as error:  # whatever it is, the history that leads to it is what was looked for
            notes = getattr(error, "__notes__", ())
            print(f"error: --seed {number}: {type(error).__name__}: {error}", *notes, sep="\n", file=sys.stderr)
            return 1
        return 0

    def _some(self, bench: LiveBench, number: int, count: int) -> None:
        @seed(number)
        @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(history=histories(most=_STEPS))
        def all_converge(history: History) -> None:
            if time.monotonic() > self._ends:
                raise _TimeIsOverError
            happen(bench, history)
            self._done += 1

        all_converge()

    def _say(self) -> None:
        each = 1000 * (time.monotonic() - self._began) / max(self._done, 1)
        print(f"{self._done} histories, none ended in wrong rows; {each:.0f} ms each", flush=True)


@contextmanager
def _database(environment: dict[str, str], name: str) -> Iterator[Database]:
    """Give the block a migrated database, which is dropped after it."""
    server = Database(environment)
    database = Database(environment | {"POSTGRES_DB": name})
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    with database.connect() as connection:
        migrate(connection)
    yield database
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make soak", description=__doc__, epilog='Example: make soak ARGS="--minutes 10 --seed 7"'
    )
    parser.add_argument("--histories", type=int, default=100_000, help="how many at most (default 100000)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="how long at most (default: no limit)")
    parser.add_argument("--seed", type=int, help="of the first thousand; each later thousand has the next one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
