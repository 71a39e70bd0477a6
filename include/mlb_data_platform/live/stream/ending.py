"""When a stream has come to its end: all of its date is over, or what it waits for can no longer come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.places import version_column
from mlb_data_platform.mapping.raw_endpoint import Dates, Follow
from mlb_data_platform.storage.advisory_locks import is_held
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.raw_lookup import as_object
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.transform.selection import same_unit
from mlb_data_platform.transform.shortfall import is_known, unknown_date

NOBODY_SECONDS = 60.0  # of the API's clock: a follower that broke may be started again meanwhile


@dataclass(frozen=True)
class _Listed:
    """What is listed under the date: whether the tables say that it is over, and whether the listing says so."""

    natural_key: NaturalKey
    is_over: bool
    is_said_to_be_over: bool

    @property
    def name(self) -> str:
        return " ".join(map(str, self.natural_key.values()))


@dataclass(frozen=True)
class Ending:
    """How a stream ended; `unfinished` are those of which the tables do not say that they are over."""

    reason: str
    unfinished: tuple[str, ...] = ()


class EndOfDate:
    """Looks whether all that is listed under a date is over; `speed` is that of the API's clock."""

    def __init__(self, mapping: Mapping, day: date, speed: float = 1.0) -> None:
        """Raises BadInputError where the mapping does not say how its documents are followed, or when one is over."""
        if mapping.dates is None or mapping.dates.table is None or mapping.patches is None:
            raise BadInputError(f"{mapping.name} does not say what is listed under a date, or when it is over")
        self._mapping = mapping
        self._dates = mapping.dates
        self._day = day
        self._patience = NOBODY_SECONDS / speed
        follow = mapping.patches.follow
        self._over = [*follow.settled, *follow.parked]
        self._query = _listed(mapping, mapping.dates, follow)
        self._nobody_since: float | None = None

    def check_date(self, connection: Connection) -> None:
        """Raise BadInputError for a date of which nobody knows whether something is listed under it."""
        if not is_known(connection, self._dates, self._day):
            raise unknown_date(self._mapping, self._day)

    def natural_keys(self, connection: Connection) -> list[NaturalKey]:
        """Return what is listed under the date."""
        return [each.natural_key for each in self._listed(connection)]

    def look(self, connection: Connection) -> Ending | None:
        """Return how the date has ended, or that nothing more is to be waited for; None as long as neither is so.

        While somebody follows one of its games there is something to wait for: of a game that is over, the last feed.
        """
        listed = self._listed(connection)
        unfinished = [each for each in listed if not each.is_over]
        watcher = f"watch {self._day}"
        followers = [f"follow {self._mapping.name} {each.name}" for each in listed]
        at_work = _held(connection, [watcher, *followers])
        all_said_to_be_over = all(each.is_said_to_be_over for each in unfinished)
        if at_work - {watcher} or (watcher in at_work and not all_said_to_be_over):
            self._nobody_since = None
            return None
        if not unfinished:
            return Ending(f"all {len(listed)} games of {self._day} are settled or parked")
        now = time.monotonic()
        self._nobody_since = now if self._nobody_since is None else self._nobody_since
        if now - self._nobody_since < self._patience:
            return None
        who = "the schedule says that they are over" if all_said_to_be_over else "nobody watches the schedule"
        return Ending(f"{who}, and nobody follows them", tuple(each.name for each in unfinished))

    def _listed(self, connection: Connection) -> list[_Listed]:
        cursor = connection.cursor(row_factory=class_row(_Listed))
        return cursor.execute(self._query, {"day": self._day, "over": self._over}).fetchall()


def _held(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of these locks that somebody holds."""
    row = connection.execute(SQL("SELECT {}").format(SQL(", ").join(map(is_held, names)))).fetchone()
    return {name for name, somebody in zip(names, row or (), strict=True) if somebody}


def _listed(mapping: Mapping, dates: Dates, follow: Follow) -> Composed:
    """Select what is listed; the table that lists it has the same column of the status as the version table."""
    status = Identifier(version_column(mapping, follow.status))
    return SQL(
        """
        SELECT {natural_key} AS natural_key,
               coalesce(v.{status} = ANY(%(over)s), false) AS is_over,
               coalesce(c.{status} = ANY(%(over)s), false) AS is_said_to_be_over
        FROM {listing} c LEFT JOIN {version} v ON {same_unit}
        WHERE c.{day} = %(day)s ORDER BY 1
        """
    ).format(
        natural_key=as_object(mapping.natural_key, "c"),
        status=status,
        listing=Identifier(*str(dates.table).split(".")),
        version=PublishedTables(mapping).identifier(mapping.version_table),
        same_unit=same_unit(mapping),
        day=Identifier(dates.column),
    )
