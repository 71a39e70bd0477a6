"""One state of the database for several sessions: what an export reads, however many connections it reads by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import Connection

from mlb_data_platform.export.arrow_session import ArrowSession
from mlb_data_platform.storage.database import connect, errors_for_people

# By these a number of a transaction means the same: of another cluster, or after a recovery to some point in time, it
# does not.
_DATABASE: LiteralString = """
    SELECT (SELECT system_identifier FROM pg_control_system())::text || ' '
        || left(pg_walfile_name(pg_current_wal_lsn()), 8) || ' ' || oid,
        pg_current_snapshot()::text, pg_export_snapshot()
    FROM pg_database WHERE datname = current_database()
"""


@dataclass(frozen=True)
class Snapshot:
    """A state of `database`; `visible` is what PostgreSQL calls it, `name` what other sessions take it by."""

    connection: Connection
    database: str
    visible: str
    name: str

    def session(self) -> ArrowSession:
        """Return a session that sees the same state; whoever asks for it closes it. Raises what that raises."""
        return ArrowSession(self.name)


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Give the block one state of the database. What PostgreSQL fails at is raised as an error for people."""
    with errors_for_people(), connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET idle_in_transaction_session_timeout = 0")  # others read while this one waits
        row = connection.execute(_DATABASE).fetchone()
        if row is None:
            raise LookupError("the database that this session is of is not listed")
        yield Snapshot(connection, *row)
