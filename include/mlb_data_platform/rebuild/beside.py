"""The tables of a mapping once more, with their history, in a schema of their own: what a rebuild fills."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.tables import PublishedTables

_GOES_ON_WITHIN = timedelta(days=1)


class Beside(PublishedTables):
    """Unlogged tables like those of `mapping`, beside them: after a crash of the server they are empty."""

    def __init__(self, mapping: Mapping) -> None:
        # A short name: those of tables and functions of its history are made of it.
        super().__init__(mapping, schema=f"rebuild_{sha256(mapping.name.encode()).hexdigest()[:8]}")
        self._mark = (
            f"{mapping.name}, derived anew by `mlb-etl rebuild`: mapping {mapping.sha256}, program {_program()}, begun "
        )

    def make(self, connection: Connection) -> None:
        """Make the tables; those that are left of a rebuild by the same mapping and program are taken as they are.

        If it began within a day.
        """
        begun = (self._found_mark(connection) or "").partition(self._mark)[2]
        now = datetime.now(UTC)
        if begun and now - datetime.fromisoformat(begun) < _GOES_ON_WITHIN:
            return
        with connection.transaction():
            self.drop(connection)
            connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(self.schema)))
            connection.execute(
                SQL("COMMENT ON SCHEMA {} IS {}").format(
                    Identifier(self.schema), Literal(f"{self._mark}{now.isoformat()}")
                )
            )
            published = PublishedTables(self.mapping)
            like = SQL("CREATE UNLOGGED TABLE {} (LIKE {} INCLUDING ALL)")
            connection.execute(like.format(self.applied, published.applied))
            for table in self.mapping.tables:
                connection.execute(like.format(self.identifier(table), published.identifier(table)))
            for table in self.mapping.tables:  # once the version table is there
                connection.execute(
                    "SELECT metadata.keep_history(%s, %s, %s)",
                    [
                        f"{self.schema}.{table}",
                        f"{self.schema}.{self.mapping.version_table}",
                        list(self.mapping.unit),
                    ],
                )
                connection.execute(SQL("ALTER TABLE {} SET UNLOGGED").format(self.history(table)))

    def analyze(self, connection: Connection) -> None:
        """Let PostgreSQL count what was filled, before it is asked about it."""
        for table in self.mapping.tables:
            for place in (self.identifier(table), self.history(table)):
                connection.execute(SQL("ANALYZE {}").format(place))

    def drop(self, connection: Connection) -> None:
        """Drop the tables, if they are there."""
        connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(self.schema)))
        kept = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'history' AND starts_with(tablename, %s)",
            [f"{self.schema}_"],
        )
        for (name,) in kept.fetchall():
            connection.execute(SQL("DROP TABLE {}").format(Identifier("history", name)))
            connection.execute(SQL("DROP FUNCTION IF EXISTS {}").format(Identifier("history", f"keep_{name}")))

    def _found_mark(self, connection: Connection) -> str | None:
        row = connection.execute(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [self.schema]
        ).fetchone()
        return row[0] if row else None


@cache
def _program() -> str:
    """What tells this version of the package from others, which may make other rows of the same responses."""
    digest = sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
