"""What the Spark program does with one batch of captures: stage it, and later publish what the audit let pass.

Both run on executors, in processes of their own with connections of their own; they know nothing of Spark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import Connection

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError, one_line
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.publish import ROW_ERRORS, Publisher, Unit
from mlb_data_platform.storage.staging import Staging
from mlb_data_platform.transform.apply import audited_units, described, flatten_all, rejection
from mlb_data_platform.transform.flatten import Capture
from mlb_data_platform.transform.select import CaptureRef, load
from mlb_data_platform.transform.staged_run import StagedRun


@dataclass(frozen=True)
class Batch:
    """Captures that share staged tables and are published in one transaction."""

    number: int
    refs: tuple[CaptureRef, ...]


@dataclass
class Staged:
    """What a batch became: its rows by table, and an error for each capture that has none."""

    rows: dict[str, int] = field(default_factory=dict)
    errors: list[PlatformError] = field(default_factory=list)

    def update(self, other: Staged) -> None:
        """Add what other captures became."""
        for table, count in other.rows.items():
            self.rows[table] = self.rows.get(table, 0) + count
        self.errors += other.errors


def stage(run: StagedRun, batch: Batch) -> Staged:
    """Flatten the captures of `batch` and copy their rows into its staged tables, which are made anew.

    Raises TransientError when the database fails.
    """
    staging = run.staging(batch.number)
    with _connection(run.endpoint) as connection:
        staging.drop(connection)  # another attempt at this task may have left rows
        staging.create(connection)
        return _staged(connection, staging, load(connection, staging.mapping, batch.refs))


def publish(run: StagedRun, batch: Batch, results: Sequence[Result], *, force: bool) -> list[PlatformError]:
    """Publish the staged units of `batch` unless their rows break an error-level rule; drop its staged tables.

    Returns an error for each unit that is not published. Raises TransientError when the database fails.
    """
    staging = run.staging(batch.number)
    publisher = Publisher(staging, force=force)
    with _connection(run.endpoint) as connection:
        units, errors = audited_units(connection, staging, publisher, results)
        connection.commit()
        errors += _published(connection, publisher, staging.mapping, units)
        staging.drop(connection)
    return errors


@contextmanager
def _connection(endpoint: str) -> Iterator[Connection]:
    """Connect for the block, whose work is committed at its end; what the database fails at is worth a retry."""
    try:
        with connect() as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise TransientError(f"{endpoint}: PostgreSQL: {one_line(error)}") from error


def _staged(connection: Connection, staging: Staging, captures: Sequence[Capture]) -> Staged:
    rows, errors = flatten_all(connection, staging.mapping, captures)
    try:
        with connection.transaction():
            staging.copy(connection, rows)
            return Staged(rows.count, errors)
    except psycopg.DataError as error:
        if len(captures) == 1:
            return Staged(errors=[rejection(staging.mapping, captures[0], one_line(error))])
    staged = Staged()
    for capture in captures:  # one of them is bad: find it, and stage the others
        staged.update(_staged(connection, staging, [capture]))
    return staged


def _published(
    connection: Connection, publisher: Publisher, mapping: Mapping, units: Sequence[Unit]
) -> list[PlatformError]:
    try:
        with connection.transaction():
            publisher.publish(connection, units)
            return []
    except ROW_ERRORS as error:
        if len(units) == 1:
            unit = described(units[0])
            return [BadInputError(f"{mapping.name}: {unit}: not published: {one_line(error)}")]
    return [error for unit in units for error in _published(connection, publisher, mapping, [unit])]
