"""Which baseball dates a backfill means: Airflow's form and API speak of two moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlb_data_platform.ingest.calendar import Days

_HALF_A_DAY = timedelta(hours=12)


def dates_meant(earliest: datetime, latest: datetime) -> Days:
    """Return the dates from the one that begins at `earliest` to the one that `latest` lies in.

    The form sends the moment at which its first date begins where the browser is, and a moment of its last date there:
    how far the first is from the nearest midnight of UTC tells where that is. Who sends midnight to midnight in UTC
    means the same dates. Where summer time ends in between, the form's last moment may be one of the date after.
    """
    from mlb_data_platform.ingest.calendar import Days

    nearest = (earliest.astimezone(UTC) + _HALF_A_DAY).date()
    ahead = earliest - datetime(nearest.year, nearest.month, nearest.day, tzinfo=UTC)
    return Days(nearest, (latest.astimezone(UTC) - ahead).date())
