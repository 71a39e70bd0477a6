"""Lets rows that were derived anew take the place of those that differ, in one transaction, while readers go on.

The tables stay what they are, so views, functions, grants and comments do: only rows that differ are replaced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import PUBLISHED_XID, VALID, added_columns
from mlb_data_platform.rebuild.beside import Beside
from mlb_data_platform.rebuild.comparison import DIFFERING, LACKING
from mlb_data_platform.storage.publish import same, unit_types
from mlb_data_platform.storage.tables import PublishedTables, columns
from mlb_data_platform.storage.unit_deletion import lock_units
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.selection import Selection


class OvertakenError(Exception):
    """Captures came while the tables were compared: those beside have to catch up with them first."""


def swap(connection: Connection, beside: Beside) -> int:
    """Replace the rows of the units in DIFFERING, their history included, and drop `beside`; return how many there are.

    Left out, for whoever applies what is pending, are units of which there is a newer capture by now, and those that
    somebody else has published since they were compared. Raises OvertakenError, and nothing is done, where that cannot
    be told by unit.
    """
    mapping = beside.mapping
    published = PublishedTables(mapping)
    # As whoever publishes does it, the version rows first. What is replaced becomes no history: as long as it is, no
    # version row is said to be of this transaction.
    tables = sorted(mapping.tables, key=lambda name: name != mapping.version_table)
    try:
        with connection.transaction():
            lock_units(connection, mapping)
            connection.execute(_lock(published))
            _leave_out_pending(connection, beside)
            for table in tables:
                for statement in _replacements(published, beside, table):
                    connection.execute(statement)
            replaced = connection.execute(_new_versions(published)).rowcount
            _take_over_applied(connection, published, beside)
            beside.drop(connection)
    except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected) as error:
        # With a unit that somebody publishes for the first time.
        raise OvertakenError from error
    return replaced


def _lock(published: PublishedTables) -> Composed:
    """Lock the version rows, in order: no deadlock; what was published since the comparison differs no more."""
    mapping = published.mapping
    return SQL(
        """
        WITH locked AS MATERIALIZED (
            SELECT {unit}, v.{xid} AS xid FROM {version} v JOIN {differing} d USING ({unit}) ORDER BY {unit}
            FOR UPDATE OF v
        )
        DELETE FROM {differing} d WHERE d.xid IS DISTINCT FROM (SELECT l.xid FROM locked l WHERE {same_unit})
        """
    ).format(
        unit=columns(mapping.unit),
        xid=Identifier(PUBLISHED_XID),
        version=published.identifier(mapping.version_table),
        differing=DIFFERING,
        same_unit=same("l", "d", mapping.unit),
    )


def _leave_out_pending(connection: Connection, beside: Beside) -> None:
    mapping = beside.mapping
    late = pending(connection, mapping, Selection(), beside)
    if any(ref.alone for ref in late):
        raise OvertakenError
    if late:
        connection.execute(
            SQL("DELETE FROM {} d USING jsonb_to_recordset(%s) AS u ({}) WHERE {}").format(
                DIFFERING, unit_types(mapping), same("u", "d", mapping.unit)
            ),
            [json.dumps([ref.unit for ref in late])],
        )


def _take_over_applied(connection: Connection, published: PublishedTables, beside: Beside) -> None:
    connection.execute(SQL("DELETE FROM {} WHERE endpoint = %s").format(published.applied), [published.mapping.name])
    table = published.mapping.version_table
    lacking = SQL(" UNION ALL ").join(
        SQL("SELECT v.raw_id FROM {} v JOIN {} l ON {}").format(place, LACKING, same("l", "v", published.mapping.unit))
        for place in (beside.identifier(table), beside.history(table))
    )
    # But for those that hold a unit which is left as it is: they are still to be applied.
    connection.execute(
        SQL("INSERT INTO {} SELECT * FROM {} a WHERE a.raw_id NOT IN ({})").format(
            published.applied, beside.applied, lacking
        )
    )


def _replacements(published: PublishedTables, beside: Beside, table: str) -> Iterator[Composed]:
    """What replaces the rows of a table, and of its history, that differ.

    What is left of a row's unit after the first statement is as it should be, so the second finds it by its key.
    """
    mapping = published.mapping
    names = [*mapping.columns(table), *added_columns(mapping, table)]
    same_row = same("a", "b", mapping.key(table), mapping.tables[table].nullable_key)
    same_former = SQL("{} AND {}").format(same_row, same("a", "b", [VALID]))
    absent = SQL("WHERE NOT EXISTS (SELECT FROM {} b WHERE {})")
    # A version row that is there was published by somebody else meanwhile, and that is no row to be passed over.
    is_version = table == mapping.version_table
    rest = absent.format(published.identifier(table), same_row) if is_version else SQL("ON CONFLICT DO NOTHING")
    yield _gone(mapping, beside.identifier(table), published.identifier(table), names, same_row)
    yield _new(mapping, beside.identifier(table), published.identifier(table), names, rest)
    former = [*names, VALID]
    # History has no key that would keep a row from being there twice.
    yield SQL("DELETE FROM {0} b USING {0} a WHERE a.ctid < b.ctid AND {1}").format(
        published.history(table), same_former
    )
    yield _gone(mapping, beside.history(table), published.history(table), former, same_former)
    rest = absent.format(published.history(table), same_former)
    yield _new(mapping, beside.history(table), published.history(table), former, rest)


def _gone(
    mapping: Mapping, after: Identifier, before: Identifier, names: Sequence[str], same_row: Composable
) -> Composed:
    # From the last: what names the capture is the first to differ.
    compared = [name for name in reversed(names) if name != PUBLISHED_XID]
    return SQL(
        """
        DELETE FROM {before} b USING {differing} d WHERE {of_unit} AND NOT EXISTS (
            SELECT FROM {after} a WHERE {same_row} AND ({values_before}) IS NOT DISTINCT FROM ({values_after})
        )
        """
    ).format(
        before=before,
        differing=DIFFERING,
        of_unit=same("d", "b", mapping.unit),
        after=after,
        same_row=same_row,
        values_before=columns(compared, "b"),
        values_after=columns(compared, "a"),
    )


def _new(mapping: Mapping, after: Identifier, before: Identifier, names: Sequence[str], rest: Composable) -> Composed:
    return SQL("INSERT INTO {} ({}) SELECT {} FROM {} a JOIN {} USING ({}) {}").format(
        *(before, columns(names), columns(names), after, DIFFERING, columns(mapping.unit), rest)
    )


def _new_versions(published: PublishedTables) -> Composed:
    """What tells whoever looks at version rows that this transaction has published of their units."""
    return SQL("UPDATE {} v SET {} = pg_current_xact_id() FROM {} d WHERE {}").format(
        published.identifier(published.mapping.version_table),
        Identifier(PUBLISHED_XID),
        DIFFERING,
        same("d", "v", published.mapping.unit),
    )
