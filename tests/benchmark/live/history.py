"""What history takes of a followed game: rows, bytes, and time of each publication, with it and without."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.transform.raw_rows import RawRow
from tests.benchmark.database import scratch_database
from tests.benchmark.follow.latency import Spread, spread
from tests.benchmark.next_capture import applied, game_captures
from tests.integration.support import GAME

_STATES = 600  # about as many as a followed game has
_TO_WARM_UP = 20
_MOMENTS = 50


@dataclass(frozen=True)
class Kept:
    """What some tables hold of the game."""

    rows: int
    size: int  # bytes, indexes included


@dataclass(frozen=True)
class HistoryCost:
    """What the tables of one game and their history hold; seconds from a body to its commit, without and with it.

    `as_of` are seconds for all tables of the game as of one moment, of several.
    """

    tables: Kept
    history: Kept
    without: Spread
    with_history: Spread
    as_of: Spread


def measure(states: int = _STATES) -> HistoryCost:
    """Apply the states of a simulated game one after the other, as a stream does: without history, and with it."""
    mapping = load_mapping(GAME)
    published = PublishedTables(mapping)
    captures = game_captures(states)
    with scratch_database():
        applied(mapping, captures[:_TO_WARM_UP], remembers=1)
        without, _ = applied(mapping, captures, remembers=1, keeps_history=False)
        with_history, _ = applied(mapping, captures, remembers=1)
        with connect(autocommit=True) as connection:
            return HistoryCost(
                tables=_kept(connection, [published.identifier(table) for table in mapping.tables]),
                history=_kept(connection, [published.history(table) for table in mapping.tables]),
                without=spread([milliseconds / 1000 for milliseconds in without]),
                with_history=spread([milliseconds / 1000 for milliseconds in with_history]),
                as_of=spread([_as_of(connection, mapping, each) for each in captures[:: len(captures) // _MOMENTS]]),
            )


def _as_of(connection: Connection, mapping: Mapping, capture: RawRow) -> float:
    """Read all tables of the game as of a capture; return the seconds it took."""
    started = time.perf_counter()
    for table in mapping.tables:
        query = SQL("SELECT * FROM {}(%s) WHERE {}").format(
            Identifier(mapping.endpoint, f"{table}_as_of"),
            SQL(" AND ").join(
                SQL("{} = {}").format(Identifier(name), Literal(value)) for name, value in capture.natural_key.items()
            ),
        )
        connection.execute(query, [capture.captured_at]).fetchall()
    return time.perf_counter() - started


def _kept(connection: Connection, tables: Sequence[Identifier]) -> Kept:
    found = [_rows_and_size(connection, table) for table in tables]
    return Kept(sum(rows for rows, _ in found), sum(size for _, size in found))


def _rows_and_size(connection: Connection, table: Identifier) -> tuple[int, int]:
    query = SQL("SELECT count(*), pg_total_relation_size({}) FROM {}").format(
        Literal(table.as_string(connection)), table
    )
    return next((rows, size) for rows, size in connection.execute(query))
