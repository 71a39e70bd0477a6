"""How fast work gets done, and how long the rest of it takes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

# The rate changes as a run goes on, so that only the last minute tells how long the rest takes.
_WINDOW_SECONDS = 60.0
_SECONDS_BETWEEN_SAMPLES = 1.0


class Pace:
    """The rate of the last minute. `most_per_second` is one that cannot last: the rest is not expected to go faster."""

    def __init__(self, most_per_second: float | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._most_per_second = most_per_second
        self._now = now
        self._samples = deque([(now(), 0)])
        self._done = self._left = 0

    def update(self, done: int, total: int) -> None:
        """Take note that so much is done now."""
        self._done, self._left = done, total - done
        now = self._now()
        if now - self._samples[-1][0] >= _SECONDS_BETWEEN_SAMPLES:
            self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= _WINDOW_SECONDS:
            self._samples.popleft()

    @property
    def per_second(self) -> float:
        """What was done per second in the last minute."""
        since, done = self._samples[0]
        return (self._done - done) / max(self._now() - since, 0.001)

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this rate, or at the greatest allowed one; None where nothing is known yet."""
        if not self._left:
            return 0.0
        rate = min(self.per_second, self._most_per_second or self.per_second)
        return self._left / rate if rate else None

    def __str__(self) -> str:
        seconds = self.seconds_left
        left = "?" if seconds is None else str(timedelta(seconds=round(seconds)))
        return f"{self.per_second:.1f}/s" + (f", {left} left" if self._left else "")
