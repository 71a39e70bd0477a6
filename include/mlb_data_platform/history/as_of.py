"""A schema with all tables as of a moment: views, no copies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier, Literal

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping

_MARK = "All tables as of "  # begins the comment of a schema that was made here, and may be dropped


def make(connection: Connection, mappings: Iterable[Mapping], at: datetime | timedelta, schema: str) -> int:
    """Make `schema` with a view of each table as of a moment, or as of so long ago; return how many there are.

    One that was made before is replaced, in the caller's transaction: whoever reads sees the one or the other. Raises
    BadInputError where there is such a schema that was not made here.
    """
    if isinstance(at, timedelta):
        seconds = at.total_seconds()
        told = f"{seconds:g} seconds ago, at any time"
        moment: Composable = SQL("now() - make_interval(secs => {})").format(Literal(seconds))
    else:
        told = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        moment = SQL("{}::timestamptz").format(Literal(at.isoformat()))
    if _comment(connection, schema) is not None:
        drop(connection, schema)
    connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
    connection.execute(SQL("COMMENT ON SCHEMA {} IS {}").format(Identifier(schema), Literal(f"{_MARK}{told}")))
    tables = [(mapping.endpoint, table) for mapping in mappings for table in mapping.tables]
    for endpoint, table in tables:
        connection.execute(
            SQL("CREATE VIEW {} AS SELECT * FROM {}({})").format(
                Identifier(schema, table), Identifier(endpoint, f"{table}_as_of"), moment
            )
        )
    return len(tables)


def drop(connection: Connection, schema: str) -> None:
    """Drop a schema that `make` has made. Raises BadInputError for any other, and where there is none."""
    comment = _comment(connection, schema)
    if comment is None:
        raise BadInputError(f"there is no schema {schema}")
    if not comment.startswith(_MARK):
        raise BadInputError(f"the schema {schema} was not made by `mlb-etl as-of`: it is left alone; take another name")
    connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))


def _comment(connection: Connection, schema: str) -> str | None:
    """What is said of a schema; None where there is none."""
    row = connection.execute(
        "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = %s", [schema]
    ).fetchone()
    return row[0] if row else None
