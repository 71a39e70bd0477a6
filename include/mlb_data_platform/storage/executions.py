"""`metadata.job_executions`: one row per run of a program, open while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from mlb_data_platform.errors import BadInputError, PlatformError, exit_code_of
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.database import connect


@dataclass
class Execution:
    """What a run was asked for and what has become of it; `errors` decide its status and exit code."""

    run_id: UUID = field(default_factory=uuid4)
    asked: int = 0
    done: int = 0
    errors: list[PlatformError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 if everything asked for is done, 1 if a retry may help, 2 if not."""
        return exit_code_of(self.errors)


@contextmanager
def recorded(job: str, arguments: dict[str, Any]) -> Iterator[Execution]:
    """Record the block as one run of `job`: running, then succeeded or failed with exit code and first error."""
    execution = Execution()
    with connect(autocommit=True) as connection:
        _open(connection, execution, job, arguments)
    try:
        yield execution
    except PlatformError as error:
        execution.errors.append(error)
        raise
    except BaseException as error:
        execution.errors.append(PlatformError(f"{type(error).__name__}: {error}"))
        raise
    finally:
        with connect(autocommit=True) as connection:
            _close(connection, execution)


def register_version(connection: Connection, mapping: Mapping) -> None:
    """Record in metadata.schema_versions that this form of the mapping turns responses into rows from now on."""
    connection.execute(
        "INSERT INTO metadata.schema_versions (endpoint, schema_version, mapping_sha256) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (mapping.name, mapping.schema_version, mapping.sha256),
    )


def _open(connection: Connection, execution: Execution, job: str, arguments: dict[str, Any]) -> None:
    try:
        connection.execute(
            "INSERT INTO metadata.job_executions (run_id, job, arguments, status) VALUES (%s, %s, %s, 'running')",
            (execution.run_id, job, Jsonb(arguments)),
        )
    except psycopg.errors.UndefinedTable:
        database = connection.info.dbname
        raise BadInputError(f"the database {database} has no platform in it yet; run: mlb-etl db migrate") from None


def _close(connection: Connection, execution: Execution) -> None:
    connection.execute(
        """
        UPDATE metadata.job_executions
        SET status = %s, exit_code = %s, asked = %s, done = %s, error = %s, ended_at = clock_timestamp()
        WHERE run_id = %s
        """,
        (
            "failed" if execution.errors else "succeeded",
            execution.exit_code,
            execution.asked,
            execution.done,
            str(execution.errors[0]) if execution.errors else None,
            execution.run_id,
        ),
    )
