"""Advisory locks by name, which end with the session that holds them: looked at by those who do not want them."""

from __future__ import annotations

from psycopg.sql import SQL, Composed, Literal


def is_held(name: str) -> Composed:
    """Return the condition that a session of this database holds the lock that `hashtextextended(name, 0)` numbers."""
    return SQL(
        """
        EXISTS (
            SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1 AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (classid::bigint << 32 | objid::bigint) = hashtextextended({}, 0)
        )
        """
    ).format(Literal(name))
