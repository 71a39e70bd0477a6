"""`mlb-etl live watch`: the schedule of a date is kept fresh while its games are played."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mlb_data_platform.cli.options import AsJson, as_date


def watch(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="The baseball date.")],
    as_json: AsJson = False,
) -> None:
    """Keep the schedule of a date fresh, raw tier and tables, until nothing more comes of its games.

    It asks twice a minute while games are played, and tells of each change. Another watch of the same date waits, and
    takes over when the first one is gone. It ends with 0 when each game is final, cancelled, postponed or suspended,
    with 1 when the API or a service was away for too long.
    """
    from mlb_data_platform.cli.output import finish
    from mlb_data_platform.live.watch.run import watch_schedule
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded

    def say(text: str) -> None:
        print(f"{day}: {text}", file=sys.stderr, flush=True)

    date = as_date("--date", day)
    with recorded("live watch", {"date": day}) as execution:
        counts = watch_schedule(date, settings(), execution, say)
    finish("live watch", execution, counts, as_json=as_json)
