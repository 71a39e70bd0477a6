"""What every command shows while it works and when it is done: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from mlb_data_platform.storage.executions import Execution

Progress = Callable[[int, int], None]


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Show how far the block is, on stderr; it tells by calling what it is given with (done, total)."""
    if not sys.stderr.isatty():
        yield lambda done, total: print(f"{label}: {done}/{total}", file=sys.stderr, flush=True)
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def finish(label: str, execution: Execution, details: dict[str, Any], *, as_json: bool) -> None:
    """Print one summary line (or JSON) on stdout, each error on stderr, and end with the run's exit code."""
    summary = {"run_id": str(execution.run_id), "asked": execution.asked, "done": execution.done, **details}
    if as_json:
        print(json.dumps({**summary, "errors": [str(error) for error in execution.errors]}))
    else:
        words = ", ".join(f"{name} {value}" for name, value in details.items())
        failed = f", {len(execution.errors)} failed" if execution.errors else ""
        print(f"{label}: {execution.done} of {execution.asked} done{failed}{', ' if words else ''}{words}")
    sys.stdout.flush()
    for error in execution.errors:
        print(f"error: {error}", file=sys.stderr)
    raise typer.Exit(execution.exit_code)
