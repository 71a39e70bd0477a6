"""What the commands of `mlb-etl workflow` have in common: arguments and dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mlb_data_platform.cli.options import as_date
from mlb_data_platform.errors import BadInputError

if TYPE_CHECKING:
    from mlb_data_platform.ingest.calendar import Days

Dag = Annotated[str, typer.Argument(metavar="DAG", help="A job of dags/, such as mlb_game.")]
From = Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="The first date.")]
To = Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last date.")]
Wait = Annotated[bool, typer.Option("--wait", help="Return when it has ended; exit 1 if it failed or took too long.")]
Timeout = Annotated[int, typer.Option(metavar="SECONDS", min=1, help="How long to wait.")]


def as_days(start: str, end: str) -> Days:
    """Return the dates of --from and --to. Raises BadInputError where there is none."""
    from mlb_data_platform.ingest.calendar import Days

    days = Days(as_date("--from", start), as_date("--to", end))
    if days.last < days.first:
        raise BadInputError(f"--to {days.last} lies before --from {days.first}")
    return days
