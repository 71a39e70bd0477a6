"""What the Spark program does with one batch of captures: stage it, and later publish what the audit let pass.

Both run on executors, in processes of their own with connections of their own; they know nothing of Spark. What one
leaves for the other travels through Spark: what is lost with an executor is staged again.
"""

from __future__ import annotations

import pickle  # nosec B403 - only what this program itself packed, in its own Spark session
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import Connection
from psycopg.sql import SQL, Identifier, Placeholder

from mlb_data_platform.documents.known import KnownDocuments
from mlb_data_platform.errors import TransientError, one_line
from mlb_data_platform.mapping import models
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.spark.audited_rows import audited_rows, audited_rows_of_postgresql
from mlb_data_platform.spark.layout import Layout
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.publish import ROW_ERRORS, Publisher, StagedUnit
from mlb_data_platform.storage.stored_body import packed, unpacked
from mlb_data_platform.storage.tables import PublishedTables, Rows, StagingTables
from mlb_data_platform.storage.verdicts import Rejection
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.raw_rows import RawRow, load_raw_rows
from mlb_data_platform.transform.steps import audited_units, flatten_all, notes_of, unit_rejection


@dataclass(frozen=True)
class Batch:
    """Captures that are staged together and published in one transaction."""

    endpoint: str
    refs: tuple[CaptureRef, ...]


@dataclass(frozen=True)
class Flattened:
    """The rows of one capture."""

    raw_id: int
    natural_key: dict[str, Any]
    rows: Rows


@dataclass(frozen=True)
class Staged:
    """What a batch became: its rows by table, and a rejection of each capture that has none."""

    rows: dict[str, int]
    rejections: list[Rejection]


@dataclass(frozen=True)
class StagedBatch:
    """What a batch became, its rows for `publish`, and what the audit reads of them as an Arrow stream."""

    staged: Staged
    rows: bytes
    audited: bytes


def stage(batch: Batch) -> StagedBatch:
    """Flatten the captures of `batch`. Raises TransientError when the database fails."""
    mapping = load_mapping(batch.endpoint)
    layout = Layout(mapping)
    with _connection(batch.endpoint) as connection:
        captures = load_raw_rows(connection, mapping, batch.refs, KnownDocuments(mapping, 0))
        flattened, rejections = _flattened(connection, mapping, captures)
        try:
            audited = audited_rows(layout, _merged(flattened))
        except pa.ArrowInvalid:
            refs = {ref.raw_id: ref for ref in batch.refs}
            flattened, refused, audited = _as_postgresql_reads(connection, layout, flattened, refs)
            rejections += refused
    return StagedBatch(Staged(_merged(flattened).count, rejections), _packed(flattened), audited)


def publish(batch: Batch, rows: bytes, results: Sequence[Result], *, force: bool) -> TransformOutcome:
    """Publish the `rows` of a staged batch, but for units whose rows break a rule that refuses, by these `results`.

    May be done twice: Spark tries a task again whose answer was lost, after its commit too. Raises TransientError when
    the database fails.
    """
    mapping = load_mapping(batch.endpoint)
    flattened = sorted(_unpacked(rows), key=_in_order)  # so that two that publish the same wait for one another
    are_new = all(ref.first for ref in batch.refs) and not any(result.refuses for result in results)
    with _connection(batch.endpoint) as connection:
        if are_new and _inserted(connection, PublishedTables(mapping), flattened):
            return TransformOutcome(in_place={each.raw_id for each in flattened})
        staging = StagingTables(mapping)
        publisher = Publisher(staging, PublishedTables(mapping), force=force)
        refs = {ref.raw_id: ref for ref in batch.refs}
        with connection.transaction():  # temporary tables are empty after it
            rejections = _copied(connection, staging, flattened, refs)
            units, refused = audited_units(connection, publisher, results, refs)
            outcome = TransformOutcome(rejections=[*rejections, *refused])
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


def _flattened(
    connection: Connection, mapping: models.Mapping, captures: Sequence[RawRow]
) -> tuple[list[Flattened], list[Rejection]]:
    flattened, rejections = list[Flattened](), list[Rejection]()
    for capture in captures:
        rows, refused = flatten_all(connection, mapping, [capture])
        rejections += refused
        if not refused:
            flattened.append(Flattened(capture.raw_id, capture.natural_key, rows))
    return flattened, rejections


def _as_postgresql_reads(
    connection: Connection, layout: Layout, flattened: Sequence[Flattened], refs: Mapping[int, CaptureRef]
) -> tuple[list[Flattened], list[Rejection], bytes]:
    """Return the captures whose rows PostgreSQL takes, a rejection of each of the others, and what the audit reads."""
    staging = StagingTables(layout.mapping)
    with connection.transaction():
        rejections = _copied(connection, staging, flattened, refs)
        refused = {each.raw_id for each in rejections}
        taken = [each for each in flattened if each.raw_id not in refused]
        return taken, rejections, audited_rows_of_postgresql(connection, layout, staging)


def _copied(
    connection: Connection, staging: StagingTables, flattened: Sequence[Flattened], refs: Mapping[int, CaptureRef]
) -> list[Rejection]:
    """Copy rows into temporary tables; return a rejection of each capture that PostgreSQL does not take."""
    staging.create(connection)
    try:
        with connection.transaction():
            staging.copy(connection, _merged(flattened))
            return []
    except psycopg.DataError as error:
        if len(flattened) == 1:
            ref = refs[flattened[0].raw_id]
            return [Rejection(ref.raw_id, ref.captured_at, f"PostgreSQL: {one_line(error)}")]
    return [found for each in flattened for found in _copied(connection, staging, [each], refs)]


def _inserted(connection: Connection, published: PublishedTables, flattened: Sequence[Flattened]) -> bool:
    """Copy rows of units that no table has a row of straight into the tables; False, and none kept, if one has."""
    try:
        with connection.transaction():
            if _have_rows(connection, published, [each.natural_key for each in flattened]):
                return False
            published.copy(connection, _merged(flattened))
            return True
    except ROW_ERRORS:  # somebody publishes the same just now, or there is a row that the tables do not take
        return False


def _have_rows(connection: Connection, published: PublishedTables, units: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a table has rows of these units: where somebody deleted a version row, it has."""
    mapping = published.mapping
    types = mapping.columns(mapping.version_table)
    # Each column by itself, and an array: so the planner goes by the key (as the audit of published rows does).
    of_units = SQL(" AND ").join(
        SQL("{} = ANY (ARRAY(SELECT unnest({}::{}[])))").format(
            Identifier(name), Placeholder(name), SQL(types[name].type)
        )
        for name in mapping.unit
    )
    found = SQL(" OR ").join(
        SQL("EXISTS (SELECT FROM {} WHERE {})").format(published.identifier(table), of_units)
        for table in mapping.tables
    )
    parameters = {name: [unit[name] for unit in units] for name in mapping.unit}
    return connection.execute(SQL("SELECT {}").format(found), parameters).fetchone() == (True,)


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


def _merged(flattened: Sequence[Flattened]) -> Rows:
    rows = Rows()
    for each in flattened:
        rows.update(each.rows)
    return rows


def _in_order(flattened: Flattened) -> tuple[tuple[bool, Any], ...]:
    return tuple((value is None, value) for value in flattened.natural_key.values())


def _packed(flattened: Sequence[Flattened]) -> bytes:
    """Compressed: they pass through Spark twice, and shrink to a third."""
    return packed(pickle.dumps(flattened, protocol=pickle.HIGHEST_PROTOCOL))


def _unpacked(rows: bytes) -> list[Flattened]:
    flattened: list[Flattened] = pickle.loads(unpacked(rows))  # nosec B301
    return flattened
