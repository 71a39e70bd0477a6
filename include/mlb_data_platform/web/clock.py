"""What time it is for the page: of whom it is asked, so that a test can say another one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from pydantic import Field

from mlb_data_platform.ingest.calendar import end_of

_BASEBALL = ZoneInfo("America/New_York")


def now() -> datetime:
    """Return the moment of a request, in UTC."""
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(now)]


# A date in an address: those that are none are refused before Python or PostgreSQL can fail to count on from them.
Day = Annotated[date, Field(ge=date(1876, 1, 1), le=date(2100, 12, 31))]


def baseball_date(moment: datetime) -> date:
    """Return the date that is today for baseball: New York's."""
    return moment.astimezone(_BASEBALL).date()


def oldest_date_on(moment: datetime) -> date:
    """Return the oldest date of which a game may be on: those of the west go on after midnight in New York."""
    today = baseball_date(moment)
    before = today - timedelta(days=1)
    return before if moment < end_of(before) else today
