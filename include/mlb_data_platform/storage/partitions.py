"""The months of the raw tables: made ahead and filled from the DEFAULT partition, without keeping anybody waiting."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

import psycopg
import tenacity
from psycopg import Connection

_AHEAD = 3  # months, the current one included
_ROWS_MOVED_AT_MOST = 100  # from the DEFAULT partition to their month; more of them are the work of `db migrate`

# Each try waits for a lock, and makes others wait behind it, for a moment only (lock_timeout of the function).
_TRIES = tenacity.stop_after_attempt(6)
_PAUSE = tenacity.wait_random_exponential(multiplier=0.1, max=1)
# Who waited for another that made the month may not see it yet, as a server process learns of new tables a bit later.
_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.DuplicateTable)


def coming_months() -> list[date]:
    """Return the first days of the current UTC month and of those that follow it."""
    today = datetime.now(UTC).date()
    numbers = (today.year * 12 + today.month - 1 + step for step in range(_AHEAD))
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def make_coming_months(connection: Connection, raw_table: str) -> None:
    """Make the months of a raw table that are needed ahead, as whoever is about to store something does first.

    Raises BadInputError where the table itself is missing.
    """
    make_months(connection, raw_table, coming_months(), most_rows=_ROWS_MOVED_AT_MOST)


def months_in_default(connection: Connection, raw_table: str) -> list[date]:
    """Return the first days of the UTC months of the rows in the raw table's DEFAULT partition."""
    return [month for (month,) in connection.execute("SELECT metadata.months_in_default(%s::regclass)", (raw_table,))]


def make_months(
    connection: Connection, raw_table: str, months: Iterable[date], *, most_rows: int | None = None
) -> list[date]:
    """Make the missing partitions of a raw table, each in a transaction of its own, and fill it from DEFAULT.

    Returns the months that cannot be made now because the table is read or written for long: their rows go, or stay,
    in the DEFAULT partition. So do those of a month that has more than `most_rows` rows there.
    """
    missing = _missing(connection, raw_table, months)
    for position, month in enumerate(missing):
        if not _made(connection, raw_table, month, most_rows):
            return missing[position:]  # the table is busy for the others as well
    return []


def _missing(connection: Connection, raw_table: str, months: Iterable[date]) -> list[date]:
    names = {month: f"{raw_table}_y{month:%Ym%m}" for month in months}
    with connection.transaction():  # ended before the first month is made: each of them is a transaction of its own
        connection.execute("SELECT %s::regclass", (raw_table,))  # fails where there is no such table
        query = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL"
        absent = {name for (name,) in connection.execute(query, (list(names.values()),))}
    return sorted(month for month, name in names.items() if name in absent)


def _made(connection: Connection, raw_table: str, month: date, most_rows: int | None) -> bool:
    query = "SELECT metadata.make_raw_partition(%s::regclass, %s, %s)"
    try:
        for attempt in tenacity.Retrying(
            stop=_TRIES, wait=_PAUSE, retry=tenacity.retry_if_exception_type(_BUSY), reraise=True
        ):
            with attempt, connection.transaction():
                connection.execute(query, (raw_table, month, most_rows))
    except _BUSY:
        return False
    return True
