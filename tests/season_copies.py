"""A season's size for the tables of games: copies of the games that are there, on the dates before theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

_FIRST_COPY = 100_000_000
_OF_GAMES = ("schedule.games", "game.live_game_metadata")


def copy_games(connection: Connection[Any], copies: int, *, dates: int, listed: int | None = None) -> None:
    """Copy all games so many times, over so many dates before them, each with rows that said something else before.

    `listed` is how often what has a row for each game is copied, where that is more often.
    """
    moved_to = _moved(dates)
    for table, columns in [*game_tables(connection, "schedule"), *game_tables(connection, "game")]:
        names = ", ".join(columns)
        moved = ", ".join(moved_to.get(column, column) for column in columns)
        connection.execute(
            f"INSERT INTO {table} ({names}) SELECT {moved} FROM {table},"
            f" generate_series(1, {listed or copies if table in _OF_GAMES else copies}) AS copy"
            f" WHERE game_pk < {_FIRST_COPY}".encode()
        )
        if table.startswith("game."):
            connection.execute(
                f"INSERT INTO history.{table.replace('.', '_')} ({names}, valid) SELECT {names},"
                f" tstzrange(captured_at - interval '1 hour', captured_at) FROM {table}".encode()
            )


def _moved(dates: int) -> dict[str, str]:
    """What of a game is another in its copy."""
    return {
        "game_pk": f"game_pk + copy * {_FIRST_COPY}::bigint",
        "schedule_date": f"schedule_date - 1 - (copy - 1) % {dates}",
        "official_date": f"official_date - 1 - (copy - 1) % {dates}",
        # A pitcher has one play in two hundred of a season, one in ten of an evening: in most copies others threw.
        "pitcher_id": f"pitcher_id + copy % 20 * {_FIRST_COPY}",
    }


def game_tables(connection: Connection[Any], schema: str) -> list[tuple[str, list[str]]]:
    """The tables of a schema that have rows of games, and their columns; those that others refer to come first."""
    return connection.execute(_GAME_TABLES, (schema,)).fetchall()


_GAME_TABLES = """
    SELECT format('%%I.%%I', n.nspname, c.relname), array_agg(quote_ident(a.attname) ORDER BY a.attnum)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE n.nspname = %s AND (c.relname = 'games' OR c.relname LIKE 'live_game_%%')
      AND c.relkind = 'r' AND NOT c.relispartition AND EXISTS (
          SELECT FROM pg_attribute AS pk WHERE pk.attrelid = c.oid AND pk.attname = 'game_pk'
      )
    GROUP BY c.oid, n.nspname, c.relname
    ORDER BY c.relname <> 'live_game_metadata', c.relname <> 'live_game_plays', 1
"""
