"""The materialized views: readers go on with the old rows while they are refreshed."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.errors import BadInputError, nearest


def refresh_views(connection: Connection, names: Sequence[str] = ()) -> None:
    """Refresh the views of these names (schema.view), all of the database where none is given.

    `connection` must be in autocommit mode. Raises BadInputError for a name that no materialized view has, before
    any is refreshed.
    """
    if not names:
        connection.execute("SELECT metadata.refresh_all_views()")
        return
    rows = connection.execute("SELECT schemaname || '.' || matviewname FROM pg_matviews ORDER BY 1")
    known = [name for (name,) in rows]
    if unknown := next((name for name in names if name not in known), None):
        hint = nearest(unknown, known) if known else "; run `mlb-etl db migrate` first"
        raise BadInputError(f"there is no materialized view '{unknown}'{hint}")
    for name in names:
        connection.execute(SQL("REFRESH MATERIALIZED VIEW CONCURRENTLY {}").format(Identifier(*name.split("."))))
