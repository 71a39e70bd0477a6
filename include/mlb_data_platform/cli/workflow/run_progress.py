"""How far a run is, on stderr: its tasks as a table that changes on a terminal, elsewhere a line for each change."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

Report = Callable[[Sequence[dict[str, Any]]], None]

_WAITING = "waiting"
# Airflow knows more ways not to have begun than a person wants to hear of.
_IN_WORDS = {None: _WAITING, "scheduled": _WAITING, "queued": _WAITING, "up_for_retry": "to be tried again"}


@contextmanager
def run_progress(label: str) -> Iterator[Report]:
    """Show how far the block's run is; the block tells by calling what it is given with the run's task instances."""
    if sys.stderr.isatty():
        with _view(label) as report:
            yield report
    else:
        yield _lines(label)


def by_task(tasks: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return where each task stands, in words, in the order given: its state, or how many of a mapped one have it."""
    states: dict[str, Counter[str]] = {}
    for task in tasks:
        states.setdefault(task["task_id"], Counter())[_IN_WORDS.get(task["state"], task["state"])] += 1
    return {name: _in_words(counted) for name, counted in states.items()}


def _in_words(states: Counter[str]) -> str:
    if states.total() == 1:
        return next(iter(states))
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items()))


def _lines(label: str) -> Report:
    told: dict[str, str] = {}

    def report(tasks: Sequence[dict[str, Any]]) -> None:
        for name, words in by_task(tasks).items():
            if words != told.get(name, _WAITING):
                told[name] = words
                print(f"{label}: {name} {words}", file=sys.stderr, flush=True)

    return report


@contextmanager
def _view(label: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), transient=True) as live:
        yield lambda tasks: live.update(_table(label, by_task(tasks)))


def _table(label: str, standing: dict[str, str]) -> Table:
    from rich.table import Table

    table = Table("task", "state", title=label, title_justify="left")
    for name, words in standing.items():
        table.add_row(name, words)
    return table
