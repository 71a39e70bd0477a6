"""Months of the raw tier whose rows leave their content to the archive, once each of them was read back from there."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any

from psycopg import Connection, Cursor
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.archive import archive
from mlb_data_platform.storage.archived_content import as_texts, identity
from mlb_data_platform.storage.bucket import Bucket
from mlb_data_platform.storage.database import session
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.partitions import (
    leave_content,
    make_months,
    month_before,
    months_in_default,
    months_of,
    partition_of,
)
from mlb_data_platform.storage.raw_lookup import as_object
from mlb_data_platform.storage.stored_body import content, unpacked

INDEX_BUCKET = "archived-data"
_INDEX_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "ArchivedCapture",
    "namespace": "mlb_data_platform.raw",
    "doc": "A raw row that has left its content to the archive.",
    "fields": [
        {"name": "raw_id", "type": "long"},
        {"name": "natural_key", "type": {"type": "map", "values": ["null", "string"]}},
        {"name": "captured_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "content_sha256", "type": "string"},
        {"name": "object_key", "type": "string", "doc": "In the bucket raw-data."},
    ],
}


class BusyMonthError(TransientError):
    """A month is read or written for too long to be exchanged now."""


@dataclass(frozen=True)
class LeftMonth:
    """A month whose rows have left their content to the archive: how many, and the bytes on disk before and after."""

    endpoint: str
    month: date
    rows: int
    bytes_before: int
    bytes_after: int


def first_month_kept(months: int | None) -> date:
    """Return the first day of the first UTC month whose rows keep their content, of `months` before this one.

    That of the first month there can be where no month loses it (None).
    """
    return date.min if months is None else month_before(datetime.now(UTC).date(), months)


def detach(
    mappings: Sequence[RawEndpoint], settings: Settings, execution: Execution, report: Callable[[int, int], None]
) -> list[LeftMonth]:
    """Let all months older than the setting leave their content to the archive; return what became of each of them.

    `execution` counts months; one that has to stay as it is keeps back no other. `report` is called with (done, total).
    May be stopped at any point and run again. Raises PlatformError where nothing can be done, or no more of it.
    """
    if settings.mlb_raw_months is None:
        execution.notes.append("MLB_RAW_MONTHS is not set: raw rows keep their content")
        return []
    before = first_month_kept(settings.mlb_raw_months)
    objects, index = ObjectStore(settings), Bucket(settings, INDEX_BUCKET)
    left = []
    with session(autocommit=True) as connection:
        for mapping in mappings:  # what lies in the DEFAULT partition is of a month, too
            make_months(connection, mapping.name, months_in_default(connection, mapping.name))
        due = [(mapping, month) for mapping in mappings for month in months_to_leave(connection, mapping, before)]
        execution.asked = len(due)
        for mapping in (each for each in mappings if any(each is found for found, _ in due)):
            with execution.going_on_after(BadInputError):
                archive(connection, mapping, objects.write)
        for mapping, month in due:
            with execution.going_on_after(BadInputError, BusyMonthError):
                left.append(leave_to_archive(connection, mapping, month, objects, index))
            execution.done = len(left)
            report(len(left), len(due))
            execution.save()
    return left


def months_to_leave(connection: Connection, mapping: RawEndpoint, before: date) -> list[date]:
    """Return the months before a date that have rows with content which the archive can have alone."""
    query = SQL("SELECT EXISTS (SELECT FROM {} WHERE data IS NOT NULL AND content_sha256 IS NOT NULL)")
    return [
        month
        for month in months_of(connection, mapping.name)
        if month < before and connection.execute(query.format(partition_of(mapping.name, month))).fetchone() == (True,)
    ]


def leave_to_archive(
    connection: Connection, mapping: RawEndpoint, month: date, objects: ObjectStore, index: Bucket
) -> LeftMonth:
    """Let the rows of a month, a partition, leave their content to the archive; readers go on.

    Every capture is read back and compared; a row that is changed after that keeps its content, and so does one that
    came without the hash of it: it could not be told from others. The bucket `archived-data` gets an index of what was
    read back. `connection` is in autocommit mode. Raises BadInputError naming what the archive does not give back, or
    what depends on the partition, and then nothing has changed; BusyMonthError where that is read or written for too
    long.
    """
    partition = partition_of(mapping.name, month)
    rows = _read_back(connection, mapping, partition, objects)
    key, container = _index(mapping, month, rows)
    index.write(key, container)
    before = _bytes(connection, partition)
    if not leave_content(connection, mapping.name, month, [f"{row['ctid']} {row['xmin']}" for row in rows]):
        raise BusyMonthError(f"{mapping.name} of {month:%Y-%m}: it is read or written for too long; run this again")
    return LeftMonth(mapping.name, month, len(rows), before, _bytes(connection, partition))


def _bytes(connection: Connection, partition: Identifier) -> int:
    row = connection.execute("SELECT pg_total_relation_size(%s::regclass)", [partition.as_string()]).fetchone()
    return int(row[0]) if row else 0


def _read_back(
    connection: Connection, mapping: RawEndpoint, partition: Identifier, objects: ObjectStore
) -> list[dict[str, Any]]:
    """Return the rows, without their content, that the archive has. Raises BadInputError where it lacks one."""
    query = SQL(
        """
        SELECT id, ctid::text, xmin::text, captured_at, content_sha256, object_key, {natural_key} AS natural_key
        FROM {partition} AS raw
        WHERE data IS NOT NULL AND content_sha256 IS NOT NULL AND object_key IS NOT NULL ORDER BY object_key, id
        """
    ).format(natural_key=as_object(mapping.natural_key, "raw"), partition=partition)
    held = SQL("SELECT body, CASE WHEN body IS NULL THEN data = %s::jsonb END FROM {} WHERE ctid = %s::tid").format(
        partition
    )
    rows = connection.cursor(row_factory=dict_row).execute(query).fetchall()
    for key, those in groupby(rows, itemgetter("object_key")):
        records = {identity(record): content(record) for record in objects.records(key)}
        for row in those:
            archived = records.get(identity(row))
            if archived is None or not _is_held(connection.execute(held, [archived.decode(), row["ctid"]]), archived):
                raise BadInputError(
                    f"{mapping.name}, raw row {row['id']}: s3://{objects.name}/{key} does not hold its content, so its"
                    " month stays as it is; set its object_key to NULL, then it is archived anew"
                )
    return rows


def _is_held(held: Cursor[Any], archived: bytes) -> bool:
    """Whether a row holds what the archive has: its exact bytes, or, of one that came without them, its data."""
    body, same_data = held.fetchone() or (None, False)
    return bool(same_data) if body is None else unpacked(body) == archived


def _index(mapping: RawEndpoint, month: date, rows: Sequence[dict[str, Any]]) -> tuple[str, bytes]:
    from fastavro import writer

    container = io.BytesIO()
    # One of chance would make another object of the same index, each time that a detach is tried again.
    writer(container, _INDEX_SCHEMA, _index_records(rows), codec="deflate", sync_marker=b"index of a month")
    digest = sha256(container.getvalue()).hexdigest()[:32]
    return f"raw/{mapping.endpoint}/{mapping.method}/{month:%Y-%m}-{digest}.avro", container.getvalue()


def _index_records(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {**row, "raw_id": row["id"], "natural_key": as_texts(row["natural_key"])}
