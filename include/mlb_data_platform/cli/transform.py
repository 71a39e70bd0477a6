"""`mlb-etl transform`: raw rows become the rows of the tables."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from mlb_data_platform.cli.options import AsJson, EngineName, GamePks, Keys, as_date, as_keys, as_moment
from mlb_data_platform.errors import BadInputError


def command(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT.METHOD", help="A mapping, e.g. game.live_game_v1.")],
    game_pk: GamePks = None,
    key: Keys = None,
    day: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Only what is of this date.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="T", help="Only what was captured since: 2026-07-30T20:15Z, or 2h ago.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything in the raw tier.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Apply again what is applied already.")] = False,
    engine: Annotated[EngineName, typer.Option(help="In this process, or as a Spark job.")] = EngineName.process,
    as_json: AsJson = False,
) -> None:
    """Turn raw rows into the rows of their tables: newest captures only, each game in one transaction.

    Example: mlb-etl transform game.live_game_v1 --date 2026-04-19
    """
    from mlb_data_platform.cli.output import finish, progress
    from mlb_data_platform.mapping.load import load_mapping
    from mlb_data_platform.storage.executions import recorded
    from mlb_data_platform.transform.run import run
    from mlb_data_platform.transform.selection import Selection

    load_mapping(endpoint)
    keys = as_keys(key, game_pk)
    if not (keys or everything) and day is None and since is None:
        raise BadInputError("say what to transform: --game-pk, --key, --date, --since or --all")
    selection = Selection(
        keys=keys,
        day=as_date("--date", day),
        since=None if since is None else as_moment("--since", since),
        force=force,
    )
    started = time.monotonic()
    label = f"transform {endpoint}"
    arguments = {"engine": engine.value, "keys": keys, "date": day, "since": since, "force": force}
    with recorded(label, arguments) as execution, progress(label) as report:
        rows = run(endpoint, selection, execution, report, _engine(engine))
    finish(label, execution, {"rows": rows, "seconds": round(time.monotonic() - started, 1)}, as_json=as_json)


def _engine(engine: EngineName) -> Any:
    if engine is EngineName.spark:
        from mlb_data_platform.spark.engine import outcomes

        return outcomes
    from mlb_data_platform.transform.run import in_process

    return in_process
