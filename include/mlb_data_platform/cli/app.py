"""`mlb-etl`: one command for everything. Each command's module is imported when that command is used, and not before."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Any

import click
import typer
from typer.core import TyperGroup
from typer.main import get_command

from mlb_data_platform import __version__
from mlb_data_platform.errors import PlatformError

# Command → what it does, for `mlb-etl --help`. The module cli/NAME.py holds it: `app` (a group) or `command`.
_COMMANDS = {
    "ingest": "Ask the Stats API and keep its responses in the raw tier.",
    "transform": "Turn raw rows into the rows of the tables.",
    "schema": "List, check and generate what the mappings describe.",
    "db": "Migrate, look at and refresh the database.",
    "services": "Run PostgreSQL, Redis and S3 on this machine.",
    "simulator": "Serve a Stats API on this machine.",
    "workflow": "List, trigger and backfill the DAGs in Airflow.",
}


class _LazyGroup(TyperGroup):
    """Knows its commands by name, and imports a command's module only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        if ctx.resilient_parsing or _wants_own_help(ctx):
            return click.Command(cmd_name, help=_COMMANDS[cmd_name])
        return _load(cmd_name)


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turns the MLB Stats API into a PostgreSQL data mart.",
    epilog="Example: mlb-etl ingest mlb_game --game-pk 822750",
)


@app.callback()
def _root() -> None:
    """Keep `version` a subcommand."""


@app.command(epilog="Example: mlb-etl version")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
