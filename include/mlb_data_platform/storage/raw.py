"""The raw tier's rows: append-only, one per new content; content seen again is a sighting (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from mlb_data_platform.errors import BadInputError, TransientError, one_line
from mlb_data_platform.mapping.provenance import RAW_COLUMNS
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.storage.capture import Capture, NaturalKey
from mlb_data_platform.storage.stored_body import packed


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


def store(connection: Connection, capture: Capture, put_object: Callable[[Capture], object] | None = None) -> Stored:
    """Add `capture` to the raw tier in one transaction and return where it is.

    Content that equals the newest capture of its natural key, rows and sightings alike, becomes a sighting of that
    row, which `archive` brings to the object store; any other content becomes a row, which is there for others only
    once `put_object` has stored its object. Without `put_object` the row comes first, and `archive` brings it, too.
    "Newest" is by `captured_at` whatever the order of arrival, so each capture is there exactly once, as one pair of
    content and moment: a late one changes what came before the newest, never the newest. Two processes with the same
    natural key take turns.

    Raises BadInputError for content that PostgreSQL's jsonb cannot hold (`\\u0000`), TransientError when the
    connection breaks, and whatever `put_object` raises; then nothing is stored but perhaps an object without a row.
    """
    with _errors_of(capture), connection.transaction():
        take_turns(connection, capture.mapping, [capture.natural_key])
        last = newest(connection, capture.mapping, capture.natural_key)
        if last is not None and capture.captured_at <= last.captured_at:
            known = _same_capture(connection, capture)
            if known is not None:
                return Stored(known, is_new=False)
        if last is not None and last.content_sha256 == capture.content_sha256:
            _add_sighting(connection, last.raw_id, capture)
            return Stored(last.raw_id, is_new=False)
        raw_id = _insert(connection, capture, capture.object_key if put_object else None)
        if put_object:
            put_object(capture)
        return Stored(raw_id, is_new=True)


class UnstorableError(BadInputError):
    """PostgreSQL cannot hold a response, now or later."""


@contextmanager
def _errors_of(capture: Capture) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DataError as error:
        raise UnstorableError(
            f"{capture.source_url}: PostgreSQL's jsonb cannot hold this response: {one_line(error)}"
        ) from None
    except psycopg.OperationalError as error:
        raise TransientError(f"{capture.source_url}: PostgreSQL: {one_line(error)}") from None


@dataclass(frozen=True)
class Ends:
    """Which document a patch starts from, by revision and canonical hash, and the hash of the one it leads to."""

    start_timecode: str
    base_sha256: str
    result_sha256: str


def store_patch(connection: Connection, capture: Capture, ends: Ends) -> Stored:
    """Add an answer of a patch endpoint to the raw tier in one transaction and return where it is.

    The row comes first: `archive` brings it to the object store. The same capture again (moment and content) is there
    already. Raises BadInputError for content that PostgreSQL's jsonb cannot hold, TransientError when the connection
    breaks; then nothing is stored.
    """
    with _errors_of(capture), connection.transaction():
        take_turns(connection, capture.mapping, [capture.natural_key])
        known = _same_capture(connection, capture)
        if known is not None:
            return Stored(known, is_new=False)
        return Stored(_insert(connection, capture, None, asdict(ends)), is_new=True)


def newest(connection: Connection, mapping: RawEndpoint, natural_key: NaturalKey) -> Newest | None:
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
    ).format(table=raw_table(mapping), natural_key=has_natural_key(natural_key))
    row = connection.execute(query, natural_key).fetchone()
    return Newest(*row) if row else None


def take_turns(connection: Connection, mapping: RawEndpoint, natural_keys: Iterable[NaturalKey]) -> None:
    """Until the end of the transaction, let nobody else add captures of these natural keys.

    Its own statement: the one that looks for captures must see what those before us committed.
    """
    names = sorted(f"{mapping.name} {sorted(key.items())}" for key in natural_keys)
    connection.execute(
        "SELECT count(pg_advisory_xact_lock(hashtextextended(name, 0))) FROM unnest(%s::text[]) AS name", (names,)
    )


def has_natural_key(natural_key: NaturalKey) -> sql.Composed:
    """Return whether a row of the raw table, called `raw` in the query, has the natural key in its parameters."""
    return sql.SQL(" AND ").join(
        sql.SQL("raw.{} IS NULL" if value is None else "raw.{} = {}").format(
            sql.Identifier(column), sql.Placeholder(column)
        )
        for column, value in natural_key.items()
    )


def raw_table(mapping: RawEndpoint) -> sql.Identifier:
    """Return the name of the raw table."""
    return sql.Identifier(mapping.endpoint, mapping.method)


def further_columns(connection: Connection, mapping: RawEndpoint) -> list[str]:
    """Return the plain columns that this raw table has beyond its natural keys and those that every raw table has."""
    rows = connection.execute(
        """
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
        """,
        (mapping.name,),
    )
    return [name for (name,) in rows if name not in RAW_COLUMNS and name not in mapping.natural_key]


def _same_capture(connection: Connection, capture: Capture) -> int | None:
    """Return the row with this content that was captured, or seen again, at this moment, if there is one."""
    query = sql.SQL(
        """
        SELECT raw.id FROM {table} AS raw
        LEFT JOIN metadata.raw_sightings s ON s.raw_id = raw.id AND s.captured_at = %(captured_at)s
        WHERE {natural_key} AND raw.content_sha256 = %(content_sha256)s
          AND (raw.captured_at = %(captured_at)s OR s.raw_id IS NOT NULL)
        """
    ).format(table=raw_table(capture.mapping), natural_key=has_natural_key(capture.natural_key))
    row = connection.execute(
        query,
        {**capture.natural_key, "captured_at": capture.captured_at, "content_sha256": capture.content_sha256},
    ).fetchone()
    return int(row[0]) if row else None


def _add_sighting(connection: Connection, raw_id: int, capture: Capture) -> None:
    query = sql.SQL(
        """
        INSERT INTO metadata.raw_sightings (
            raw_id, captured_at, schema_version, source_url, request_params, status_code
        )
        SELECT id, %(captured_at)s, nullif(%(schema_version)s, schema_version), nullif(%(source_url)s, source_url),
               nullif(%(request_params)s, request_params), nullif(%(status_code)s, status_code)
        FROM {table} WHERE id = %(id)s
        ON CONFLICT DO NOTHING
        """
    ).format(table=raw_table(capture.mapping))
    connection.execute(query, {"id": raw_id, **_provenance(capture)})


def _insert(
    connection: Connection, capture: Capture, object_key: str | None, further: Mapping[str, str] | None = None
) -> int:
    keys = {
        column: capture.natural_key[column] for column, key in capture.mapping.natural_key.items() if not key.generated
    }
    values = {
        **keys,
        **_provenance(capture),
        "content_sha256": capture.content_sha256,
        "object_key": object_key,
        **(further or {}),
        "data": capture.body.decode("utf-8"),
        "body": packed(capture.body),
    }
    query = sql.SQL("INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING id").format(
        table=raw_table(capture.mapping),
        columns=sql.SQL(", ").join(map(sql.Identifier, values)),
        values=sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    row = connection.execute(query, values).fetchone()
    if row is None:
        raise RuntimeError("INSERT … RETURNING returned nothing")
    return int(row[0])


def _provenance(capture: Capture) -> dict[str, Any]:
    return {
        "captured_at": capture.captured_at,
        "schema_version": capture.mapping.schema_version,
        "source_url": capture.source_url,
        "request_params": Jsonb(capture.parameters),
        "status_code": capture.status_code,
    }
