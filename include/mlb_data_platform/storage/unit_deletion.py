"""A unit taken out of the tables and out of their history, so that it can be made anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Placeholder

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.publish import Unit, holds
from mlb_data_platform.storage.tables import PublishedTables


@dataclass(frozen=True)
class DeletedVersion:
    """The capture that a unit had the rows of, and whether the mapping in force had made them and stands by that."""

    captured_at: datetime
    holds: bool


def lock_units(connection: Connection, mapping: Mapping, unit: Unit | None = None) -> None:
    """Wait until nobody else makes `unit` anew, or any of the endpoint, until the caller's transaction ends.

    A program that waits to delete a version row does not see the one that took its place meanwhile.
    """
    lock = SQL("SELECT pg_advisory_xact_lock{}(hashtextextended(%s, 0))")
    of_all = f"units of {mapping.name}"
    connection.execute(lock.format(SQL("_shared" if unit else "")), [of_all])
    if unit:
        connection.execute(lock.format(SQL("")), [f"{of_all}: {json.dumps(unit, default=str, sort_keys=True)}"])


def delete_unit(connection: Connection, target: PublishedTables, unit: Unit) -> DeletedVersion | None:
    """Delete the rows of a unit, and those that its history keeps of it, in the caller's transaction, which has a lock.

    The version row first: without it nothing of this is history. Returns it; None where there was none.
    """
    mapping = target.mapping
    of_unit = SQL(" AND ").join(SQL("{} = {}").format(Identifier(name), Placeholder(name)) for name in mapping.unit)
    delete = SQL("DELETE FROM {} WHERE {}")
    version_row = SQL("DELETE FROM {} t WHERE {} RETURNING captured_at, {}").format(
        target.identifier(mapping.version_table), of_unit, holds(mapping.sha256, "t")
    )
    values = {name: str(unit[name]) for name in mapping.unit}  # as the column's type reads it
    with connection.pipeline():
        deleted = connection.execute(version_row, values)
        for table in mapping.tables:
            for place in (target.identifier(table), target.history(table)):
                connection.execute(delete.format(place, of_unit), values)
        row = deleted.fetchone()
    return DeletedVersion(*row) if row else None
