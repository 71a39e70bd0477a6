"""The advisory locks by which programs tell one another that they are at work; each ends with its session."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import Connection


def held(connection: Connection, names: Iterable[str]) -> set[str]:
    """Return those of these locks that somebody holds, without touching them."""
    rows = connection.execute(
        """
        SELECT name FROM unnest(%s::text[]) AS name WHERE hashtextextended(name, 0) IN (
            SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1 AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
        """,
        (list(names),),
    )
    return {name for (name,) in rows}
