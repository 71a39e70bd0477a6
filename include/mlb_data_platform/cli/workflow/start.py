"""`mlb-etl workflow trigger|backfill`: runs by hand, one or one for each date."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlb_data_platform.cli.options import AsJson, GamePks, Keys, as_date, as_keys
from mlb_data_platform.cli.output import print_rows
from mlb_data_platform.cli.workflow.options import (
    Dag,
    From,
    Timeout,
    To,
    Wait,
    as_days,
)
from mlb_data_platform.errors import BadInputError

if TYPE_CHECKING:
    from mlb_data_platform.ingest.calendar import Days
    from mlb_data_platform.jobs.models import Job


class Reprocess(StrEnum):
    """Which dates that have a run already get another one."""

    none = "none"
    failed = "failed"
    completed = "completed"


def trigger(
    dag: Dag,
    game_pk: GamePks = None,
    key: Keys = None,
    day: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The baseball date.")] = None,
    season: Annotated[int | None, typer.Option(min=1876, max=2100, help="The season, by its year.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write again what is already applied.")] = False,
    wait: Wait = False,
    timeout: Timeout = 3600,
    as_json: AsJson = False,
) -> None:
    """Start one run of DAG, which must not be paused; with --wait show its tasks until it has ended.

    Example: mlb-etl workflow trigger mlb_game --game-pk 822750 --wait
    """
    from mlb_data_platform.cli.workflow.airflow_api import airflow_api
    from mlb_data_platform.cli.workflow.airflow_wait import wait_for_run
    from mlb_data_platform.cli.workflow.paused import refuse_paused, tell_paused_followers
    from mlb_data_platform.jobs.load import load_job
    from mlb_data_platform.jobs.models import param_of

    job = load_job(dag)
    date = None if day is None else as_date("--date", day).isoformat()
    items = {param_of(name): list(values) for name, values in as_keys(key, game_pk).items()}
    given = {**items, "date": date, "season": season, "force": force}
    conf = {name: value for name, value in given.items() if value}
    params = [*job.key_params, *job.params]
    if useless := sorted(set(conf) - set(params)):
        raise BadInputError(f"{job.name} has no param {', '.join(useless)}; it has: {', '.join(params) or 'none'}")
    with airflow_api() as api:
        refuse_paused(api, job.name)
        if not items:  # a run for some of them has not loaded its date, and nothing follows it
            tell_paused_followers(api, job)
        run = api.trigger(job.name, request_of_run(job, conf))
        if wait:
            run = wait_for_run(api, job.name, run["dag_run_id"], timeout)
    print_rows([{"dag": job.name, "run": run["dag_run_id"], "state": run["state"]}], as_json=as_json)


def request_of_run(job: Job, conf: dict[str, Any]) -> dict[str, Any]:
    """Return what Airflow is asked for, to make a run of `job` with these params now."""
    date, now = conf.get("date"), datetime.now(UTC).isoformat()
    return {
        "dag_run_id": f"manual__{date}__{now}" if date else None,  # None: Airflow names it by the moment
        "logical_date": now,
        "conf": conf,
        # so that a backfill knows that the date has a run
        "partition_key": date if job.schedule and job.schedule.partition else None,
    }


def backfill(
    dag: Dag,
    start: From,
    end: To,
    reprocess: Annotated[Reprocess, typer.Option(help="Dates with a run that run again.")] = Reprocess.none,
    max_active_runs: Annotated[int, typer.Option(min=1, max=10, help="Runs at the same time.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the dates.")] = False,
    accept_terms: Annotated[
        bool, typer.Option("--accept-terms", help="Show the terms of the Stats API and allow more than a month.")
    ] = False,
    wait: Wait = False,
    timeout: Timeout = 3600,
    as_json: AsJson = False,
) -> None:
    """Run DAG for each date of a range; what follows it by assets runs for the same dates, and is not waited for.

    Example: mlb-etl workflow backfill mlb_schedule --from 2026-04-01 --to 2026-04-07
    """
    from mlb_data_platform.cli.workflow.airflow_api import airflow_api
    from mlb_data_platform.cli.workflow.airflow_wait import wait_for_backfill
    from mlb_data_platform.cli.workflow.paused import refuse_paused, tell_paused_followers

    days = as_days(start, end)
    job = _checked(dag, days, accept_terms=accept_terms)
    body = {
        "dag_id": dag,
        # what the form sends
        "from_date": f"{days.first}T00:00:00Z",
        "to_date": f"{days.last}T23:59:59Z",
        "reprocess_behavior": reprocess.value,
        "max_active_runs": max_active_runs,
        "dag_run_conf": {"accept_terms": True} if accept_terms else {},
    }
    with airflow_api() as api:
        if not dry_run:
            refuse_paused(api, dag)
            tell_paused_followers(api, job)
        answer = api.backfill(body, dry_run=dry_run)
        if wait and not dry_run:
            wait_for_backfill(api, job, answer["id"], [str(day) for day in days], timeout)
    if dry_run:
        rows = [{"dag": dag, "date": run["partition_key"] or run["logical_date"]} for run in answer["backfills"]]
    else:
        rows = [{"dag": dag, "backfill": answer["id"], "from": str(days.first), "to": str(days.last)}]
    print_rows(rows, as_json=as_json)


def _checked(dag: str, days: Days, *, accept_terms: bool) -> Job:
    from mlb_data_platform.ingest.terms import MOST_DATES, NOTICE, require_terms
    from mlb_data_platform.jobs.load import load_job, starter_of

    job = load_job(dag)
    if job.schedule is None or job.schedule.cron is None:
        starter = starter_of(job)
        instead = f"other DAGs start it: backfill {starter.name}" if starter else "trigger it with a date"
        raise BadInputError(f"{dag} has no dates of its own, {instead} instead")
    require_terms(f"{len(days)} dates", bulk=len(days) > MOST_DATES, accepted=accept_terms)
    if accept_terms:
        typer.echo(NOTICE, err=True)
    return job
