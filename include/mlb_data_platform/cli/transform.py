"""`mlb-etl transform`: raw rows become the rows of the tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer

from mlb_data_platform.errors import BadInputError

Value = TypeVar("Value")


class EngineName(StrEnum):
    """Where the work is done: by this process and its workers, or as a Spark job."""

    process = "process"
    spark = "spark"


def command(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT.METHOD", help="A mapping, e.g. game.live_game_v1.")],
    game_pk: Annotated[
        list[int] | None, typer.Option(help="Only this game; may be given more than once.", min=1, max=2**63 - 1)
    ] = None,
    day: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Only what is of this date.")] = None,
    since: Annotated[str | None, typer.Option(metavar="ISO-TIME", help="Only what was captured since (UTC).")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything in the raw tier.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Apply again what is applied already.")] = False,
    engine: Annotated[EngineName, typer.Option(help="In this process, or as a Spark job.")] = EngineName.process,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
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
    if not (game_pk or day or since or everything):
        raise BadInputError("say what to transform: --game-pk, --date, --since or --all")
    selection = Selection(
        game_pks=tuple(game_pk or ()),
        day=_parsed("--date", day, date.fromisoformat, "2026-04-19"),
        since=_parsed("--since", since, _utc, "2026-04-19T20:00Z"),
        force=force,
    )
    started = time.monotonic()
    label = f"transform {endpoint}"
    arguments = {"engine": engine.value, "game_pks": game_pk or [], "date": day, "since": since, "force": force}
    with recorded(label, arguments) as execution, progress(label) as report:
        rows = run(endpoint, selection, execution, report, _engine(engine))
    finish(label, execution, {"rows": rows, "seconds": round(time.monotonic() - started, 1)}, as_json=as_json)


def _engine(engine: EngineName) -> Any:
    if engine is EngineName.spark:
        from mlb_data_platform.spark.engine import outcomes

        return outcomes
    from mlb_data_platform.transform.run import in_process

    return in_process


def _parsed(option: str, text: str | None, parse: Callable[[str], Value], example: str) -> Value | None:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError:
        raise BadInputError(f"{option}: '{text}' is not like {example}") from None


def _utc(text: str) -> datetime:
    time_ = datetime.fromisoformat(text)
    return time_ if time_.tzinfo else time_.replace(tzinfo=UTC)
