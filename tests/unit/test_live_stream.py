"""How often a stream looks, whatever its ticks take."""

from __future__ import annotations

from typing import Any, cast

import pytest

from mlb_data_platform.live.stream import loop
from mlb_data_platform.live.stream.loop import Stream, run_stream


class Clock:
    """A clock that goes on only while something takes its time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Ticks:
    """A stream whose ticks take so long each, the last of which ends it."""

    counts = {"batches": 1}

    def __init__(self, clock: Clock, seconds: list[float]) -> None:
        self.began: list[float] = []
        self._clock = clock
        self._seconds = seconds

    def tick(self) -> bool:
        self.began.append(self._clock.now)
        self._clock.now += self._seconds[len(self.began) - 1]
        return len(self.began) == len(self._seconds)

    def close(self) -> None:
        self._clock.now = -1.0


def test_a_tick_that_took_long_is_followed_at_once_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, every = Clock(), loop.SECONDS_BETWEEN_TICKS
    monkeypatch.setattr(loop, "time", clock)
    ticks = Ticks(clock, [every / 4, 3 * every, every / 2, every])
    assert run_stream(cast("Stream", cast("Any", ticks))) == ticks.counts
    assert ticks.began == pytest.approx([0, every, 4 * every, 5 * every])
    assert clock.pauses == pytest.approx([3 * every / 4, 0, every / 2])
    assert clock.now == -1.0, "it is closed"
