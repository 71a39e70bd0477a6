"""`mlb-etl live`: games are followed as they are played."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mlb_data_platform.cli import live_watch
from mlb_data_platform.cli.live_tail import tail
from mlb_data_platform.cli.options import AsJson, EngineName, as_date

app = typer.Typer(
    no_args_is_help=True,
    help="Follow games as they are played.",
    epilog="Example: mlb-etl live follow --game-pk 822750",
)


app.command("watch", epilog="Example: mlb-etl live watch --date 2026-04-19")(live_watch.command)


@app.command(epilog="Example: mlb-etl live follow --game-pk 822750")
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
    from mlb_data_platform.live import run
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded

    def say(text: str) -> None:
        print(f"game {game_pk}: {text}", file=sys.stderr, flush=True)

    date = as_date("--date", day)
    with recorded("live follow", {"game_pk": game_pk, "date": day}) as execution:
        counts = run.follow(game_pk, settings(), execution, say, date)
    finish("live follow", execution, counts, as_json=as_json)


@app.command(epilog="Example: mlb-etl live stream --date 2026-04-19")
def stream(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="The baseball date.")],
    engine: Annotated[EngineName, typer.Option(help="In processes of this machine, or by Spark.")] = EngineName.process,
    as_json: AsJson = False,
) -> None:
    """Turn what comes into the raw tier of a date's games into rows, as it comes, until all are settled.

    It goes on where the last stream of the date stopped, so that it can be stopped and started at any point; another
    one of the same date waits, and takes over when the first one is gone. It ends with 0 when each game is final,
    cancelled, postponed or suspended in the tables, or nothing more can come, with 1 when PostgreSQL was away for too
    long, with 2 when the newest capture of a game is refused, or for a date that the schedule does not have.
    """
    from contextlib import closing

    from mlb_data_platform.cli.output import finish
    from mlb_data_platform.live.run import followed_mapping
    from mlb_data_platform.live.stream import Stream, run_stream
    from mlb_data_platform.live.stream_workers import Workers
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded
    from mlb_data_platform.transform.run import Engine

    def say(text: str) -> None:
        print(f"stream {day}: {text}", file=sys.stderr, flush=True)

    def stream_with(engine: Engine) -> Stream:
        return Stream(mapping, date, engine, execution, say, speed=settings().mlb_clock_speed)

    date = as_date("--date", day)
    mapping, _ = followed_mapping()
    with recorded("live stream", {"date": day, "engine": engine.value}) as execution:
        if engine is EngineName.spark:
            from mlb_data_platform.spark.stream import run_by_spark

            counts = run_by_spark(mapping, stream_with)
        else:
            with closing(Workers()) as workers:
                counts = run_stream(stream_with(workers))
    finish("live stream", execution, counts, as_json=as_json)


app.command(epilog="Example: mlb-etl live tail --game-pk 822750")(tail)
