"""`mlb-etl live follow`: what the API says of a game is kept, change by change."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mlb_data_platform.cli.options import AsJson, as_date


def follow(
    game_pk: Annotated[int, typer.Option(min=1, max=2**63 - 1, help="The game.")],
    day: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The date it is followed on.")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep each change of a game in the raw tier, as it comes, until the game is settled.

    It goes on from what is kept of the game, so that it can be stopped and started at any point. Another follower of
    the same game waits, and takes over when the first one is gone. It ends with 0 when the game is final, cancelled,
    postponed or suspended, with 1 when the API or a service was away for too long, with 2 for an unknown game.

    With --date it heeds what schedule.games says of the game on that date: one that was moved to it is waited for
    though it is postponed or suspended still, and one that was moved away from it is not.
    """
    from mlb_data_platform.cli.output import finish
    from mlb_data_platform.live.follow import run
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded

    def say(text: str) -> None:
        print(f"game {game_pk}: {text}", file=sys.stderr, flush=True)

    date = as_date("--date", day)
    with recorded("live follow", {"game_pk": game_pk, "date": day}) as execution:
        counts = run.follow(game_pk, settings(), execution, say, date)
    finish("live follow", execution, counts, as_json=as_json)
