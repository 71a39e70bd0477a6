"""Adds records of the archive to the raw tier where it has no such capture: same content, moment and natural key.

What somebody inserted without the hash of its content is the same where its data is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.storage.archive_records import Record
from mlb_data_platform.storage.archived_content import identity
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.raw import further_columns, raw_table, take_turns
from mlb_data_platform.storage.stored_body import packed

_PROVENANCE = ("captured_at", "schema_version", "source_url", "request_params", "status_code", "object_key")


@dataclass(frozen=True)
class Added:
    """How many rows were added, how many got their content, and how many sightings were added.

    `without_row` are sightings that were not, because no row holds their content.
    """

    rows: int = 0
    contents: int = 0
    sightings: int = 0
    without_row: int = 0


def add_missing(connection: Connection, mapping: RawEndpoint, records: Sequence[Record]) -> Added:
    """Add those of `records` (all rows, or all sightings) that the raw tier lacks, in one transaction.

    Each record has the key of its object as `object_key`. Raises psycopg.DataError or psycopg.IntegrityError where a
    value does not fit its column, UnicodeDecodeError where bytes are no text; then nothing is added.
    """
    distinct = list({(identity(record), _unhashed(record)): record for record in reversed(records)}.values())
    with connection.transaction():
        _copy_incoming(connection, mapping, distinct)
        take_turns(connection, mapping, [_natural_key(mapping, record) for record in distinct])
        missing = _missing(connection, mapping)
        if distinct[0]["stored_at"] is not None:
            return _add_sightings(connection, mapping, missing) if missing else Added()
        contents = _add_contents(connection, mapping, distinct)
        _add_rows(connection, mapping, [distinct[number] for number in missing])
    return Added(rows=len(missing), contents=contents)


def _unhashed(record: Record) -> str | None:
    """Return the data of a row that has no hash of its content."""
    if record["content_sha256"]:
        return None
    text: str | None = _content(record)["data"]
    return text


def _natural_key(mapping: RawEndpoint, record: Record) -> NaturalKey:
    texts = record["natural_key"]
    return {
        column: int(texts[column]) if key.type == "bigint" and texts[column] is not None else texts[column]
        for column, key in mapping.natural_key.items()
    }


def _copy_incoming(connection: Connection, mapping: RawEndpoint, records: Sequence[Record]) -> None:
    """Copy all but the bytes of `records` into a temporary table, numbered; of what has no hash, its data too."""
    columns = ("number", *_PROVENANCE, "content_sha256", "data", "stored_at", *mapping.natural_key)
    connection.execute(
        SQL(
            "CREATE TEMP TABLE incoming ON COMMIT DROP AS"
            " SELECT 0 AS number, {known}, captured_at AS stored_at FROM {raw} WITH NO DATA"
        ).format(known=_names(_PROVENANCE, ["content_sha256", "data"], mapping.natural_key), raw=raw_table(mapping))
    )
    with connection.cursor().copy(SQL("COPY incoming ({}) FROM STDIN").format(_names(columns))) as copy:
        for number, record in enumerate(records):
            values = {**record, **record["natural_key"], "number": number, "data": _unhashed(record)}
            copy.write_row([values[column] for column in columns])


def _missing(connection: Connection, mapping: RawEndpoint) -> list[int]:
    """Return the numbers of the incoming captures that are there neither as rows nor as sightings."""
    query = SQL(
        """
        SELECT number FROM incoming
        EXCEPT
        SELECT incoming.number FROM incoming JOIN {raw} AS raw ON {same}
        LEFT JOIN metadata.raw_sightings AS seen ON seen.raw_id = raw.id AND seen.captured_at = incoming.captured_at
        WHERE raw.captured_at = incoming.captured_at OR seen.raw_id IS NOT NULL
        ORDER BY 1
        """
    ).format(raw=raw_table(mapping), same=_same_content(mapping))
    return [number for (number,) in connection.execute(query)]


def _add_rows(connection: Connection, mapping: RawEndpoint, records: Sequence[Record]) -> None:
    further = further_columns(connection, mapping)
    keys = [column for column, key in mapping.natural_key.items() if not key.generated]
    columns = (*_PROVENANCE, "content_sha256", "data", "body", *keys, *further)
    statement = SQL("COPY {} ({}) FROM STDIN").format(raw_table(mapping), _names(columns))
    with connection.cursor().copy(statement) as copy:
        for record in records:
            values = {**record, **record["natural_key"], **record["further"], **_content(record)}
            copy.write_row([values.get(column) for column in columns])


def _add_contents(connection: Connection, mapping: RawEndpoint, records: Sequence[Record]) -> int:
    """Give rows that have left their content to the archive that of these records; return how many they are."""
    query = SQL(
        """
        SELECT incoming.number, raw.id FROM incoming JOIN {raw} AS raw ON {same}
        WHERE raw.captured_at = incoming.captured_at AND raw.data IS NULL
        """
    ).format(raw=raw_table(mapping), same=_same_content(mapping))
    values = [
        {"id": raw_id, "captured_at": records[number]["captured_at"], "body": None, **content}
        for number, raw_id in connection.execute(query)
        if (content := _content(records[number]))["data"] is not None
    ]
    update = SQL("UPDATE {} SET data = %(data)s, body = %(body)s WHERE id = %(id)s AND captured_at = %(captured_at)s")
    connection.cursor().executemany(update.format(raw_table(mapping)), values)
    return len(values)


def _content(record: Record) -> dict[str, Any]:
    if record["body"] is None:
        return {"data": record["data"]}
    return {"data": record["body"].decode("utf-8"), "body": packed(record["body"])}


def _add_sightings(connection: Connection, mapping: RawEndpoint, missing: list[int]) -> Added:
    """Add the missing sightings, each of the row that it was a sighting of, else of another one with that content."""
    query = SQL(
        """
        INSERT INTO metadata.raw_sightings (
            raw_id, captured_at, schema_version, source_url, request_params, status_code, object_key
        )
        SELECT DISTINCT ON (incoming.number)
               raw.id, incoming.captured_at, nullif(incoming.schema_version, raw.schema_version),
               nullif(incoming.source_url, raw.source_url), nullif(incoming.request_params, raw.request_params),
               nullif(incoming.status_code, raw.status_code), incoming.object_key
        FROM incoming JOIN {raw} AS raw ON {same} WHERE incoming.number = ANY(%s)
        ORDER BY incoming.number, raw.captured_at = incoming.stored_at DESC, raw.captured_at DESC
        """
    ).format(raw=raw_table(mapping), same=_same_content(mapping))
    added = connection.execute(query, (missing,)).rowcount
    return Added(sightings=added, without_row=len(missing) - added)


def _same_content(mapping: RawEndpoint) -> Composed:
    """Whether a row of the raw table, `raw`, holds the content that `incoming` is a capture of."""
    same = SQL(
        "coalesce(raw.content_sha256, '') = coalesce(incoming.content_sha256, '')"
        " AND (incoming.data IS NULL OR raw.data = incoming.data)"  # a sighting has none
    )
    keys = [SQL("raw.{0} IS NOT DISTINCT FROM incoming.{0}").format(Identifier(name)) for name in mapping.natural_key]
    return SQL(" AND ").join([same, *keys])


def _names(*columns: Any) -> Composed:
    return SQL(", ").join(Identifier(name) for names in columns for name in names)
