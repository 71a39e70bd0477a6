"""The figures as Markdown tables and as JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.benchmark.follow.day import SPEED
from tests.benchmark.follow.latency import Spread
from tests.benchmark.follow.report import markdown, saved
from tests.benchmark.follow.usage import Usage
from tests.benchmark.live.day import Day
from tests.benchmark.live.history import HistoryCost
from tests.benchmark.live.playing import Way
from tests.benchmark.live.real_time import RealTime
from tests.benchmark.live.rows import Latencies
from tests.benchmark.live.spark_floor import Floor

_MB = 1e6
_SPANS = {
    "change_to_capture": "change to capture committed",
    "received_to_rows": "received to rows committed",
    "capture_to_rows": "of that, capture committed to rows committed",
    "change_to_rows": "change to rows committed",
}
_QUANTILES = ("s: p50", "p95", "p99", "most")


@dataclass
class Figures:
    """All that was measured."""

    date: str
    minutes: float
    floor: Floor | None = None
    real_time: list[RealTime] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    history: HistoryCost | None = None


def show(figures: Figures) -> None:
    """Print the tables."""
    cores = f"{os.cpu_count()} cores"
    if found := figures.real_time:
        title = f"{found[0].games} games of {figures.date} for {figures.minutes:g} minutes in real time, {cores}"
        print(_latencies(title, [(each.way, each.latencies) for each in found]))
        print(_work(found))
        print(_usage("the same", [(each.way, each.usage) for each in found]))
    if days := figures.days:
        title = f"{days[0].games} games of {figures.date} at {SPEED} times real time, latencies in real time, {cores}"
        print(_latencies(title, [(day.way, day.latencies) for day in days]))
        print(_days(days))
        print(_usage("the whole date", [(day.way, day.usage) for day in days]))
    if figures.history:
        print(_history(figures.history))
    if figures.floor:
        print(_floor(figures.floor))


def save(figures: Figures, file: Path) -> Path:
    """Write the figures as JSON and return where."""
    return saved(asdict(figures), file)


def _latencies(title: str, found: Sequence[tuple[Way, Latencies]]) -> str:
    rows = [
        (way.channel, way.engine, words, *_quantiles(spread), f"{spread.count:,}")
        for way, latencies in found
        for name, words in _SPANS.items()
        for spread in [getattr(latencies, name)]
    ]
    return markdown(title, ("channel", "engine", "from … to", *_QUANTILES, "number"), rows)


def _work(found: Sequence[RealTime]) -> str:
    rows = [
        (
            str(each.way),
            f"{each.requests / each.usage.seconds:.2f}",
            f"{each.busiest_second}",
            f"{each.rows_changed:,}",
            f"{each.rows_written:,}",
            f"{each.rows_written / each.rows_changed:.2f}",
            f"{each.lag:.1f} s",
        )
        for each in found
    ]
    headings = (
        "way", "requests/s", "busiest second", "rows that differ", "rows written", "written per changed",
        "after an outage of PostgreSQL all is in the tables in",
    )  # fmt: skip
    return markdown("What it takes", headings, rows)


def _days(days: Sequence[Day]) -> str:
    rows = [(str(day.way), f"{day.seconds / 60:.1f}", f"{day.retries}", f"{len(day.wrong)}") for day in days]
    return markdown("At the end", ("way", "minutes", "programs started again", "wrong rows, failures"), rows)


def _usage(title: str, found: Sequence[tuple[Way, Usage]]) -> str:
    names = dict.fromkeys(name for _, usage in found for name in usage.kinds)
    rows = [(name, *(_used(usage, name) for _, usage in found)) for name in names]
    rows.append(("all", *(f"{sum(map(usage.cores, usage.kinds)):.0%}" for _, usage in found)))
    return markdown(f"CPU of a core and memory, {title}", ("kind", *(str(way) for way, _ in found)), rows)


def _used(usage: Usage, name: str) -> str:
    return f"{usage.cores(name):.1%}, {usage.kinds[name].memory / _MB:.0f} MB" if name in usage.kinds else "-"


def _history(cost: HistoryCost) -> str:
    rows = [
        (
            "the tables, without history",
            f"{cost.tables.rows:,}",
            f"{cost.tables.size / _MB:.1f}",
            *_quantiles(cost.without),
        ),
        (
            "with history, it alone",
            f"{cost.history.rows:,}",
            f"{cost.history.size / _MB:.1f}",
            *_quantiles(cost.with_history),
        ),
    ]
    title = f"{cost.without.count} captures of one game, from a body to its commit"
    rows.append(("all tables as of one moment", "", "", *_quantiles(cost.as_of)))
    return markdown(title, ("", "rows", "MB", *_QUANTILES), rows)


def _floor(floor: Floor) -> str:
    rows = [
        ("from one empty trigger to the next", *_quantiles(floor.trigger), f"{floor.trigger.count}"),
        ("a job of empty tasks", *_quantiles(floor.job), f"{floor.job.count}"),
    ]
    return markdown("Spark with nothing to do", ("", *_QUANTILES, "number"), rows)


def _quantiles(spread: Spread) -> list[str]:
    return [f"{seconds:.3f}" for seconds in (spread.p50, spread.p95, spread.p99, spread.most)]
