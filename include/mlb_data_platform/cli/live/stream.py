"""`mlb-etl live stream`: what comes into the raw tier of a date becomes rows."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mlb_data_platform.cli.options import AsJson, EngineName, as_date


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
    from mlb_data_platform.live.serve.live_state import LiveState
    from mlb_data_platform.live.stream.loop import Stream, run_stream
    from mlb_data_platform.live.stream.workers import Workers
    from mlb_data_platform.mapping.load import followed_mapping
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded
    from mlb_data_platform.transform.run import Engine

    def say(text: str) -> None:
        print(f"stream {day}: {text}", file=sys.stderr, flush=True)

    def stream_with(engine: Engine) -> Stream:
        return Stream(mapping, date, engine, execution, say, live_state.serve, settings().mlb_clock_speed)

    date = as_date("--date", day)
    mapping, _ = followed_mapping()
    with (
        recorded("live stream", {"date": day, "engine": engine.value}) as execution,
        closing(LiveState(mapping, settings(), say)) as live_state,
    ):
        if engine is EngineName.spark:
            from mlb_data_platform.spark.stream import run_by_spark

            counts = run_by_spark(mapping, stream_with)
        else:
            with closing(Workers()) as workers:
                counts = run_stream(stream_with(workers))
    finish("live stream", execution, counts, as_json=as_json)
