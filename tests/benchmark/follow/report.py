"""The figures as Markdown tables and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmark.follow.day import SPEED, Day
from tests.benchmark.follow.kill import Killed
from tests.benchmark.follow.real_time import Way
from tests.benchmark.follow.stage import FOLLOWERS
from tests.benchmark.follow.usage import POSTGRES
from tests.slate.checks import GAME, PATCHES

_MB, _KB = 1e6, 1e3


@dataclass
class Figures:
    """All that was measured."""

    date: str
    minutes: float
    ways: list[Way] = field(default_factory=list)
    days: dict[str, Day] = field(default_factory=dict)
    killed: Killed | None = None


def show(figures: Figures) -> None:
    """Print the tables."""
    if figures.ways:
        print(_ways(figures))
    for way, day in figures.days.items():
        print(_day(figures.date, way, day))
    if figures.killed:
        print(_killed(figures.killed))


def save(figures: Figures, file: Path) -> Path:
    """Write the figures as JSON and return where."""
    return saved(asdict(figures), file)


def saved(figures: Mapping[str, Any], file: Path) -> Path:
    """Write figures, and of which machine they are, as JSON and return where."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    file.write_text(json.dumps({"machine": machine, **figures}, indent=2) + "\n", encoding="utf-8")
    return file


def _ways(figures: Figures) -> str:
    games = figures.ways[0].games
    title = f"{games} games of {figures.date} for {figures.minutes:g} minutes in real time, {os.cpu_count()} cores"
    headings = (
        "way", "requests/s", "busiest second", "kB/s", "change to commit, s: p50", "p95", "p99", "most", "changes",
        "received to commit, ms: p50", "p99", "CPU of a core", "of PostgreSQL", "largest process", "objects/min",
    )  # fmt: skip
    rows = [
        (
            way.name,
            f"{way.requests / way.usage.seconds:.2f}",
            f"{way.busiest_second}",
            f"{way.size / _KB / way.usage.seconds:.1f}",
            *(f"{each:.2f}" for each in (way.change_to_commit.p50, way.change_to_commit.p95)),
            *(f"{each:.2f}" for each in (way.change_to_commit.p99, way.change_to_commit.most)),
            f"{way.change_to_commit.count:,}",
            f"{way.received_to_commit.p50 * 1000:.0f}",
            f"{way.received_to_commit.p99 * 1000:.0f}",
            f"{way.usage.cores(FOLLOWERS):.1%}",
            f"{way.usage.cores(POSTGRES):.1%}",
            f"{way.usage.kinds[FOLLOWERS].largest / _MB:.0f} MB",
            f"{way.objects / way.usage.seconds * 60:.1f}",
        )
        for way in figures.ways
    ]
    return markdown(title, headings, rows)


def _day(date: str, way: str, day: Day) -> str:
    disk = sum(day.disk.values())
    rows = [
        ("on disk: rows, TOAST and indexes of both raw tables", f"{disk / day.games / _MB:.2f} MB"),
        ("  of these the patches", f"{day.disk[PATCHES] / day.games / _MB:.2f} MB"),
        ("rows: whole documents", f"{day.rows[GAME] / day.games:,.1f}"),
        ("  patches", f"{day.rows[PATCHES] / day.games:,.1f}"),
        ("on S3", f"{day.object_size / day.games / _MB:.2f} MB"),
        ("  objects", f"{day.objects / day.games:,.1f}"),
        ("requests", f"{day.requests / day.games:,.0f}"),
        ("on the wire, zipped", f"{day.size / day.games / _MB:.2f} MB"),
        ("  by a full feed every 10 s", f"{day.full_feeds_size / day.games / _MB:.1f} MB"),
        ("  share of that", f"{day.size / day.full_feeds_size:.1%}"),
        ("requests in the busiest second, all games", f"{day.busiest_second}"),
        ("CPU of a core: all followers", f"{day.usage.cores(FOLLOWERS):.0%}"),
        ("  PostgreSQL", f"{day.usage.cores(POSTGRES):.0%}"),
        ("largest follower", f"{day.usage.kinds[FOLLOWERS].largest / _MB:.0f} MB"),
    ]
    title = f"{day.games} games of {date} at {SPEED} times real time by {way}, in {day.seconds / 60:.1f} minutes"
    return markdown(title, ("per game", ""), rows)


def _killed(killed: Killed) -> str:
    title = f"{killed.games} games at {SPEED} times real time, each kind of fault at one request in twenty"
    rows = [
        ("followers killed and started again", f"{killed.kills}"),
        ("corrections in place", f"{killed.corrections}"),
        ("started again after exit code 1; PostgreSQL was restarted once", f"{killed.retries}"),
        ("requests", f"{killed.requests:,}"),
        ("captures", f"{killed.captures:,}"),
        ("wrong documents, captures asked for twice, failures", f"{len(killed.wrong)}"),
    ]
    return markdown(title, ("", ""), rows)


def markdown(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table under its title."""
    rule = ["---", *["---:"] * (len(headings) - 1)]
    lines = [headings, rule, *rows]
    return "\n".join([f"**{title}**", "", *(f"| {' | '.join(line)} |" for line in lines), ""])
