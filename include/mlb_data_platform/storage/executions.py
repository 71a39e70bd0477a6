"""`metadata.job_executions`: one row per run of a program, kept up to date while it runs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from mlb_data_platform.errors import PlatformError, TransientError, exit_code_of, one_line
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.database import KeptConnection, connect, errors_for_people

_SECONDS_BETWEEN_SAVES = 1.0
_SECONDS_TO_CLOSE, _SECONDS_TO_CLOSE_INTERRUPTED = 10, 3  # who is interrupted has five in all
# What the session of a run holds as long as it lives, so that others can tell it from one that was killed.
_LOCK = SQL("hashtextextended('job_executions ' || %(run_id)s::text, 0)")
# Of the runs of a job that began in so many hours until now, how much they have asked for: of one that still works, all
# that it is going to ask for.
ASKED_LATELY = """
    SELECT coalesce(sum(CASE
        WHEN status = 'running' THEN asked
        ELSE least(asked, done + coalesce(cardinality(string_to_array(error, E'\\n')), 0))
    END), 0) FROM metadata.job_executions
    WHERE job = %s AND started_at > now() - make_interval(hours => %s)
"""
_KILLED = "it ended without a word: killed, out of memory, or its machine was gone"


@dataclass
class Execution:
    """What a run was asked for and what has become of it; `errors` decide its status and exit code.

    `notes` are what a person should know that is no error.
    """

    run_id: UUID = field(default_factory=uuid4)
    asked: int = 0
    done: int = 0
    errors: list[PlatformError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    keep: Callable[[Execution], None] = field(default=lambda _: None, repr=False)

    @property
    def exit_code(self) -> int:
        """0 if everything asked for is done, 1 if a retry may help, 2 if not."""
        return exit_code_of(self.errors)

    @contextmanager
    def going_on_after(self, *kinds: type[PlatformError]) -> Iterator[None]:
        """Let an error of one of these kinds in the block be one of the run, which goes on with what comes next."""
        try:
            yield
        except kinds as error:
            self.errors.append(error)

    def save(self) -> None:
        """Keep what has become of the run so far, at most once a second: of a run that is killed the rest is lost."""
        self.keep(self)


@contextmanager
def recorded(job: str, arguments: dict[str, Any]) -> Iterator[Execution]:
    """Record the block as one run of `job`: running, then succeeded or failed with exit code and all its errors.

    Runs that were killed, and so never said how they ended, are closed on the way. What PostgreSQL fails at in
    the block is raised as an error for people.
    """
    with closing(KeptConnection()) as kept, errors_for_people():
        row = _Row(kept)
        execution = Execution(keep=row.save)
        row.open(execution, job, arguments)
        seconds = _SECONDS_TO_CLOSE
        try:
            with errors_for_people():
                yield execution
        except PlatformError as error:
            execution.errors.append(error)
            raise
        except BaseException as error:
            seconds = _SECONDS_TO_CLOSE_INTERRUPTED
            execution.errors.append(PlatformError(f"{type(error).__name__}: {one_line(error)}"))
            raise
        finally:
            with connect(autocommit=True, seconds=seconds) as connection:  # that of the run may have broken
                _close(connection, execution)


def asked_lately(connection: Connection, job: str, hours: int) -> int:
    """Return how much the runs of `job` (as `recorded` has it) have asked for that began in so many hours until now.

    Of one that still works, all that it is going to ask for.
    """
    return int(next(count for (count,) in connection.execute(ASKED_LATELY, (job, hours))))


def register_version(connection: Connection, mapping: Mapping) -> None:
    """Record in metadata.schema_versions that this form of the mapping turns responses into rows from now on."""
    connection.execute(
        "INSERT INTO metadata.schema_versions (endpoint, schema_version, mapping_sha256) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (mapping.name, mapping.schema_version, mapping.sha256),
    )


class _Row:
    """The row of one run, and the advisory lock that its session holds for as long as it lives."""

    def __init__(self, kept: KeptConnection) -> None:
        self._kept = kept
        self._holder: Connection | None = None
        self._saved_at = time.monotonic()

    def open(self, execution: Execution, job: str, arguments: dict[str, Any]) -> None:
        _close_killed(self._kept.get())
        self._locked(execution).execute(
            "INSERT INTO metadata.job_executions (run_id, job, arguments, host, status)"
            " VALUES (%s, %s, %s, %s, 'running')",
            (execution.run_id, job, Jsonb(arguments), socket.gethostname()),
        )

    def save(self, execution: Execution) -> None:
        now = time.monotonic()
        if now - self._saved_at < _SECONDS_BETWEEN_SAVES:
            return
        self._saved_at = now
        with suppress(TransientError), errors_for_people():  # the next time writes it all, at the latest the end
            self._locked(execution).execute(
                "UPDATE metadata.job_executions SET asked = %s, done = %s, error = %s WHERE run_id = %s",
                (execution.asked, execution.done, _errors(execution), execution.run_id),
            )

    def _locked(self, execution: Execution) -> Connection:
        """The connection, which holds the run's lock: a new one, after the one before broke, takes it anew."""
        connection = self._kept.get()
        if connection is not self._holder:
            connection.execute(SQL("SELECT pg_advisory_lock({})").format(_LOCK), {"run_id": str(execution.run_id)})
            self._holder = connection
        return connection


def _close_killed(connection: Connection) -> None:
    """Close the rows of runs that are said to run while nobody holds their lock."""
    running = connection.execute("SELECT run_id::text FROM metadata.job_executions WHERE status = 'running'").fetchall()
    for (run_id,) in running:
        connection.execute(
            SQL(
                """
            UPDATE metadata.job_executions SET status = 'failed', error = concat_ws(E'\\n', error, %(error)s::text),
                ended_at = clock_timestamp()
            WHERE run_id = %(run_id)s::text::uuid AND status = 'running' AND pg_try_advisory_xact_lock({})
            """
            ).format(_LOCK),
            {"run_id": run_id, "error": _KILLED},
        )


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
            _errors(execution),
            execution.run_id,
        ),
    )


def _errors(execution: Execution) -> str | None:
    """All errors, one per line."""
    return "\n".join(map(str, execution.errors)) or None
