"""`mlb-etl as-of`: the tables as of any moment."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from mlb_data_platform.cli.options import as_moment, as_time_ago
from mlb_data_platform.errors import BadInputError

_SCHEMA = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")


def command(
    into: Annotated[
        str, typer.Option(metavar="SCHEMA", help="The schema of the views; one that was made before is replaced.")
    ],
    moment: Annotated[
        str | None,
        typer.Argument(metavar="T", help="A moment, UTC where it says nothing else; or how long ago: 30s, 5m, 2h, 1d."),
    ] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Drop the schema instead.")] = False,
) -> None:
    """Make a schema with a view of every table as it was: SELECT … FROM SCHEMA.live_game_plays.

    With a time ago the views follow the clock, for viewers who want to know nothing too soon.

    Example: mlb-etl as-of 2026-07-30T20:15Z --into that_evening
    """
    from mlb_data_platform.history import as_of
    from mlb_data_platform.mapping.load import all_mappings
    from mlb_data_platform.storage.database import session

    if not _SCHEMA.fullmatch(into):
        raise BadInputError(f"--into: '{into}' is no name of a schema; take one like yesterday, in lower case")
    if drop:
        with session() as connection:
            as_of.drop(connection, into)
        typer.echo(f"dropped {into}")
        return
    if moment is None:
        raise BadInputError("say as of when: a moment like 2026-07-30T20:15Z, or a time ago like 30s")
    at = as_time_ago(moment) or as_moment("T", moment)
    with session() as connection:
        views = as_of.make(connection, all_mappings(), at, into)
    typer.echo(f"{into}: {views} tables as of {moment}")
