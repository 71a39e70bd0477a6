"""What a rebuild must leave as it is: every row of tables and history, and the catalogue around them."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from mlb_data_platform.mapping.load import all_mappings

Rows = dict[str, list[str]]

# Views and functions with their definitions, and of everything in a schema its owner, grants and comments.
_CATALOGUE = """
    SELECT format('%s %s %s %s %s', c.relkind, c.oid, c.oid::regclass, c.relacl,
                  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)
    FROM pg_class c WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    UNION ALL
    SELECT format('%s %s %s', p.oid, p.proacl, pg_get_functiondef(p.oid))
    FROM pg_proc p WHERE p.pronamespace::regnamespace::text !~ '^(pg_|information_schema)' AND p.prokind = 'f'
    UNION ALL
    SELECT format('%s %s %s %s', classoid::regclass, objoid, objsubid, description) FROM pg_description
    WHERE classoid = 'pg_class'::regclass AND objoid >= 16384
    UNION ALL
    SELECT format('%s %s', oid, nspname) FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast_temp)'
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid >= 16384 AND indrelid >= 16384
"""


def all_rows(connection: Connection[Any], *without: str) -> Rows:
    """Return all rows of all tables of the mappings and of their history, but for who published them last."""
    found = {}
    hidden = Literal(["published_xid", *without])
    for mapping in all_mappings():
        for table in mapping.tables:
            places = (Identifier(mapping.endpoint, table), Identifier("history", f"{mapping.endpoint}_{table}"))
            for place in places:
                query = SQL("SELECT (to_jsonb(t) - {}::text[])::text FROM {} t").format(hidden, place)
                found[place.as_string()] = sorted(text for (text,) in connection.execute(query))
    return found


def catalogue(connection: Connection[Any]) -> list[str]:
    """Return everything that is defined in the database, with its grants and comments, as lines."""
    return sorted(text for (text,) in connection.execute(_CATALOGUE))
