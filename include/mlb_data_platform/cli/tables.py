"""Rows for people and for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import typer


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
