"""What others may do with the views, which a view that is made anew would forget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Connection

# What an owner may do follows from being it; no role is everybody.
_GRANTED = """
    SELECT format('%I.%I', n.nspname, c.relname), format(
        'GRANT %s ON %I.%I TO %s%s', a.privilege_type, n.nspname, c.relname, coalesce(quote_ident(r.rolname), 'PUBLIC'),
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END
    )
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND a.grantee <> c.relowner
"""


@contextmanager
def grants_kept(connection: Connection) -> Iterator[None]:
    """Grant once more what was granted on views, materialized or not, that the block makes anew."""
    granted = connection.execute(_GRANTED).fetchall()
    yield
    for view, grant in granted:
        if connection.execute("SELECT to_regclass(%s)", [view]).fetchone() != (None,):
            connection.execute(grant.encode())
