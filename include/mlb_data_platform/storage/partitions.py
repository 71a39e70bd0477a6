"""The months of the raw tables: made ahead and filled from the DEFAULT partition, without keeping anybody waiting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import LiteralString

import psycopg
import tenacity
from psycopg import Connection
from psycopg.sql import Identifier

from mlb_data_platform.errors import BadInputError

_AHEAD = 3  # months, the current one included
_ROWS_MOVED_AT_MOST = 100  # from the DEFAULT partition to their month; more of them are the work of `db migrate`

# Each try waits for a lock, and makes others wait behind it, for a moment only (lock_timeout of the function).
_TRIES = tenacity.stop_after_attempt(6)
_PAUSE = tenacity.wait_random_exponential(multiplier=0.1, max=1)
# Who waited for another that made the month may not see it yet, as a server process learns of new tables a bit later.
_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.DuplicateTable)


def coming_months() -> list[date]:
    """Return the first days of the current UTC month and of those that follow it."""
    return [month_before(datetime.now(UTC).date(), -step) for step in range(_AHEAD)]


def month_before(day: date, months: int) -> date:
    """Return the first day of the month so many months before that of `day`."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def partition_of(raw_table: str, month: date) -> Identifier:
    """Return the name of the partition of a raw table that has a UTC month, given by its first day."""
    schema, _, name = raw_table.partition(".")
    return Identifier(schema, f"{name}_y{month:%Ym%m}")


def months_of(connection: Connection, raw_table: str) -> list[date]:
    """Return the first days of the UTC months that a raw table has partitions of."""
    query = """
        SELECT to_date(substring(relid::text FROM '_y(\\d{4}m\\d{2})$'), 'YYYY"m"MM')
        FROM pg_partition_tree(%s::regclass)
    """
    return sorted(month for (month,) in connection.execute(query, [raw_table]) if month)


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
    names = {month: partition_of(raw_table, month).as_string() for month in months}
    with connection.transaction():  # ended before the first month is made: each of them is a transaction of its own
        connection.execute("SELECT %s::regclass", (raw_table,))  # fails where there is no such table
        query = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL"
        absent = {name for (name,) in connection.execute(query, (list(names.values()),))}
    return sorted(month for month, name in names.items() if name in absent)


def leave_content(connection: Connection, raw_table: str, month: date, versions: Sequence[str]) -> bool:
    """Let rows of a month's partition have no content any more: the archive has it; return whether that is done.

    Those rows that are still of these versions ("ctid xmin"). It is not done where the table is read or written for
    long. Raises BadInputError where something depends on the partition.
    """
    query = "SELECT metadata.leave_content(%s::regclass, %s, %s)"
    try:
        return _done(connection, query, raw_table, month, list(versions))
    except psycopg.errors.DependentObjectsStillExist as error:
        others = " ".join((error.diag.message_detail or "").split())
        raise BadInputError(f"{raw_table} of {month:%Y-%m}: {error.diag.message_primary}: {others}") from None


def _made(connection: Connection, raw_table: str, month: date, most_rows: int | None) -> bool:
    query = "SELECT metadata.make_raw_partition(%s::regclass, %s, %s)"
    return _done(connection, query, raw_table, month, most_rows)


def _done(connection: Connection, query: LiteralString, *parameters: object) -> bool:
    try:
        for attempt in tenacity.Retrying(
            stop=_TRIES, wait=_PAUSE, retry=tenacity.retry_if_exception_type(_BUSY), reraise=True
        ):
            with attempt, connection.transaction():
                connection.execute(query, parameters)
    except _BUSY:
        return False
    return True
