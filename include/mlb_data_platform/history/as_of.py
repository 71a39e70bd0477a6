"""A schema with all tables as of a moment: views, no copies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from psycopg import Connection, errors
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from mlb_data_platform.errors import BadInputError, one_line
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import VALID_FROM, added_columns
from mlb_data_platform.storage.tables import PublishedTables, columns

_MARK = "All tables as of "  # begins the comment of a schema that was made here, and may be dropped


def make(connection: Connection, mappings: Iterable[Mapping], at: datetime | timedelta, schema: str) -> int:
    """Make `schema` with a view of each table as of a moment, or as of so long ago; return how many there are.

    Who may read the views need not have rights on the tables, which would tell them what is to come. Views that were
    made before are replaced, and keep their grants, in the caller's transaction: whoever reads sees the one or the
    other. Raises BadInputError where there is such a schema that was not made here.
    """
    if isinstance(at, timedelta):
        seconds = at.total_seconds()
        told = f"{seconds:g} seconds ago, at any time"
        moment: Composable = SQL("now() - make_interval(secs => {})").format(Literal(seconds))
    else:
        told = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        moment = SQL("{}::timestamptz").format(Literal(at.isoformat()))
    if not _exists(connection, schema):
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
    connection.execute(SQL("COMMENT ON SCHEMA {} IS {}").format(Identifier(schema), Literal(f"{_MARK}{told}")))
    tables = [(mapping, table) for mapping in mappings for table in mapping.tables]
    try:
        for mapping, table in tables:
            connection.execute(_view(mapping, table, moment, schema))
    except errors.InvalidTableDefinition as error:
        raise BadInputError(
            f"the views of {schema} have other columns than the tables by now ({one_line(error)}): drop it first, with"
            f" `mlb-etl as-of --into {schema} --drop`"
        ) from None
    return len(tables)


def drop(connection: Connection, schema: str) -> None:
    """Drop a schema that `make` has made. Raises BadInputError for any other, and where there is none."""
    if not _exists(connection, schema):
        raise BadInputError(f"there is no schema {schema}")
    connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))


def _view(mapping: Mapping, table: str, moment: Composable, schema: str) -> Composed:
    """What makes the view of a table: as its function TABLE_as_of reads it, but with the rights of the view's owner."""
    target = PublishedTables(mapping)
    names = columns([*mapping.columns(table), *added_columns(mapping, table)], "t")
    return SQL(
        """
        CREATE OR REPLACE VIEW {view} AS
        SELECT {names} FROM {table} t WHERE t.{starts} <= {moment}
        UNION ALL
        SELECT {names} FROM {history} t WHERE lower(t.valid) <= {moment} AND upper(t.valid) > {moment}
        """
    ).format(
        view=Identifier(schema, table),
        names=names,
        table=target.identifier(table),
        starts=Identifier(VALID_FROM if table == mapping.version_table else "captured_at"),
        moment=moment,
        history=target.history(table),
    )


def _exists(connection: Connection, schema: str) -> bool:
    """Whether there is a schema that was made here. Raises BadInputError where somebody else made it."""
    row = connection.execute(
        "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = %s", [schema]
    ).fetchone()
    if row and not row[0].startswith(_MARK):
        raise BadInputError(f"the schema {schema} was not made by `mlb-etl as-of`: it is left alone; take another name")
    return row is not None
