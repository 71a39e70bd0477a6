"""What came into the raw tier since a stream looked last, in the order of commits.

The offset is a snapshot of PostgreSQL: what the next one sees and it did not has come since, whatever its id and
however long its transaction was open. Nothing waits for a transaction of somebody else.

A row whose `xact` is NULL, as somebody may insert one, belongs to no transaction: who looks at all of its game sees it.
A stream does when something else comes of the game, and at all games of the date once a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import Dates
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.raw_lookup import of_date


@dataclass(frozen=True)
class Arrivals:
    """The games that have captures since an offset, and the `offset` from which to go on once these are dealt with."""

    games: tuple[int, ...]
    offset: str


class ChangeFeed:
    """The captures of a date, whole documents, sightings and patches, as they are committed."""

    def __init__(self, mapping: Mapping, day: date) -> None:
        """Raises BadInputError where the endpoint has no dates."""
        if mapping.dates is None:
            raise BadInputError(f"{mapping.name} has no dates that could be streamed")
        self._name = f"{mapping.name} {day}"
        self._day = day
        self._query = _arrivals(mapping, mapping.dates)

    def saved_offset(self, connection: Connection) -> str | None:
        """Return where a stream of this date has come to; None where there was none.

        None also where the offset is of another server, from which this database was restored: it counts otherwise.
        """
        row = connection.execute(
            "SELECT snapshot::text FROM metadata.stream_offsets"
            " WHERE name = %s AND pg_snapshot_xmax(snapshot) <= pg_snapshot_xmax(pg_current_snapshot())",
            (self._name,),
        ).fetchone()
        return row[0] if row else None

    def now(self, connection: Connection) -> str:
        """Return the offset of this moment: whatever is committed after it is new."""
        row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
        if row is None:
            raise RuntimeError("SELECT without FROM returned nothing")
        return str(row[0])

    def since(self, connection: Connection, offset: str) -> Arrivals:
        """Return what came since `offset`."""
        row = connection.execute(self._query, {"offset": offset, "day": self._day}).fetchone()
        if row is None:
            raise RuntimeError("SELECT without FROM returned nothing")
        now, games = row
        return Arrivals(tuple(games), now)

    def save(self, connection: Connection, offset: str) -> None:
        """Let the next stream of this date go on from `offset`."""
        connection.execute(
            """
            INSERT INTO metadata.stream_offsets (name, snapshot) VALUES (%s, %s::pg_snapshot)
            ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot, moved_at = clock_timestamp()
            """,
            (self._name, offset),
        )


def _arrivals(mapping: Mapping, dates: Dates) -> Composed:
    """Select the snapshot of the statement, and the games of what it sees and the offset did not.

    What is new is found before it is looked at whether it is of the date: by the index of transactions, whatever the
    planner knows of the tables.
    """
    (key,) = map(Identifier, mapping.natural_key)
    raw = SQL("SELECT {key} FROM {table} WHERE {new}")
    sightings = SQL(
        "SELECT r.{key} FROM metadata.raw_sightings"
        " CROSS JOIN LATERAL (SELECT {key} FROM {table} WHERE id = raw_id OFFSET 0) r WHERE {new}"
    )
    kinds = [(raw, raw_table(each)) for each in mapping.raw_endpoints] + [(sightings, raw_table(mapping))]
    return SQL(
        """
        WITH came AS MATERIALIZED ({came})
        SELECT pg_current_snapshot()::text, ARRAY(SELECT DISTINCT {key} FROM came WHERE {of_date})
        """
    ).format(
        came=SQL(" UNION ALL ").join(
            kind.format(key=key, table=table, new=new) for kind, table in kinds for new in _NEW
        ),
        key=key,
        of_date=of_date(mapping, dates, "came"),
    )


# What is visible now and was not in a snapshot: later transactions, and those that were in progress. That there are
# bounds to either tells the planner that they are few.
_NEW = (
    SQL("xact >= pg_snapshot_xmax(%(offset)s::pg_snapshot) AND xact < pg_snapshot_xmax(pg_current_snapshot())"),
    SQL(
        "xact >= pg_snapshot_xmin(%(offset)s::pg_snapshot) AND xact < pg_snapshot_xmax(%(offset)s::pg_snapshot)"
        " AND xact = ANY (ARRAY(SELECT pg_snapshot_xip(%(offset)s::pg_snapshot)))"
    ),
)
