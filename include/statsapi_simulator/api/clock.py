"""The simulated time: a moment from which it goes on at some speed, or stands still."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from threading import Lock

from statsapi_simulator.api.bell import Bell
from statsapi_simulator.world.dates import SeasonDates

# After the last game, so that everything is over and every correction announced.
_AFTER_THE_SEASON = timedelta(days=40)
# Of a laptop that slept, too, whose games have gone on: Linux has another clock for that than elsewhere.
_REAL = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """Time that began at `start` (aware) and is `speed` times as fast as real time; 0: it stands still.

    `bell` rings when it is set.
    """

    def __init__(self, start: datetime, speed: float = 0.0) -> None:
        self.bell = Bell()
        self._lock = Lock()
        self._speed = speed
        self.set(start, speed)

    def now(self) -> datetime:
        """Return the simulated time, UTC: whole milliseconds after the start."""
        with self._lock:
            return self._start + timedelta(milliseconds=int((_real_seconds() - self._set_at) * self._speed * 1000))

    @property
    def speed(self) -> float:
        """How many simulated seconds pass in a real one."""
        return self._speed

    def seconds_until(self, moment: datetime) -> float:
        """Return how many real seconds it is until `moment`, if nobody sets the clock; infinite if it stands still."""
        ahead, speed = (moment - self.now()).total_seconds(), self._speed
        return ahead / speed if speed else math.inf

    def set(self, start: datetime, speed: float | None = None) -> None:
        """Go on from `start`, at another speed if one is given.

        Raises ValueError for a time without zone or a speed below 0.
        """
        if start.tzinfo is None:
            raise ValueError(f"{start.isoformat()} has no time zone: write it like 2026-07-04T16:00Z")
        if speed is not None and not 0 <= speed < float("inf"):
            raise ValueError(f"speed {speed}: it is 0 (time stands still) or more")
        with self._lock:
            self._start = start.astimezone(UTC)
            self._speed = self._speed if speed is None else speed
            self._set_at = _real_seconds()
        self.bell.ring()


def _real_seconds() -> float:
    return time.clock_gettime(_REAL)


def default_start(dates: SeasonDates, real: datetime) -> datetime:
    """Return the time a season is shown at if nobody says: the real one while it lasts, else well after its end."""
    if dates.season_start <= real.date() <= dates.season_end:
        return real
    return datetime(*dates.season_end.timetuple()[:3], 12, tzinfo=UTC) + _AFTER_THE_SEASON
