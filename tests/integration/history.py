"""What the history of a game is compared with: that of the same captures in order, and a fresh load of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from tests.checker import game
from tests.checker.compare import ExpectedTable, differences
from tests.checker.game import KEYS

# What differs between two games that have the same captures.
_OWN = {"game_pk", "raw_id", "content_sha256", "published_xid"}


def history_of(connection: Connection[Any], game_pk: int) -> dict[str, list[str]]:
    """Return the former rows of a game, by table, each with when it was valid, but for what is its own."""
    return {table: _rows(connection, "history", f"game_{table}", game_pk) for table in KEYS}


def stamps_of(connection: Connection[Any], game_pk: int) -> dict[str, list[str]]:
    """Return the rows of a game with their stamps, but for what is its own."""
    return {table: _rows(connection, "game", table, game_pk) for table in KEYS}


def _rows(connection: Connection[Any], schema: str, table: str, game_pk: int) -> list[str]:
    query = SQL("SELECT (to_jsonb(t) - {}::text[])::text FROM {} t WHERE game_pk = {}")
    found = connection.execute(query.format(Literal(list(_OWN)), Identifier(schema, table), Literal(game_pk)))
    return sorted(text for (text,) in found)


def compare_as_of(connection: Connection[Any], moment: datetime, feed: dict[str, Any]) -> list[str]:
    """Return every difference between the tables of a game as of `moment` and `feed`."""
    return [line for table in game.expected(feed) for line in differences_as_of(connection, moment, table)]


def differences_as_of(connection: Connection[Any], moment: datetime, expected: ExpectedTable) -> Iterator[str]:
    """Yield every difference between a table as of `moment` and the rows that it has to have then."""
    connection.execute("SELECT set_config('test.moment', %s, false)", [moment.isoformat()])
    connection.execute(
        SQL(
            "CREATE OR REPLACE TEMPORARY VIEW {} AS SELECT * FROM {}(current_setting('test.moment')::timestamptz)"
        ).format(Identifier(expected.name), Identifier(expected.schema, f"{expected.name}_as_of"))
    )
    yield from differences(connection, replace(expected, schema="pg_temp"))
