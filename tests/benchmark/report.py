"""The bench's figures as tables, on the terminal or as Markdown, and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmark.contenders import FLOOR, PLATFORM
from tests.benchmark.course import ATTEMPTS, SMALL, Run
from tests.benchmark.next_capture import NextCapture
from tests.benchmark.stages import Profile

_MB, _KB = 1e6, 1e3
_NONE = "-"
_LOG_WIDTH = 160  # where the output is no terminal


@dataclass(frozen=True)
class Figures:
    """All that was measured."""

    games: int
    runs: Sequence[Run]
    raw_tier: dict[str, float]
    profile: Profile
    next_capture: NextCapture


@dataclass(frozen=True)
class _Sheet:
    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def show(figures: Figures, *, markdown: bool) -> None:
    """Print the tables."""
    for sheet in _sheets(figures):
        if markdown:
            print(_markdown(sheet))
        else:
            _console().print(_table(sheet))


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_LOG_WIDTH)


def save(figures: Figures, file: Path) -> Path:
    """Write the figures as JSON and return where."""
    content = {
        "games": figures.games,
        "machine": _machine(),
        "runs": [_run_as_json(figures, run) for run in figures.runs],
        "raw_tier": figures.raw_tier,
        "profile": asdict(figures.profile),
        "next_capture": asdict(figures.next_capture),
    }
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return file


def _sheets(figures: Figures) -> Iterator[_Sheet]:
    yield _contenders(figures)
    if len({run.games for run in figures.runs}) > 1:
        yield _growth(figures)
    yield _raw_tier(figures)
    yield _profile(figures)
    yield _next_capture(figures.next_capture)


def _contenders(figures: Figures) -> _Sheet:
    headings = (
        "raw rows to tables", "games", "seconds", "start-up", "games/s", "rows/s", "x floor",
        "memory", "largest process", "PostgreSQL",
    )  # fmt: skip
    rows = []
    for run in _largest(figures.runs):
        floor = _floor(figures, run.games)
        memory = run.memory
        rows.append(
            (
                f"{run.contender.key} {run.contender.title}" + (f" {run.version}" if run.version else ""),
                f"{run.games:,}",
                f"{run.seconds:.1f}",
                f"{run.wall - run.seconds:.1f}",
                f"{run.games_per_second:.1f}",
                f"{sum(run.rows.values()) / run.seconds:,.0f}",
                f"{floor.games_per_second / run.games_per_second:.1f}" if floor else _NONE,
                f"{memory.processes / _MB:,.0f} MB",
                f"{memory.largest / _MB:,.0f} MB",
                f"{memory.backends / _MB:,.0f} MB",
            )
        )
    machine = _machine()
    title = (
        f"{figures.games:,} games, {machine['cores']} cores, Python {machine['python']};"
        f" up to {SMALL} games a1 and b are the best of {ATTEMPTS} runs, all else is one run"
    )
    return _Sheet(title, headings, rows)


def _growth(figures: Figures) -> _Sheet:
    rows = []
    for run in figures.runs:
        if run.contender is PLATFORM:
            floor = _floor(figures, run.games)
            rows.append(
                (
                    f"{run.games:,}",
                    f"{run.seconds:.1f}",
                    f"{run.games_per_second:.1f}",
                    f"{floor.seconds:.1f}" if floor else _NONE,
                    f"{run.seconds / floor.seconds:.2f}" if floor else _NONE,
                    f"{run.memory.largest / _MB:,.0f} MB",
                )
            )
    headings = ("games", "a1, seconds", "games/s", "floor, seconds", "x floor", "largest process")
    return _Sheet("How time and memory grow", headings, rows)


def _raw_tier(figures: Figures) -> _Sheet:
    raw = figures.raw_tier
    rows = [
        ("a game as JSON", f"{raw['json'] / _KB:,.0f} kB"),
        ("on disk: rows, TOAST and indexes", f"{raw['disk'] / _KB:,.0f} kB"),
        ("  of these the indexes", f"{raw['disk_indexes'] / _KB:,.1f} kB"),
        ("on S3: one object", f"{raw['object'] / _KB:,.0f} kB"),
        ("newest capture of a game_pk", f"{raw['lookup_ms']:.2f} ms"),
        ("  with its body", f"{raw['lookup_with_body_ms']:.2f} ms"),
        ("newest captures of the games of a date", f"{raw['date_ms']:.2f} ms"),
        ("  with their bodies", f"{raw['date_with_bodies_ms']:.2f} ms"),
    ]
    return _Sheet(f"The raw tier, {figures.games:,} games", ("per game; medians, warm", ""), rows)


def _profile(figures: Figures) -> _Sheet:
    profile = figures.profile
    games = sum(profile.games)
    total = sum(sum(stage.seconds) for stage in profile.stages.values())
    rows = [
        (
            name,
            f"{sum(stage.seconds) / games * 1000:.1f}",
            f"{sum(stage.seconds) / total:.0%}",
            f"{sum(stage.own) / games * 1000:.1f}",
            f"{(sum(stage.seconds) - sum(stage.own)) / games * 1000:.1f}",
            f"{stage.seconds[0] / profile.games[0] * 1000:.1f}",
            f"{stage.seconds[-1] / profile.games[-1] * 1000:.1f}",
        )
        for name, stage in profile.stages.items()
    ]
    headings = (
        "stage", "ms per game", "share", "own work, ms", "waiting for PostgreSQL, ms", "first batch", "last batch",
    )  # fmt: skip
    return _Sheet(f"Where the time of a1 goes: one process, {games:,} games", headings, rows)


def _next_capture(figures: NextCapture) -> _Sheet:
    rows = [
        ("flatten alone", f"{figures.flatten_p50:.1f}", ""),
        ("staged whole", f"{figures.staged_p50:.1f}", f"{figures.staged_p99:.1f}"),
        ("as a change, as followers publish it", f"{figures.change_p50:.1f}", f"{figures.change_p99:.1f}"),
    ]
    written = f"{figures.rows_written:,} rows written, {figures.rows_changed:,} differ"
    return _Sheet(
        f"A game's next capture, from body to commit, {figures.states} states; as a change: {written}",
        ("milliseconds", "p50", "p99"),
        rows,
    )


def _largest(runs: Sequence[Run]) -> list[Run]:
    """The run of each contender at its largest size, in the order of their keys."""
    newest = {run.contender.key: run for run in runs}
    return [newest[key] for key in sorted(newest)]


def _floor(figures: Figures, games: int) -> Run | None:
    return next((run for run in figures.runs if run.contender is FLOOR and run.games == games), None)


def _run_as_json(figures: Figures, run: Run) -> dict[str, Any]:
    floor = _floor(figures, run.games)
    return {
        "contender": run.contender.key,
        "title": run.contender.title,
        "version": run.version,
        "games": run.games,
        "seconds": run.seconds,
        "start_up": run.wall - run.seconds,
        "games_per_second": run.games_per_second,
        "rows": run.rows,
        "ratio_to_floor": floor.games_per_second / run.games_per_second if floor else None,
        "memory": asdict(run.memory),
    }


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def _table(sheet: _Sheet) -> Table:
    table = Table(title=sheet.title, title_justify="left")
    for number, heading in enumerate(sheet.headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=not number)
    for row in sheet.rows:
        table.add_row(*row)
    return table


def _markdown(sheet: _Sheet) -> str:
    rule = ["---", *["---:"] * (len(sheet.headings) - 1)]
    lines = [sheet.headings, tuple(rule), *sheet.rows]
    return "\n".join([f"**{sheet.title}**", "", *(f"| {' | '.join(line)} |" for line in lines), ""])
