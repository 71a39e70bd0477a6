"""What the Spark program does with one batch of captures: stage it, and later publish what the audit let pass.

Both run on executors, in processes of their own with connections of their own; they know nothing of Spark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import Connection

from mlb_data_platform.errors import TransientError, one_line
from mlb_data_platform.quality.results import Result
from mlb_data_platform.spark.staged_run import StagedRun
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.publish import ROW_ERRORS, Publisher, StagedUnit
from mlb_data_platform.storage.tables import PublishedTables, StagingTables
from mlb_data_platform.storage.verdicts import Rejection
from mlb_data_platform.transform.apply import (
    audited_units,
    flatten_all,
    notes_of,
    rejection,
    unit_rejection,
)
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.raw_rows import RawRow, load_raw_rows
from mlb_data_platform.transform.selection import CaptureRef


@dataclass(frozen=True)
class Batch:
    """Captures that share staged tables and are published in one transaction."""

    number: int
    refs: tuple[CaptureRef, ...]


@dataclass
class Staged:
    """What a batch became: its rows by table, and a rejection of each capture that has none."""

    rows: dict[str, int] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)

    def update(self, other: Staged) -> None:
        """Add what other captures became."""
        for table, count in other.rows.items():
            self.rows[table] = self.rows.get(table, 0) + count
        self.rejections += other.rejections


def stage(run: StagedRun, batch: Batch) -> Staged:
    """Flatten the captures of `batch` and copy their rows into its staged tables, which are made anew.

    Raises TransientError when the database fails.
    """
    staging = run.staging(batch.number)
    with _connection(run.endpoint) as connection:
        staging.drop(connection)  # another attempt at this task may have left rows
        staging.create(connection)
        return _staged(connection, staging, load_raw_rows(connection, staging.mapping, batch.refs))


def publish(run: StagedRun, batch: Batch, results: Sequence[Result], *, force: bool) -> TransformOutcome:
    """Publish the staged units of `batch` unless their rows break an error-level rule.

    May be done twice: Spark tries a task again whose answer was lost, after its commit too. So the staged tables stay
    until the driver drops them. Raises TransientError when the database fails.
    """
    staging = run.staging(batch.number)
    publisher = Publisher(staging, PublishedTables(staging.mapping), force=force)
    refs = {ref.raw_id: ref for ref in batch.refs}
    with _connection(run.endpoint) as connection:
        units, rejections = audited_units(connection, publisher, results, refs)
        connection.commit()
        outcome = TransformOutcome(rejections=rejections)
        outcome.update(_published(connection, publisher, refs, units))
        return outcome


@contextmanager
def _connection(endpoint: str) -> Iterator[Connection]:
    """Connect for the block, whose work is committed at its end; what the database fails at is worth a retry."""
    try:
        with connect() as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise TransientError(f"{endpoint}: PostgreSQL: {one_line(error)}") from error


def _staged(connection: Connection, staging: StagingTables, captures: Sequence[RawRow]) -> Staged:
    rows, rejections = flatten_all(connection, staging.mapping, captures)
    try:
        with connection.transaction():
            staging.copy(connection, rows)
            return Staged(rows.count, rejections)
    except psycopg.DataError as error:
        if len(captures) == 1:
            return Staged(rejections=[rejection(captures[0], f"PostgreSQL: {one_line(error)}")])
    staged = Staged()
    for capture in captures:  # one of them is bad: find it, and stage the others
        staged.update(_staged(connection, staging, [capture]))
    return staged


def _published(
    connection: Connection, publisher: Publisher, refs: Mapping[int, CaptureRef], units: Sequence[StagedUnit]
) -> TransformOutcome:
    try:
        with connection.transaction():
            publication = publisher.publish(connection, units)
            notes = notes_of(publisher.staging.mapping, publication)
            return TransformOutcome(in_place=publication.in_place, notes=notes)
    except ROW_ERRORS as error:
        if len(units) == 1:
            (staged,) = units
            return TransformOutcome(
                rejections=[unit_rejection(refs[staged.raw_id], staged.unit, f"PostgreSQL: {one_line(error)}")]
            )
    outcome = TransformOutcome()
    for unit in units:  # one of them is bad: find it, and publish the others
        outcome.update(_published(connection, publisher, refs, [unit]))
    return outcome
