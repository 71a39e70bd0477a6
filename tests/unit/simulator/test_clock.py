"""The simulated time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from statsapi_simulator.api.clock import Clock, default_start
from statsapi_simulator.world.dates import season_dates

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)


def test_it_stands_still_unless_told_otherwise() -> None:
    clock = Clock(NOON)
    time.sleep(0.01)
    assert clock.now() == NOON


def test_it_can_be_faster_than_real_time_and_set_while_it_runs() -> None:
    clock = Clock(NOON, speed=3600)
    time.sleep(0.02)
    assert timedelta(minutes=1) < clock.now() - NOON < timedelta(hours=3)
    clock.set(NOON, speed=0)
    assert (clock.now(), clock.speed) == (NOON, 0)
    clock.set(NOON + timedelta(days=1))
    assert (clock.now(), clock.speed) == (NOON + timedelta(days=1), 0)


def test_it_tells_utc_in_whole_milliseconds() -> None:
    start = datetime(2026, 7, 4, 8, 0, 0, 123_000, tzinfo=timezone(timedelta(hours=-4)))
    assert Clock(start).now() == NOON + timedelta(milliseconds=123)
    assert Clock(NOON, speed=1.7).now().microsecond % 1000 == 0


@pytest.mark.parametrize(
    ("start", "speed", "reason"),
    [
        (datetime(2026, 7, 4), 1.0, "no time zone"),  # noqa: DTZ001
        (NOON, -1.0, "0 .* or more"),
        (NOON, float("inf"), "0 .* or more"),
        (NOON, float("nan"), "0 .* or more"),
    ],
)
def test_what_is_no_time_or_speed_is_refused(start: datetime, speed: float, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Clock(start, speed)


def test_a_season_is_shown_as_it_is_while_it_lasts_and_else_when_all_is_over() -> None:
    assert default_start(season_dates(2026), NOON) == NOON
    for other in (2025, 2027):
        assert default_start(season_dates(other), NOON).year == other
        assert default_start(season_dates(other), NOON) > datetime(other, 12, 1, tzinfo=UTC)
