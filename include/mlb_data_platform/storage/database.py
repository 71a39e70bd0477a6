"""Connections to PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from mlb_data_platform.errors import BadInputError, TransientError, one_line
from mlb_data_platform.settings import settings

# What PostgreSQL says where the platform's tables are not those of this version.
_NOT_MIGRATED = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
)
# Either side notices within half a minute that the other is gone without a word, as a machine or a network goes: what
# its session held, a lock above all, is free by then. Data that nobody takes is waited for a little longer.
_KEEPALIVES: dict[str, Any] = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_UNTAKEN_MILLISECONDS = 60_000
_TEMP_BUFFERS = "64MB"  # the staged rows of one batch stay in memory; taken only where a session stages
_SESSION = {
    "timezone": "UTC",
    "temp_buffers": _TEMP_BUFFERS,
    "lock_timeout": "0",
    **{f"tcp_{name}": value for name, value in _KEEPALIVES.items()},
}


def connect(
    dsn: str | None = None, *, autocommit: bool = False, seconds: int = 10, lock_seconds: int = 0
) -> psycopg.Connection:
    """Return a connection to the platform's database (or to `dsn`), its session in UTC.

    A statement fails that waits for a lock longer than `lock_seconds`; 0: it waits. Raises TransientError naming host,
    port and database when the server cannot be reached in `seconds`.
    """
    dsn = dsn or settings().postgres_dsn()
    with _errors_of_connecting(dsn):
        return psycopg.connect(dsn, autocommit=autocommit, **_parameters(seconds, {"lock_timeout": f"{lock_seconds}s"}))


async def connect_async(dsn: str | None = None, *, seconds: int = 10, **session: str) -> psycopg.AsyncConnection:
    """Return a connection as `connect` does, in autocommit mode, for a program with an event loop. Raises likewise.

    `session` are settings of PostgreSQL for it alone.
    """
    dsn = dsn or settings().postgres_dsn()
    with _errors_of_connecting(dsn):
        return await psycopg.AsyncConnection.connect(dsn, **async_parameters(seconds, **session))


def async_parameters(seconds: int, **session: str) -> dict[str, Any]:
    """Return what psycopg is told of a connection as `connect_async` makes it: for who keeps several of them."""
    # A prepared question does not survive that a migration changes its answer.
    return {"autocommit": True, "prepare_threshold": None, **_parameters(seconds, session)}


def _parameters(seconds: int, session: Mapping[str, str]) -> dict[str, Any]:
    given = {name: str(value).replace(" ", r"\ ") for name, value in {**_SESSION, **session}.items()}
    return {
        "application_name": "mlb-etl",
        "connect_timeout": seconds,
        "tcp_user_timeout": _UNTAKEN_MILLISECONDS,
        "options": " ".join(f"-c {name}={value}" for name, value in given.items()),
        **_KEEPALIVES,
    }


@contextmanager
def _errors_of_connecting(dsn: str) -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        where = psycopg.conninfo.conninfo_to_dict(dsn)
        reason = one_line(error).rpartition("FATAL: ")[2]
        raise TransientError(
            f"PostgreSQL at {where.get('host')}:{where.get('port')}, database {where.get('dbname')}: {reason}"
        ) from None


@contextmanager
def errors_for_people() -> Iterator[None]:
    """Raise what PostgreSQL says in the block, and no statement is to blame for, as an error of one line.

    TransientError where the server does not do its work, BadInputError where the database was not migrated or its user
    may not do this.
    """
    try:
        yield
    except _NOT_MIGRATED as error:
        raise BadInputError(f"PostgreSQL: {error.diag.message_primary}; run: mlb-etl db migrate") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise BadInputError(f"PostgreSQL: {error.diag.message_primary}; ask its owner for the right") from error
    except (psycopg.OperationalError, psycopg.InternalError) as error:  # the latter: a standby that is read-only
        raise TransientError(f"PostgreSQL: {one_line(error)}") from error


@contextmanager
def session(*, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    """Give the block a connection of its own; what PostgreSQL says in it is raised as `errors_for_people` does."""
    with errors_for_people(), connect(autocommit=autocommit) as connection:
        yield connection


class KeptConnection:
    """A connection for long work, used by one thread at a time: made when first used, and again after it broke.

    A statement that waits for a lock longer than `lock_seconds` fails; 0: it waits.
    """

    def __init__(self, lock_seconds: int = 0) -> None:
        self._lock_seconds = lock_seconds
        self._connection: psycopg.Connection | None = None
        self._failed: TransientError | None = None
        self._tried_from = 0.0  # on the monotonic clock

    def get(self) -> psycopg.Connection:
        """Return the connection, in autocommit mode. Raises TransientError when the server cannot be reached.

        That is not tried again for as long as it took: who asks several times while a network swallows all that is
        sent waits half of the time at most, and who is refused at once may ask at once.
        """
        if self._connection is None or self._connection.closed:
            if self._failed and time.monotonic() < self._tried_from:
                raise TransientError(str(self._failed))
            self._connection = self._connected()
        return self._connection

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()

    def _connected(self) -> psycopg.Connection:
        began = time.monotonic()
        try:
            connection = connect(autocommit=True, lock_seconds=self._lock_seconds)
        except TransientError as error:
            now = time.monotonic()
            self._failed, self._tried_from = error, now + (now - began)
            raise
        connection.prepare_threshold = None  # a plan that is kept does not outlive a migration
        return connection
