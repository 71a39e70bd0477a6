"""How long things take: the clock of one game."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from statsapi_simulator.model import ScheduledGame

PITCH_CLOCK_SINCE = 2023
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between the end of one thing and the start of the next, on average."""

    pitch: float
    pitch_runners_on: float
    batter: float
    half: float
    pitching_change: float


WITH_PITCH_CLOCK = Pace(pitch=12.2, pitch_runners_on=14.8, batter=24.0, half=125.0, pitching_change=105.0)
BEFORE_PITCH_CLOCK = Pace(pitch=16.8, pitch_runners_on=20.4, batter=29.0, half=137.0, pitching_change=125.0)


def _pace_of(season: int) -> Pace:
    """Return how fast games of `season` went: the pitch clock took half an hour away."""
    return WITH_PITCH_CLOCK if season >= PITCH_CLOCK_SINCE else BEFORE_PITCH_CLOCK


def first_start(scheduled: ScheduledGame) -> datetime:
    """Return when the first pitch is planned: a postponed game is played on its second date only."""
    if scheduled.fate == "postponed" and scheduled.second_starts_at:
        return scheduled.second_starts_at
    return scheduled.starts_at


class Clock:
    """The wall clock of a game, in whole milliseconds; it only goes forward."""

    __slots__ = ("_rng", "now", "pace")

    def __init__(self, start: datetime, season: int, rng: Random) -> None:
        self.now = start
        self.pace = _pace_of(season)
        self._rng = rng

    def pass_exactly(self, seconds: float) -> None:
        """Let `seconds` pass, to the millisecond."""
        self.now += _MILLISECOND * int(seconds * 1000)

    def pass_about(self, seconds: float) -> None:
        """Let `seconds` pass, give or take a fifth."""
        self.now += _MILLISECOND * int(seconds * (800 + 400 * self._rng.random()))
