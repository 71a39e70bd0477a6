"""What progress says: the rate of the last minute, and a time left that no rate limit can break."""

from __future__ import annotations

import pytest

from mlb_data_platform.cli import output
from mlb_data_platform.cli.output import progress
from mlb_data_platform.cli.pace import Pace


class Clock:
    """A clock that is set by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _pace(most_per_second: float | None, *seconds_and_done: tuple[float, int]) -> Pace:
    clock = Clock()
    pace = Pace(most_per_second, clock)
    for clock.seconds, done in seconds_and_done:
        pace.update(done, total=2430)
    return pace


def test_nothing_is_known_at_first() -> None:
    assert str(_pace(4.0, (1.0, 0))) == "0.0/s, ? left"


def test_the_time_left_is_that_of_the_present_rate() -> None:
    assert str(_pace(None, (10.0, 30))) == "3.0/s, 0:13:20 left"
    assert _pace(4.0, (10.0, 30)).seconds_left == 800


def test_what_was_skipped_at_once_does_not_promise_that_the_rest_will_be_as_fast() -> None:
    pace = _pace(4.0, (2.0, 1430))
    assert pace.per_second == 715
    assert pace.seconds_left == 250


def test_the_last_minute_counts() -> None:
    fast_then_slow = [(float(second), 100 * second) for second in range(1, 11)]
    fast_then_slow += [(10.0 + second, 1000 + second) for second in range(1, 121)]
    assert _pace(None, *fast_then_slow).per_second == pytest.approx(1.0, rel=0.02)


def test_the_end_has_no_time_left() -> None:
    assert str(_pace(4.0, (10.0, 2430))) == "243.0/s"


def test_elsewhere_than_on_a_terminal_there_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "_SECONDS_BETWEEN_LINES", 3600.0)
    with progress("work") as report:
        for done in range(1, 1001):
            report(done, 1000)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("work: 1000/1000, ")


def test_on_a_terminal_there_is_a_bar_with_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress("work", most_per_second=4.0) as report:
        report(1000, 1040)
    shown = capsys.readouterr().err
    assert "work" in shown
    assert "1000/1040" in shown
    assert "0:00:10 left" in shown
