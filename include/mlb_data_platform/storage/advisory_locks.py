"""Advisory locks by name, which end with the session that holds them: taken, or looked at by who does not want them.

The lock of a name is the one that `hashtextextended(name, 0)` numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Literal

_HELD = SQL(
    """
    SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)


def take(connection: Connection, name: str) -> bool:
    """Take the lock of this name for the session, and return whether it is ours: nobody waits."""
    row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)).fetchone()
    return bool(row and row[0])


def is_held(name: str) -> Composed:
    """Return the condition that a session of this database holds the lock of this name."""
    return is_held_as(Literal(name))


def is_held_as(name: Composable) -> Composed:
    """Return the condition that a session of this database holds the lock of the name that an expression of SQL has."""
    return SQL("hashtextextended({}, 0) IN ({})").format(name, _HELD)


def held(connection: Connection, names: Iterable[str]) -> set[str]:
    """Return those of these names whose locks sessions of this database hold, by one look at all locks."""
    query = SQL("SELECT name FROM unnest(%s::text[]) AS name WHERE {}").format(is_held_as(SQL("name")))
    return {name for (name,) in connection.execute(query, ([*names],))}
