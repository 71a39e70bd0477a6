"""What is stored first and archived afterwards: sightings, and rows that came without an object of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError, one_line
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.storage.archive_records import Kind, Record, encode_all
from mlb_data_platform.storage.database import KeptConnection, errors_for_people
from mlb_data_platform.storage.raw import further_columns, raw_table
from mlb_data_platform.storage.stored_body import unpacked

_SECONDS_BETWEEN = 20.0  # so that what is stored is archived within a minute
# However many programs keep up, what comes meanwhile goes into one object.
_SECONDS_IN_NO_HURRY = 20.0
_MOST_RECORDS = 10_000  # in one object
_MOST_BYTES = 32_000_000  # of responses in one object
_ROWS_IN_MEMORY = 20

Write = Callable[[str, bytes], None]


class Archivist:
    """Archives what a long run stores of some endpoints, as it goes; `write` puts a container under a key."""

    def __init__(self, mappings: Collection[RawEndpoint], kept: KeptConnection, write: Write) -> None:
        self._mappings = mappings
        self._kept = kept
        self._write = write
        self._next_at = time.monotonic() + _SECONDS_BETWEEN

    def keep_up(self) -> None:
        """Archive what there is, if that was not tried for a while and something has waited for as long."""
        if time.monotonic() >= self._next_at:
            # Its errors are no news yet: it is tried again, and the last time, at the end, decides.
            self._archive(_SECONDS_IN_NO_HURRY)
            self._next_at = time.monotonic() + _SECONDS_BETWEEN

    def finish(self) -> list[PlatformError]:
        """Archive all there is, and return what keeps the rest of which endpoint from it."""
        return self._archive()

    def _archive(self, waited: float | None = None) -> list[PlatformError]:
        errors = []
        for mapping in self._mappings:
            try:
                with errors_for_people():
                    archive(self._kept.get(), mapping, self._write, waited)
            except PlatformError as error:
                errors.append(error)
        return errors


def archive(connection: Connection, mapping: RawEndpoint, write: Write, waited: float | None = None) -> int:
    """Bring all captures of an endpoint that are stored and not archived to the object store; return their number.

    With `waited`, those of a day stay where they are until one of them has waited for so many seconds.

    Each object is written before its captures are marked with its key: whoever is killed in between leaves an object
    that nothing names, and the next one writes another. Of two at once the second waits, and finds it done.
    Raises TransientError when the connection breaks and whatever `write` raises; what was marked until then is
    archived. Raises BadInputError where the bytes of rows are damaged, once all others are.
    """
    archived = 0
    damaged: set[int] = set()
    try:
        for waiting in (_rows(connection, mapping), _sightings(mapping)):
            for day in _days(connection, waiting, waited):
                full = True
                while full:  # what comes in meanwhile is for the next call, lest each get an object of its own
                    taken = _archive_some(connection, mapping, waiting, day, write)
                    archived += len(taken.ids)
                    damaged |= taken.damaged
                    full = taken.full
    except psycopg.OperationalError as error:
        raise TransientError(f"{mapping.name}: archiving what is stored: PostgreSQL: {one_line(error)}") from None
    if damaged:
        rows = f"{'row' if len(damaged) == 1 else 'rows'} {', '.join(map(str, sorted(damaged)))}"
        raise BadInputError(
            f"{mapping.name}, {rows}: column body holds no zstd frame; set it to NULL, then data is archived"
        )
    return archived


@dataclass(frozen=True)
class _Waiting:
    """What waits to be archived: `captures` selects it by id and captured_at, `mark` notes in which object it is."""

    kind: Kind
    captures: Composed
    mark: Composed


def _rows(connection: Connection, mapping: RawEndpoint) -> _Waiting:
    captures = SQL(
        """
        SELECT raw.id, raw.captured_at, raw.schema_version, raw.source_url, raw.request_params::text, raw.status_code,
               raw.content_sha256, {natural_key} AS natural_key, {further} AS further,
               raw.body, CASE WHEN raw.body IS NULL THEN raw.data::text END AS data
        FROM {raw} AS raw WHERE raw.object_key IS NULL
        """
    ).format(
        natural_key=_as_map(mapping.natural_key),
        further=_as_map(further_columns(connection, mapping)),
        raw=raw_table(mapping),
    )
    mark = SQL("UPDATE {raw} AS waiting SET object_key = %s FROM {done} WHERE {same}").format(
        raw=raw_table(mapping), done=_DONE, same=_same("id")
    )
    return _Waiting(Kind.ROWS, captures, mark)


def _sightings(mapping: RawEndpoint) -> _Waiting:
    captures = SQL(
        """
        SELECT raw.id, seen.captured_at, coalesce(seen.schema_version, raw.schema_version) AS schema_version,
               coalesce(seen.source_url, raw.source_url) AS source_url,
               coalesce(seen.request_params, raw.request_params)::text AS request_params,
               coalesce(seen.status_code, raw.status_code) AS status_code,
               raw.content_sha256, {natural_key} AS natural_key, raw.captured_at AS stored_at
        FROM metadata.raw_sightings AS seen JOIN {raw} AS raw ON raw.id = seen.raw_id WHERE seen.object_key IS NULL
        """
    ).format(natural_key=_as_map(mapping.natural_key), raw=raw_table(mapping))
    mark = SQL("UPDATE metadata.raw_sightings AS waiting SET object_key = %s FROM {done} WHERE {same}").format(
        done=_DONE, same=_same("raw_id")
    )
    return _Waiting(Kind.SIGHTINGS, captures, mark)


_DONE = SQL("unnest(%s::bigint[], %s::timestamptz[]) AS done(id, captured_at)")


def _same(id_column: str) -> Composed:
    return SQL("waiting.{} = done.id AND waiting.captured_at = done.captured_at").format(Identifier(id_column))


def _as_map(columns: Iterable[str]) -> Composed:
    pairs = SQL(", ").join(SQL("{}, raw.{}::text").format(Literal(name), Identifier(name)) for name in columns)
    return SQL("jsonb_build_object({})").format(pairs)


def _days(connection: Connection, waiting: _Waiting, waited: float | None) -> list[datetime]:
    query = SQL(
        """
        SELECT date_trunc('day', captured_at, 'UTC') AS day FROM ({}) AS waiting
        GROUP BY day HAVING coalesce(min(captured_at) <= now() - make_interval(secs => %s), true) ORDER BY day
        """
    ).format(waiting.captures)
    return [day for (day,) in connection.execute(query, (waited,))]


@dataclass
class _Taken:
    """The captures that go into one object; where it is full there may be more. The damaged ones are left out."""

    ids: list[int] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    size: int = 0
    damaged: set[int] = field(default_factory=set)

    @property
    def full(self) -> bool:
        return len(self.ids) == _MOST_RECORDS or self.size > _MOST_BYTES


def _archive_some(
    connection: Connection, mapping: RawEndpoint, waiting: _Waiting, day: datetime, write: Write
) -> _Taken:
    """Archive captures of a day in one object."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"archive {mapping.name}",))
        taken = _Taken()
        encoded = encode_all(waiting.kind, _records(connection, mapping, waiting, day, taken))
        if encoded is not None:
            key, container = encoded
            write(key, container)
            connection.execute(waiting.mark, (key, taken.ids, taken.moments))
    return taken


def _records(
    connection: Connection, mapping: RawEndpoint, waiting: _Waiting, day: datetime, taken: _Taken
) -> Iterator[Record]:
    """Yield the records of what waits of a day, until an object is full; `taken` tells which those are."""
    query = SQL(
        "SELECT * FROM ({}) AS waiting WHERE captured_at >= %s AND captured_at < %s ORDER BY captured_at, id"
    ).format(waiting.captures)
    with connection.cursor("waiting", row_factory=dict_row, binary=True) as cursor:
        cursor.itersize = _ROWS_IN_MEMORY
        for row in cursor.execute(query, (day, day + timedelta(days=1))):
            raw_id = row.pop("id")
            if row.get("body") is not None:
                try:
                    row["body"] = unpacked(row["body"])
                except BadInputError:
                    taken.damaged.add(raw_id)
                    continue
            taken.ids.append(raw_id)
            taken.moments.append(row["captured_at"])
            taken.size += len(row.get("body") or row.get("data") or "")
            yield {**row, "endpoint": mapping.endpoint, "method": mapping.method}
            if taken.full:
                return
