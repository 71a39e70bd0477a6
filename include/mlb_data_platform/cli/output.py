"""What commands print: how far they are, what became of it, rows; with bars and tables on a terminal, else in lines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from mlb_data_platform.cli.pace import Pace

if TYPE_CHECKING:
    from mlb_data_platform.storage.executions import Execution

Progress = Callable[[int, int], None]

# Where there is no bar: a log that is read later has few lines of one run.
_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress(label: str, *, most_per_second: float | None = None) -> Iterator[Progress]:
    """Show on stderr how far the block is and how long the rest takes: a bar on a terminal, elsewhere some lines.

    The block tells by calling what it is given with (done, total). `most_per_second` is a rate that is not exceeded
    for long, however fast it went so far.
    """
    pace = Pace(most_per_second)
    if sys.stderr.isatty():
        with _bar(label, pace) as report:
            yield report
    else:
        yield _lines(label, pace)


def _lines(label: str, pace: Pace) -> Progress:
    next_at = time.monotonic() + _SECONDS_BETWEEN_LINES

    def report(done: int, total: int) -> None:
        nonlocal next_at
        pace.update(done, total)
        now = time.monotonic()
        if now >= next_at or done == total:
            next_at = now + _SECONDS_BETWEEN_LINES
            print(f"{label}: {done}/{total}, {pace}", file=sys.stderr, flush=True)

    return report


@contextmanager
def _bar(label: str, pace: Pace) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, pace="")

        def report(done: int, total: int) -> None:
            pace.update(done, total)
            bar.update(task, completed=done, total=total, pace=str(pace))

        yield report


def finish(label: str, execution: Execution, details: dict[str, Any], *, as_json: bool) -> None:
    """Print one summary line (or JSON) on stdout, each note and error on stderr, and end with the run's exit code.

    A detail that is None is left out of the line; JSON has it as null.
    """
    summary = {"run_id": str(execution.run_id), "asked": execution.asked, "done": execution.done, **details}
    if as_json:
        errors = [str(error) for error in execution.errors]
        print(json.dumps({**summary, "errors": errors, "notes": execution.notes}))
    else:
        words = ", ".join(f"{name} {value}" for name, value in details.items() if value is not None)
        failed = f", {len(execution.errors)} failed" if execution.errors else ""
        print(f"{label}: {execution.done} of {execution.asked} done{failed}{', ' if words else ''}{words}")
    sys.stdout.flush()
    for note in execution.notes:
        print(f"note: {note}", file=sys.stderr)
    for error in execution.errors:
        print(f"error: {error}", file=sys.stderr)
    raise typer.Exit(execution.exit_code)


def print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print a table on a terminal, tab-separated lines elsewhere, or JSON."""
    if as_json:
        typer.echo(json.dumps(rows))
    elif not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(map(str, row.values())))
    elif rows:
        from rich.console import Console
        from rich.table import Table

        table = Table(*rows[0])
        for row in rows:
            table.add_row(*map(str, row.values()))
        Console().print(table)
