"""`mlb-etl workflow`: look at the DAGs and start them, through Airflow's REST API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from mlb_data_platform.errors import BadInputError

app = typer.Typer(no_args_is_help=True, help="List, trigger and backfill the DAGs through Airflow's REST API.")

Dag = Annotated[str, typer.Argument(metavar="DAG", help="A job of dags/, such as mlb_game.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Reprocess(StrEnum):
    """Which dates that have a run already get another one."""

    none = "none"
    failed = "failed"
    completed = "completed"


@app.command("list")
def list_dags(as_json: AsJson = False) -> None:
    """List the platform's DAGs: when they run and whether they are paused.

    Example: mlb-etl workflow list
    """
    from mlb_data_platform.jobs.airflow_api import airflow_api

    with airflow_api() as api:
        dags = api.dags()
    rows = [
        {
            "dag": dag["dag_id"],
            "schedule": dag["timetable_summary"] or "by hand",
            "state": "paused" if dag["is_paused"] else "active",
            "next_run": dag["next_dagrun_run_after"] or "-",
        }
        for dag in dags
    ]
    _print(rows, as_json=as_json)


@app.command()
def trigger(
    dag: Dag,
    game_pk: Annotated[list[int] | None, typer.Option(min=1, help="This game; may be given more than once.")] = None,
    day: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The baseball date.")] = None,
    season: Annotated[int | None, typer.Option(min=1876, max=2100, help="The season, by its year.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write again what is already applied.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start one run of DAG.

    Example: mlb-etl workflow trigger mlb_game --game-pk 822750
    """
    from mlb_data_platform.jobs.airflow_api import airflow_api
    from mlb_data_platform.jobs.load import load_job

    job = load_job(dag)
    given = {"game_pks": game_pk, "date": day and _date("--date", day).isoformat(), "season": season, "force": force}
    conf = {name: value for name, value in given.items() if value}
    if useless := sorted(set(conf) - set(job.params)):
        raise BadInputError(f"{job.name} has no param {', '.join(useless)}; it has: {', '.join(job.params)}")
    # a partition makes the DAGs that follow this one run for the same date
    partition = conf.get("date") if job.schedule and job.schedule.partition else None
    body = {"logical_date": datetime.now(UTC).isoformat(), "conf": conf, "partition_key": partition}
    with airflow_api() as api:
        run = api.trigger(job.name, body)
    _print([{"dag": job.name, "run": run["dag_run_id"], "state": run["state"]}], as_json=as_json)


@app.command()
def backfill(
    dag: Dag,
    start: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="The first date.")],
    end: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last date.")],
    reprocess: Annotated[Reprocess, typer.Option(help="Dates with a run that run again.")] = Reprocess.none,
    max_active_runs: Annotated[int, typer.Option(min=1, max=10, help="Runs at the same time.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the dates.")] = False,
    accept_terms: Annotated[
        bool, typer.Option("--accept-terms", help="Show the terms of the Stats API and allow more than a month.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run DAG for each date of a range; what follows it by assets runs for the same dates.

    Example: mlb-etl workflow backfill mlb_schedule --from 2026-04-01 --to 2026-04-07
    """
    from mlb_data_platform.jobs.airflow_api import airflow_api

    first, last = _date("--from", start), _date("--to", end)
    _check_range(dag, first, last, accept_terms=accept_terms)
    body = {
        "dag_id": dag,
        "from_date": _midnight(first),
        # the last instant of the last date: a date's run is one tick within it
        "to_date": f"{last}T23:59:59Z",
        "reprocess_behavior": reprocess.value,
        "max_active_runs": max_active_runs,
    }
    with airflow_api() as api:
        answer = api.backfill(body, dry_run=dry_run)
    if dry_run:
        rows = [{"dag": dag, "date": run["partition_key"] or run["logical_date"]} for run in answer["backfills"]]
    else:
        rows = [{"dag": dag, "backfill": answer["id"], "from": str(first), "to": str(last)}]
    _print(rows, as_json=as_json)


@app.command()
def status(
    dag: Dag,
    run: Annotated[str | None, typer.Option(help="The tasks of this run; default: the newest one's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many runs to list.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the newest runs of DAG and the tasks of one of them, mapped tasks by their match-up.

    Example: mlb-etl workflow status mlb_game --limit 3
    """
    from mlb_data_platform.jobs.airflow_api import airflow_api

    with airflow_api() as api:
        runs = api.runs(dag, limit)
        run_id = run or (runs[0]["dag_run_id"] if runs else None)
        tasks = api.task_instances(dag, run_id) if run_id else []
    run_rows = [{"run": each["dag_run_id"], "state": each["state"], "ended": each["end_date"] or "-"} for each in runs]
    task_rows = [
        {
            "task": task["task_id"],
            "game": task["rendered_map_index"] or "",
            "state": task["state"] or "waiting",
            "tries": task["try_number"],
        }
        for task in tasks
    ]
    if as_json:
        typer.echo(json.dumps({"runs": run_rows, "run": run_id, "tasks": task_rows}))
        return
    _print(run_rows, as_json=False)
    _print(task_rows, as_json=False)


def _check_range(dag: str, first: date, last: date, *, accept_terms: bool) -> None:
    from mlb_data_platform.ingest.terms import MOST_DATES, NOTICE, require_terms
    from mlb_data_platform.jobs.load import load_job

    schedule = load_job(dag).schedule
    if schedule is None or schedule.cron is None:
        raise BadInputError(f"{dag} has no dates of its own, other DAGs start it: backfill mlb_schedule instead")
    dates = (last - first).days + 1
    if dates < 1:
        raise BadInputError(f"--to {last} lies before --from {first}")
    require_terms(f"{dates} dates", bulk=dates > MOST_DATES, accepted=accept_terms)
    if accept_terms:
        typer.echo(NOTICE, err=True)


def _midnight(day: date) -> str:
    return f"{day}T00:00:00Z"


def _date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{option}: '{text}' is not a date like 2026-04-19") from None


def _print(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print a table on a terminal, tab-separated lines elsewhere, or JSON."""
    import sys

    if as_json:
        typer.echo(json.dumps(rows))
    elif not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(map(str, row.values())))
    elif rows:
        from rich.console import Console
        from rich.table import Table

        table = Table(*rows[0])
        for row in rows:
            table.add_row(*map(str, row.values()))
        Console().print(table)
