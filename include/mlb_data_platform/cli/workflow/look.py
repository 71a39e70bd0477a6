"""`mlb-etl workflow list|status|missing`: which DAGs there are, what became of their runs, what is not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlb_data_platform.cli.options import AsJson
from mlb_data_platform.cli.output import print_rows
from mlb_data_platform.cli.workflow.options import Dag, From, To, as_days
from mlb_data_platform.errors import BadInputError

if TYPE_CHECKING:
    from mlb_data_platform.cli.workflow.airflow_api import AirflowApi
    from mlb_data_platform.cli.workflow.missing_dates import MissingDate


def list_dags(as_json: AsJson = False) -> None:
    """List the platform's DAGs: when they run and whether they are paused.

    Example: mlb-etl workflow list
    """
    from mlb_data_platform.cli.workflow.airflow_api import airflow_api

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
    print_rows(rows, as_json=as_json)


def status(
    dag: Dag,
    run: Annotated[str | None, typer.Option(help="The tasks of this run; default: the newest one's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many runs to list.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the newest runs of DAG and the tasks of one of them, mapped tasks by their match-up.

    Example: mlb-etl workflow status mlb_game --limit 3
    """
    from mlb_data_platform.cli.workflow.airflow_api import airflow_api

    with airflow_api() as api:
        runs = api.newest_runs(dag, limit)
        run_id = run or (runs[0]["dag_run_id"] if runs else None)
        tasks = api.task_instances(dag, run_id) if run_id else []
        labels = _labels(api, dag, run_id) if run_id and any(map(_is_numbered, tasks)) else {}
    run_rows = [{"run": each["dag_run_id"], "state": each["state"], "ended": each["end_date"] or "-"} for each in runs]
    task_rows = [
        {
            "task": task["task_id"],
            "game": (_is_numbered(task) and labels.get(task["map_index"])) or task["rendered_map_index"] or "",
            "state": task["state"] or "waiting",
            "tries": task["try_number"],
        }
        for task in tasks
    ]
    if as_json:
        typer.echo(json.dumps({"runs": run_rows, "run": run_id, "tasks": task_rows}))
        return
    print_rows(run_rows, as_json=False)
    print_rows(task_rows, as_json=False)


def _is_numbered(task: dict[str, Any]) -> bool:
    """Whether Airflow calls a mapped task by its number: before it runs, and again before it is tried again."""
    return bool(task["rendered_map_index"] == str(task["map_index"]))


def _labels(api: AirflowApi, dag: str, run_id: str) -> dict[int, str]:
    """Return the match-ups of a run by map index; none where its games are to be listed anew."""
    try:
        return {index: game["label"] for index, game in enumerate(api.listed_games(dag, run_id))}
    except BadInputError:  # nothing is there yet
        return {}


def missing(dag: Dag, start: From, end: To, as_json: AsJson = False) -> None:
    """Print each date for which DAG has no successful run, or whose games are not all in the tables; exit 1 for any.

    Example: mlb-etl workflow missing mlb_game --from 2026-04-01 --to 2026-04-30
    """
    from mlb_data_platform.cli.workflow.airflow_api import airflow_api
    from mlb_data_platform.cli.workflow.missing_dates import missing_dates
    from mlb_data_platform.jobs.load import load_job
    from mlb_data_platform.storage.database import session

    job, days = load_job(dag), as_days(start, end)
    with airflow_api() as api, session(autocommit=True) as connection:
        found = missing_dates(job, days, api, connection)
    if as_json:
        rows = [{"date": day.date, "has_run": day.has_run, "absent": list(day.absent)} for day in found]
    else:
        rows = [{"date": day.date, "why": _why(day)} for day in found]
    print_rows(rows, as_json=as_json)
    if found:
        raise typer.Exit(1)


def _why(day: MissingDate) -> str:
    return "; ".join([*([] if day.has_run else ["no successful run"]), *day.absent])
