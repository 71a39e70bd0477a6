"""`mlb-etl live`: a date as it is played: its schedule, its games, their rows, and what is told of them."""

from __future__ import annotations

import typer

from mlb_data_platform.cli.live.follow import follow
from mlb_data_platform.cli.live.stream import stream
from mlb_data_platform.cli.live.tail import tail
from mlb_data_platform.cli.live.watch import watch

app = typer.Typer(
    no_args_is_help=True,
    help="Follow games as they are played.",
    epilog="Example: mlb-etl live follow --game-pk 822750",
)
app.command(epilog="Example: mlb-etl live watch --date 2026-04-19")(watch)
app.command(epilog="Example: mlb-etl live follow --game-pk 822750")(follow)
app.command(epilog="Example: mlb-etl live stream --date 2026-04-19")(stream)
app.command(epilog="Example: mlb-etl live tail --game-pk 822750")(tail)
