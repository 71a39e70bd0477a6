"""`mlb-etl ingest`: responses of the Stats API become raw rows."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mlb_data_platform.cli.options import AsJson, GamePks, Keys, as_date, as_keys
from mlb_data_platform.errors import BadInputError


class StubMode(StrEnum):
    """Where responses come from: the API, the API with a recording of each, or recordings."""

    passthrough = "passthrough"
    capture = "capture"
    replay = "replay"


def command(
    job: Annotated[str, typer.Argument(metavar="JOB", help="A YAML of dags/, by name (mlb_game) or path.")],
    game_pk: GamePks = None,
    key: Keys = None,
    day: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The baseball date.")] = None,
    to: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="With --date: all dates up to this one.")] = None,
    season: Annotated[int | None, typer.Option(metavar="YYYY", help="The season.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="With --date or --season: ask again also for what is stored and over.")
    ] = False,
    stub_mode: Annotated[StubMode | None, typer.Option(help="Instead of what STUB_MODE says.")] = None,
    accept_terms: Annotated[
        bool, typer.Option("--accept-terms", help="Show the terms of the Stats API and allow a bulk request.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the Stats API for what JOB needs and keep each response, exactly, in the raw tier.

    With --season or --to, what is stored and over already is skipped: stopped at any point, the same command goes on.
    Games that `mlb-etl live follow` followed to their end are skipped with --date, too.

    Example: mlb-etl ingest mlb_game --game-pk 822750 --game-pk 823556

    Example: mlb-etl ingest mlb_rosters --date 2026-07-30 --key team_id=147

    Example: mlb-etl ingest mlb_game --season 2026 --accept-terms
    """
    from mlb_data_platform.cli.output import finish, progress
    from mlb_data_platform.ingest.budget import label
    from mlb_data_platform.ingest.requests import plan
    from mlb_data_platform.ingest.run import run
    from mlb_data_platform.ingest.scope import Scope
    from mlb_data_platform.ingest.terms import NOTICE
    from mlb_data_platform.jobs.load import load_job
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded

    scope = Scope(as_keys(key, game_pk), as_date("--date", day), as_date("--to", to), _year(season), force)
    loaded = load_job(job)
    planned = plan(loaded, scope, terms_accepted=accept_terms)
    if accept_terms:
        typer.echo(NOTICE, err=True)
    chosen = settings().model_copy(update={"stub_mode": stub_mode.value} if stub_mode else {})
    arguments = {
        "keys": scope.keys,
        "date": day,
        "to": to,
        "season": season,
        "force": force,
        "stub_mode": chosen.stub_mode,
    }
    name = label(loaded)
    limit = None if chosen.stub_mode == StubMode.replay else chosen.mlb_requests_per_second
    with recorded(name, arguments) as execution, progress(name, most_per_second=limit) as report:
        if planned.budget:
            execution.notes.append(str(planned.budget))
        counts = run(planned, chosen, execution, report)
    finish(name, execution, counts, as_json=as_json)


def _year(season: int | None) -> int | None:
    if season is not None and not 1800 < season < 2200:
        raise BadInputError(f"--season: {season} is not a year like 2026")
    return season
