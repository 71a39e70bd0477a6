"""What became of a game from capture to capture: its versions, what was corrected, what its plays were worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL

from mlb_data_platform.history.differences import counts_query, versions_query
from mlb_data_platform.web.followed import followed
from mlb_data_platform.web.queries import rows_as_of, rows_of

MOST_CORRECTIONS = 100


@dataclass(frozen=True)
class Capture:
    """What the API said of a game from `since` to `until` (UTC), at least, and the raw row that has it."""

    raw_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Changed:
    """How many rows of a table a capture added, changed or removed; `moment` is from when it said so (UTC)."""

    moment: datetime
    table_name: str
    added: int
    changed: int
    removed: int

    @property
    def rows(self) -> int:
        """Return how many in all."""
        return self.added + self.changed + self.removed


@dataclass(frozen=True)
class PlayWorth:
    """What a play brought the side at bat in runs, those to be expected included."""

    at_bat_index: int
    re24: float


@dataclass(frozen=True)
class Correction:
    """A value that changed after the game was final, or a row that came or went (`column_name` None).

    `found` is how many there are in all, of which the first MOST_CORRECTIONS are given.
    """

    table_name: str
    key: dict[str, Any]
    column_name: str | None
    before: Any
    after: Any
    kind: str
    seen_at: datetime
    player: str | None
    found: int


async def captures(connection: AsyncConnection, game_pk: int) -> list[Capture]:
    """Return the captures of a game that differ from the one before, in order."""
    mapping = await followed()
    return await rows_of(connection, Capture, versions_query(mapping, {"game_pk": game_pk}))


async def changed(connection: AsyncConnection, game_pk: int, since: datetime, until: datetime) -> list[Changed]:
    """Return what the captures from one moment to another have changed of a game, by table: most of each first."""
    counts = counts_query(await followed(), {"game_pk": game_pk}, since, until)
    query = SQL("SELECT * FROM ({}) AS counts ORDER BY moment, added + changed + removed DESC, table_name").format(
        counts
    )
    return await rows_of(connection, Changed, query)


async def corrections(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[Correction]:
    """Return what was corrected by a moment: what people care about first, then as it was seen."""
    mapping = await followed()
    own = mapping.corrections
    pairs = [(table, column) for table, columns in own.notable.items() for column in columns] if own else []
    query = """
        SELECT
            found.table_name, found.key, found.column_name, found.before, found.after, found.kind, found.seen_at,
            player.full_name AS player, found.found
        FROM (
            SELECT *, count(*) OVER () AS found, column_name IS NOT NULL AND (table_name, column_name) IN (
                SELECT * FROM unnest(%(tables)s::text[], %(columns)s::text[])
            ) AS is_notable
            FROM game.corrections WHERE game_pk = %(game_pk)s AND seen_at <= coalesce(%(at)s::timestamptz, 'infinity')
        ) AS found
        LEFT JOIN game.live_game_players AS player
            ON player.game_pk = %(game_pk)s AND player.player_id = (found.key ->> 'player_id')::integer
        ORDER BY found.is_notable DESC, found.seen_at, found.table_name,
            (found.key ->> 'at_bat_index')::integer, found.key, found.column_name
        LIMIT %(most)s
    """
    return await rows_of(
        connection, Correction, query, game_pk=game_pk, at=at, most=MOST_CORRECTIONS,
        tables=[table for table, _ in pairs], columns=[column for _, column in pairs],
    )  # fmt: skip


async def play_worths(connection: AsyncConnection, game_pk: int, at: datetime | None = None) -> list[PlayWorth]:
    """Return what the plays that were complete by a moment are worth, as is known now, in order."""
    query = """
        SELECT worth.at_bat_index, worth.re24::double precision AS re24
        FROM game.play_values AS worth
        JOIN game.live_game_plays_as_of(%(at)s) AS play USING (game_pk, at_bat_index)
        WHERE game_pk = %(game_pk)s AND play.is_complete AND worth.re24 IS NOT NULL
        ORDER BY at_bat_index
    """
    return await rows_as_of(connection, PlayWorth, query, game_pk, at)
