"""What the bench of the live date makes of commits, and how it shows its figures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.benchmark.follow.latency import Commit, Spread
from tests.benchmark.follow.usage import POSTGRES, Usage, Used
from tests.benchmark.live import report
from tests.benchmark.live.day import Day
from tests.benchmark.live.history import HistoryCost, Kept
from tests.benchmark.live.playing import Way
from tests.benchmark.live.real_time import RealTime
from tests.benchmark.live.rows import Latencies, Publication, with_rows
from tests.benchmark.live.spark_floor import Floor

SPREAD = Spread(12, 0.1, 0.2, 0.3, 0.4)
LATENCIES = Latencies(SPREAD, SPREAD, SPREAD, replace(SPREAD, p99=1.25))
USAGE = Usage(10.0, {"followers": Used(1.0, 5_000_000, 4_000_000), POSTGRES: Used(2.0, 6_000_000, 5_000_000)})


def test_a_capture_is_in_the_tables_with_the_first_rows_that_are_not_older() -> None:
    kept = [_commit(1, asked_at) for asked_at in (10.0, 11.0, 12.0, 13.0)] + [_commit(2, 11.0)]
    published = [Publication(1, 10.0, 10.5), Publication(1, 12.0, 12.5), Publication(2, 11.0, 11.5)]
    found = with_rows(kept, published)
    assert [(each.game_pk, each.asked_at, each.committed_at) for each in found] == [
        (1, 10.0, 10.5),
        (1, 11.0, 12.5),
        (1, 12.0, 12.5),
        (2, 11.0, 11.5),
    ]


def test_the_figures_are_shown_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    push, polling = Way("push", "process"), Way("polling", "spark")
    report.show(
        report.Figures(
            "2026-08-11",
            20,
            Floor(SPREAD, SPREAD),
            [RealTime(way, 15, 40, 4, LATENCIES, USAGE, 2.5, 110, 100) for way in (push, polling)],
            [Day(push, 15, 420.0, LATENCIES, USAGE, 0, ["a row"])],
            HistoryCost(Kept(2_000, 2_000_000), Kept(3_000, 4_500_000), SPREAD, SPREAD, SPREAD),
        )
    )
    shown = capsys.readouterr().out
    assert "| push | process | change to rows committed | 0.100 | 0.200 | 1.250 | 0.400 | 12 |" in shown
    assert "| polling, spark | 4.00 | 4 | 100 | 110 | 1.10 | 2.5 s |" in shown
    assert "| PostgreSQL | 20.0%, 6 MB | 20.0%, 6 MB |" in shown
    assert "| all | 30% | 30% |" in shown
    assert "| push, process | 7.0 | 0 | 1 |" in shown
    assert "| with history, it alone | 3,000 | 4.5 | 0.100 |" in shown
    assert "| a job of empty tasks | 0.100 | 0.200 | 0.300 | 0.400 | 12 |" in shown


def _commit(game_pk: int, asked_at: float) -> Commit:
    return Commit(game_pk, asked_at, asked_at + 0.1, ["20260811_230000"])
