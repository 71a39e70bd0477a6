"""Which months of the raw tier keep their content in PostgreSQL, and which have left it to the archive."""

from __future__ import annotations

from datetime import UTC, date, datetime


def first_month_kept(months: int | None) -> date:
    """Return the first day of the first UTC month whose rows keep their content, of `months` before this one.

    That of the first month there can be where no month loses it (None).
    """
    if months is None:
        return date.min
    today = datetime.now(UTC).date()
    number = today.year * 12 + today.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
