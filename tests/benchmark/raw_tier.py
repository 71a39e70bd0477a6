"""The raw tier in figures: bytes of a game on disk and as an object, and what finding captures takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.archive_records import encode
from mlb_data_platform.storage.capture import Capture

_LOOKUPS = 50
_OBJECTS = 50  # of which the size is taken: to compress all of a season would take a minute


def figures(connection: Connection, mapping: Mapping) -> dict[str, float]:
    """Return bytes per game (`json`, `disk`, `disk_indexes`, `object`) and medians of warm look-ups in milliseconds.

    Needs the tables of `mapping` to be filled: they say which games a date has.
    """
    raw = Identifier(mapping.endpoint, mapping.method)
    version = Identifier(mapping.endpoint, mapping.version_table)
    games = [game for (game,) in connection.execute(SQL("SELECT game_pk FROM {} ORDER BY 1").format(raw))]
    newest = SQL(
        "SELECT id, captured_at, content_sha256{} FROM {} WHERE game_pk = %s ORDER BY captured_at DESC LIMIT 1"
    )
    of_date = SQL(
        """
        SELECT game_pk, newest.* FROM {version} v CROSS JOIN LATERAL (
            SELECT id, captured_at, content_sha256{body} FROM {raw} r
            WHERE r.game_pk = v.game_pk ORDER BY captured_at DESC LIMIT 1
        ) newest WHERE v.official_date = %s
        """
    )
    dates_query = SQL("SELECT DISTINCT official_date FROM {}").format(version)
    dates = [day for (day,) in connection.execute(dates_query)]
    body = SQL(", data::text")
    return {
        **_sizes(connection, mapping, len(games)),
        "object": _object_bytes(connection, mapping, games),
        "lookup_ms": _median_ms(connection, newest.format(SQL(""), raw), games),
        "lookup_with_body_ms": _median_ms(connection, newest.format(body, raw), games),
        "date_ms": _median_ms(connection, of_date.format(version=version, raw=raw, body=SQL("")), dates),
        "date_with_bodies_ms": _median_ms(connection, of_date.format(version=version, raw=raw, body=body), dates),
    }


def _sizes(connection: Connection, mapping: Mapping, games: int) -> dict[str, float]:
    raw = f"{mapping.endpoint}.{mapping.method}"
    row = connection.execute(
        "SELECT sum(pg_total_relation_size(relid)), sum(pg_indexes_size(relid)) FROM pg_partition_tree(%s::regclass)",
        (raw,),
    ).fetchone()
    text = connection.execute(
        SQL("SELECT avg(octet_length(data::text)) FROM (SELECT data FROM {} ORDER BY id LIMIT {}) AS sampled").format(
            Identifier(mapping.endpoint, mapping.method), _OBJECTS
        )
    ).fetchone()
    if row is None or text is None:
        raise LookupError(f"{raw} is empty")
    return {"json": float(text[0]), "disk": float(row[0]) / games, "disk_indexes": float(row[1]) / games}


def _object_bytes(connection: Connection, mapping: Mapping, games: Sequence[int]) -> float:
    """The mean size of the objects that `ingest` would write for some games, spread over the season."""
    some = games[:: max(1, len(games) // _OBJECTS)]
    query = SQL("SELECT game_pk, source_url, data::text FROM {} WHERE game_pk = ANY(%s)").format(
        Identifier(mapping.endpoint, mapping.method)
    )
    sizes = [
        len(encode(Capture(mapping, {"game_pk": game_pk}, url, 200, datetime.now(UTC), body.encode())))
        for game_pk, url, body in connection.execute(query, (list(some),))
    ]
    return statistics.fmean(sizes)


def _median_ms(connection: Connection, query: Any, values: Sequence[object]) -> float:
    """The median of some executions, each for another value, after each was executed once."""
    some = values[:: max(1, len(values) // _LOOKUPS)]
    taken = []
    for run in range(2):
        for value in some:
            started = time.perf_counter()
            connection.execute(query, (value,)).fetchall()
            if run:
                taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)
