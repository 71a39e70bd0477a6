"""`mlb-etl live`: games are followed as they are played."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Follow games as they are played.",
    epilog="Example: mlb-etl live follow --game-pk 822750",
)


@app.callback()
def _group() -> None:
    """Keep `follow` a command of its own, though it is the only one."""


@app.command(epilog="Example: mlb-etl live follow --game-pk 822750")
def follow(
    game_pk: Annotated[int, typer.Option(min=1, max=2**63 - 1, help="The game.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Keep each change of a game in the raw tier, as it comes, until the game is settled.

    It goes on from what is kept of the game, so that it can be stopped and started at any point. Another follower of
    the same game waits, and takes over when the first one is gone. It ends with 0 when the game is final, cancelled,
    postponed or suspended, with 1 when the API or a service was away for too long, with 2 for an unknown game.
    """
    from mlb_data_platform.cli.output import finish
    from mlb_data_platform.live import run
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded

    def say(text: str) -> None:
        print(f"game {game_pk}: {text}", file=sys.stderr, flush=True)

    with recorded("live follow", {"game_pk": game_pk}) as execution:
        counts = run.follow(game_pk, settings(), execution, say)
    finish("live follow", execution, counts, as_json=as_json)
