"""`mlb-etl`: one command for everything, importing what the asked-for command needs and nothing else."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Sequence

import typer

from mlb_data_platform import __version__
from mlb_data_platform.cli.interrupts import Interrupted, signals_as_exceptions
from mlb_data_platform.errors import BadInputError, PlatformError, TransientError

# What each command does, for `mlb-etl --help`. The module cli/NAME.py holds it, as `app` (a group) or `command`.
_COMMANDS = {
    "ingest": "Ask the Stats API and keep its responses in the raw tier.",
    "live": "Follow games as they are played.",
    "transform": "Turn raw rows into the rows of the tables.",
    "rebuild": "Derive tables anew from what was captured.",
    "record": "Keep responses of the Stats API as files.",
    "raw": "List and show what was captured, and restore it from the archive.",
    "corrections": "List what changed after a game was final.",
    "timeline": "List the captures of a game, and what each of them changed.",
    "as-of": "Make views of all tables as they were at a moment.",
    "export": "Export the tables as files for others: Parquet, Delta, DuckDB.",
    "schema": "List, check and generate what the mappings describe.",
    "db": "Migrate, look at and refresh the database.",
    "services": "Run PostgreSQL, Redis and S3 on this machine.",
    "simulator": "Serve a Stats API on this machine.",
    "workflow": "Look at the DAGs in Airflow, start and steer them.",
}


def main() -> None:
    """Run `mlb-etl` and end with its exit code: 0 all done, 1 worth a retry, 2 bad input or data."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    arguments = sys.argv[1:]
    try:
        with signals_as_exceptions():
            application(arguments)(args=arguments)
    except PlatformError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except Interrupted as signal_name:
        print(
            f"error: interrupted by {signal_name}; what is done stays, run the same again for the rest", file=sys.stderr
        )
        sys.exit(TransientError.exit_code)


def application(arguments: Sequence[str]) -> typer.Typer:
    """Return the program for these arguments: of all commands only the one that they name is imported.

    Raises BadInputError when a library that the command needs is not installed in this environment.
    """
    program = typer.Typer(
        name="mlb-etl",
        help="The MLB Stats API as a PostgreSQL data mart.\n\nExample: mlb-etl ingest mlb_game --game-pk 822750",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for name, text in _COMMANDS.items():
        if name == asked:
            _add(program, name)
        else:
            program.command(name, help=text)(_not_asked)
    program.command()(version)
    return program


def version() -> None:
    """Print the version.

    Example: mlb-etl version
    """
    typer.echo(__version__)


def _add(program: typer.Typer, name: str) -> None:
    try:
        module = importlib.import_module(f"mlb_data_platform.cli.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        raise BadInputError(f"`mlb-etl {name}` needs the module {error.name}, which is not installed here") from None
    if hasattr(module, "app"):
        program.add_typer(module.app, name=name)
    else:
        program.command(name)(module.command)


def _not_asked() -> None:
    """Stand in for a command in the list that `--help` shows."""
