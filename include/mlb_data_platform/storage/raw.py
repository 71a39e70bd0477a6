"""The raw tier's rows: append-only, one per new content; content seen again is a sighting (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
import zstandard
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from mlb_data_platform.errors import BadInputError, TransientError, one_line
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.capture import Capture, NaturalKey

_MONTHS_AHEAD = 2


@dataclass(frozen=True)
class Stored:
    """Where a capture is now: a row of its own, or (`is_new` false) a sighting of an earlier one."""

    raw_id: int
    is_new: bool


@dataclass(frozen=True)
class Newest:
    """The newest capture of something: the row that holds its content, and when that content was last captured."""

    raw_id: int
    content_sha256: str | None
    captured_at: datetime


def ensure_partitions(connection: Connection, mapping: Mapping, day: date) -> None:
    """Make the raw table's partitions for the month of `day` and the next, and commit.

    Raises BadInputError where the table itself is missing.
    """
    try:
        with connection.transaction():
            connection.execute(
                "SELECT metadata.ensure_raw_partitions(%s::regclass, %s, %s)", (mapping.name, day, _MONTHS_AHEAD)
            )
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction):
        raise BadInputError(f"the raw table {mapping.name} does not exist; run: mlb-etl db migrate") from None


def store(connection: Connection, capture: Capture, put_object: Callable[[Capture], str]) -> Stored:
    """Add `capture` to the raw tier in one transaction and return where it is.

    Content that equals the newest capture of its natural key, rows and sightings alike, becomes a sighting of that
    row; any other content is put in the object store first and then becomes a row. "Newest" is by `captured_at`
    whatever the order of arrival, so each capture is there exactly once, as one pair of content and moment: a late
    one changes what came before the newest, never the newest. Two processes with the same natural key take turns.

    Raises BadInputError for content that PostgreSQL's jsonb cannot hold (`\\u0000`), TransientError when the
    connection breaks, and whatever `put_object` raises; then nothing is stored but perhaps an object without a row.
    """
    try:
        with connection.transaction():
            _take_turn(connection, capture)
            last = newest(connection, capture.mapping, capture.natural_key)
            if last is not None and last.content_sha256 == capture.content_sha256:
                _add_sighting(connection, last.raw_id, capture)
                return Stored(last.raw_id, is_new=False)
            return Stored(_insert(connection, capture, put_object(capture)), is_new=True)
    except psycopg.errors.DataError as error:
        raise BadInputError(
            f"{capture.source_url}: PostgreSQL's jsonb cannot hold this response: {one_line(error)}"
        ) from None
    except psycopg.OperationalError as error:
        raise TransientError(f"{capture.source_url}: PostgreSQL: {one_line(error)}") from None


def newest(connection: Connection, mapping: Mapping, natural_key: NaturalKey) -> Newest | None:
    """Return the newest capture with this natural key, or None; of equal moments the greater hash wins."""
    query = sql.SQL(
        """
        SELECT raw.id, raw.content_sha256, greatest(raw.captured_at, sighting.captured_at) AS newest_at
        FROM {table} AS raw
        LEFT JOIN LATERAL (
            SELECT max(captured_at) AS captured_at FROM metadata.raw_sightings WHERE raw_id = raw.id
        ) AS sighting ON true
        WHERE {natural_key}
        ORDER BY newest_at DESC, coalesce(raw.content_sha256, '') DESC
        LIMIT 1
        """
    ).format(
        table=_table(mapping),
        natural_key=sql.SQL(" AND ").join(
            sql.SQL("raw.{} IS NULL" if value is None else "raw.{} = {}").format(
                sql.Identifier(column), sql.Placeholder(column)
            )
            for column, value in natural_key.items()
        ),
    )
    row = connection.execute(query, natural_key).fetchone()
    return Newest(*row) if row else None


def packed(body: bytes) -> bytes:
    """Return what column `body` holds of the exact bytes of a response."""
    return zstandard.compress(body, level=1)


def unpacked(stored: bytes) -> bytes:
    """Return the exact bytes of a response from what column `body` holds. Raises BadInputError if that is not them."""
    try:
        return zstandard.decompress(stored)
    except zstandard.ZstdError as error:
        raise BadInputError(f"column body holds no zstd frame: {error}") from None


def values_at(connection: Connection, mapping: Mapping, raw_id: int, path: str) -> list[Any]:
    """Return the values at `path` in the response that `raw_id` holds."""
    query = sql.SQL("SELECT jsonb_path_query_array(data, %s::jsonpath) FROM {} WHERE id = %s").format(_table(mapping))
    row = connection.execute(query, (path, raw_id)).fetchone()
    return list(row[0]) if row else []


def _take_turn(connection: Connection, capture: Capture) -> None:
    # Its own statement: the one that looks for the newest capture must see what the one before us committed.
    name = f"{capture.mapping.name} {sorted(capture.natural_key.items())}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))


def _add_sighting(connection: Connection, raw_id: int, capture: Capture) -> None:
    # The row's own moment is no sighting: the same capture, stored again, changes nothing.
    connection.execute(
        sql.SQL(
            """
            INSERT INTO metadata.raw_sightings (raw_id, captured_at)
            SELECT %(id)s, %(at)s
            WHERE NOT EXISTS (SELECT FROM {table} WHERE id = %(id)s AND captured_at = %(at)s)
            ON CONFLICT DO NOTHING
            """
        ).format(table=_table(capture.mapping)),
        {"id": raw_id, "at": capture.captured_at},
    )


def _insert(connection: Connection, capture: Capture, object_key: str) -> int:
    # The other natural keys are generated from request_params, so that plain SQL need not know of them.
    plain_keys = {
        column: capture.natural_key[column] for column, key in capture.mapping.natural_key.items() if not key.generated
    }
    values = {
        **plain_keys,
        "captured_at": capture.captured_at,
        "schema_version": capture.mapping.schema_version,
        "source_url": capture.source_url,
        "request_params": Jsonb(capture.parameters),
        "status_code": capture.status_code,
        "content_sha256": capture.content_sha256,
        "object_key": object_key,
        "data": capture.body.decode("utf-8"),
        "body": packed(capture.body),
    }
    query = sql.SQL("INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING id").format(
        table=_table(capture.mapping),
        columns=sql.SQL(", ").join(map(sql.Identifier, values)),
        values=sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    row = connection.execute(query, values).fetchone()
    if row is None:
        raise RuntimeError("INSERT … RETURNING returned nothing")
    return int(row[0])


def _table(mapping: Mapping) -> sql.Identifier:
    return sql.Identifier(mapping.endpoint, mapping.method)
