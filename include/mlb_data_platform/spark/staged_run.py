"""The staged tables of one run of several processes: a set for each batch, in schema `staging`, gone with the run.

A run holds an advisory lock as long as it lives. Tables of a run whose lock is free are what a crash has left over:
the next run drops them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.tables import StagingTables

SCHEMA = "staging"
_DROPPED_AT_ONCE = 100  # each table that is dropped in a transaction needs a lock, and the server has so many


@dataclass(frozen=True)
class StagedRun:
    """Names the staged tables of a run, so that driver and executors find the same ones."""

    endpoint: str
    name: str

    def staging(self, batch: int) -> StagingTables:
        """Return the staged tables of a batch."""
        return StagingTables(load_mapping(self.endpoint), schema=SCHEMA, prefix=f"{self.name}_b{batch}_")

    def drop(self, connection: Connection) -> None:
        """Drop all staged tables of the run, and commit."""
        tables = [
            Identifier(SCHEMA, table)
            for (table,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s AND starts_with(tablename, %s)",
                (SCHEMA, f"{self.name}_"),
            )
        ]
        for start in range(0, len(tables), _DROPPED_AT_ONCE):
            some = SQL(", ").join(tables[start : start + _DROPPED_AT_ONCE])
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(some))
            connection.commit()


@contextmanager
def staged_run(connection: Connection, endpoint: str) -> Iterator[StagedRun]:
    """Give the block a run of its own and drop its tables at the end, whatever that is.

    The lock is the session's, so the connection must live as long as the run; its transactions are ended here.
    """
    run = StagedRun(endpoint, f"r{secrets.token_hex(4)}")
    _lock(connection, run.name)
    for dead in [name for name in _runs_with_tables(connection) if _lock(connection, name)]:
        _end(connection, StagedRun(endpoint, dead))
    connection.commit()
    try:
        yield run
    finally:
        connection.rollback()
        _end(connection, run)


def _runs_with_tables(connection: Connection) -> list[str]:
    found = connection.execute(
        "SELECT DISTINCT substring(tablename FROM '^(r[0-9a-f]{8})_') FROM pg_tables WHERE schemaname = %s", (SCHEMA,)
    )
    return [name for (name,) in found if name]


def _lock(connection: Connection, name: str) -> bool:
    """Take the lock of a run for this session; False where another session holds it."""
    row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (f"{SCHEMA}.{name}",)).fetchone()
    return row == (True,)


def _end(connection: Connection, run: StagedRun) -> None:
    """Drop the tables of a run whose lock this session holds, and give the lock back."""
    run.drop(connection)
    connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (f"{SCHEMA}.{run.name}",))
    connection.commit()
