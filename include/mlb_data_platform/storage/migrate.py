"""Migrations: versioned, checksummed SQL files, each in its own transaction; then the views whose text changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from mlb_data_platform.errors import BadInputError, TransientError, one_line
from mlb_data_platform.settings import SQL_DIR
from mlb_data_platform.storage.grants import grants_kept
from mlb_data_platform.storage.partitions import coming_months, make_months, months_in_default
from mlb_data_platform.storage.roles import make_roles

_LOCK = 6_226_010_001  # an advisory lock of our own: whoever migrates second waits, and finds everything applied


@dataclass(frozen=True)
class SqlFile:
    """One file of SQL: `version` orders migrations, views have None; `applied_at` (UTC) is None while it is pending."""

    name: str
    version: int | None
    checksum: str
    sql: str
    applied_at: datetime | None = None


def migrate(connection: Connection, folder: Path = SQL_DIR) -> list[str]:
    """Apply what is pending and return the names of the files applied. `connection` must be in autocommit mode.

    Raises BadInputError where an applied file was changed or a file is wrong SQL; what came before it stays applied.
    Likewise where all is applied, but the user may not make the roles that read the tables.
    Raises TransientError where all is applied, but a raw table is being read for so long that it gets no new month.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        connection.execute(_REGISTER)
        pending = [step for step in status(connection, folder) if step.applied_at is None]
        for step in pending:
            _apply(connection, step)
        make_roles(connection, folder / "roles")
        _tend_partitions(connection)
        return [step.name for step in pending]
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def status(connection: Connection, folder: Path = SQL_DIR) -> list[SqlFile]:
    """Return all files in the order they are applied, with when that was.

    Raises BadInputError where a migration that is applied was changed or is gone.
    """
    applied = _applied(connection)
    steps = [*_files(folder / "migrations", versioned=True), *_files(folder / "views", versioned=False)]
    if lost := [name for name, step in applied.items() if step.version and name not in {step.name for step in steps}]:
        raise BadInputError(f"applied migrations are missing from {folder}: {', '.join(sorted(lost))}")
    return [_with_time(step, applied.get(step.name)) for step in steps]


_REGISTER = """
CREATE SCHEMA IF NOT EXISTS metadata;
CREATE TABLE IF NOT EXISTS metadata.schema_migrations (
    name       text        PRIMARY KEY,
    version    integer     UNIQUE,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


def _applied(connection: Connection) -> dict[str, SqlFile]:
    if connection.execute("SELECT to_regclass('metadata.schema_migrations')").fetchone() == (None,):
        return {}
    cursor = connection.cursor(row_factory=class_row(SqlFile))
    rows = cursor.execute("SELECT name, version, checksum, '' AS sql, applied_at FROM metadata.schema_migrations")
    return {row.name: row for row in rows}


def _files(folder: Path, *, versioned: bool) -> list[SqlFile]:
    steps = []
    for file in sorted(folder.glob("*.sql")):
        sql = file.read_text(encoding="utf-8")
        version = int(file.name[:4]) if versioned else None
        steps.append(SqlFile(file.name, version, hashlib.sha256(sql.encode()).hexdigest(), sql))
    return steps


def _with_time(step: SqlFile, applied: SqlFile | None) -> SqlFile:
    if applied is None or (applied.checksum != step.checksum and step.version is None):
        return step  # a view whose text changed is pending again
    if applied.checksum != step.checksum:
        raise BadInputError(f"{step.name} was changed after it was applied; restore it and write a new migration")
    return SqlFile(step.name, step.version, step.checksum, step.sql, applied.applied_at)


def _apply(connection: Connection, step: SqlFile) -> None:
    try:
        with connection.transaction():
            with grants_kept(connection):
                connection.execute(step.sql.encode())
            connection.execute(
                """
                INSERT INTO metadata.schema_migrations (name, version, checksum) VALUES (%s, %s, %s)
                ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = clock_timestamp()
                """,
                (step.name, step.version, step.checksum),
            )
    except psycopg.errors.DependentObjectsStillExist as error:
        others = " ".join((error.diag.message_detail or "").split())
        raise BadInputError(
            f"{step.name}: {error.diag.message_primary}: {others}: drop those, migrate again, and make them anew"
        ) from error
    except psycopg.OperationalError as error:
        raise TransientError(f"{step.name}: PostgreSQL: {one_line(error)}") from error
    except psycopg.Error as error:
        raise BadInputError(f"{step.name}: {one_line(error)}") from error


def _tend_partitions(connection: Connection) -> None:
    """Make the coming months of every raw table and move what lies in DEFAULT to its month.

    Raises TransientError naming the months that cannot be made now.
    """
    late = []
    for name in _raw_tables(connection):
        months = {*coming_months(), *months_in_default(connection, name)}
        late += [f"{name} {month:%Y-%m}" for month in make_months(connection, name, sorted(months))]
    if late:
        raise TransientError(
            f"every migration is applied, but a long query keeps months from being made: {', '.join(late)};"
            " until it is run again, their rows go to the DEFAULT partition"
        )


def _raw_tables(connection: Connection) -> list[str]:
    rows = connection.execute(
        """
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'content_sha256'
        WHERE c.relkind = 'p' ORDER BY 1
        """
    )
    return [name for (name,) in rows]
