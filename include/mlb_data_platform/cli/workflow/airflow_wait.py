"""Waiting for runs in Airflow: how far they are meanwhile, and what became of them in a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mlb_data_platform.cli.output import progress
from mlb_data_platform.cli.workflow.airflow_api import AirflowApi
from mlb_data_platform.cli.workflow.paused import refuse_paused
from mlb_data_platform.cli.workflow.run_progress import run_progress
from mlb_data_platform.errors import TransientError
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.jobs.run_date import date_of_told_run

T = TypeVar("T")

_ENDED = ("success", "failed")
_SECONDS_BETWEEN_LOOKS = 2.0


def wait_for_run(api: AirflowApi, dag_id: str, run_id: str | None, seconds: float) -> dict[str, Any]:
    """Return a run that has succeeded, and show its tasks until then.

    Without `run_id` it is the newest one, which may still have to begin.

    Raises TransientError with the tasks that failed, or if it has not ended in time; BadInputError where it will not
    start, since the DAG is paused.
    """

    def ended() -> dict[str, Any] | None:
        nonlocal run_id
        if run_id is None:
            run_id = next((run["dag_run_id"] for run in api.newest_runs(dag_id, 1)), None)
        if run_id is None:
            return None
        run = api.run(dag_id, run_id)
        report(api.task_instances(dag_id, run_id))
        return run if run["state"] in _ENDED else None

    with run_progress(f"{dag_id} {run_id or ''}".strip()) as report:
        run = _until(api, dag_id, ended, seconds, lambda: f"{dag_id} {run_id or 'has no run and'}")
    if run["state"] == "failed":
        raise TransientError(f"{dag_id} {run['dag_run_id']} failed: {_failed_tasks(api, dag_id, run['dag_run_id'])}")
    return run


def wait_for_backfill(api: AirflowApi, job: Job, backfill: int, dates: Sequence[str], seconds: float) -> None:
    """Return when a backfill has ended and the newest run of each of its dates has succeeded; show how many have.

    Raises TransientError with the dates whose run failed, or if it has not ended in time; BadInputError if the DAG is
    paused.
    """

    dag_id = job.name

    def ended() -> bool | None:
        newest = _newest_by_date(api, job, dates)
        report(sum(day in newest and newest[day]["state"] in _ENDED for day in dates), len(dates))
        return api.backfill_has_ended(backfill) or None

    with progress(f"{dag_id}, backfill {backfill}: dates") as report:
        _until(api, dag_id, ended, seconds, lambda: f"backfill {backfill}")
    newest = _newest_by_date(api, job, dates)
    problems = [
        f"{day}: {newest[day]['state']} ({newest[day]['dag_run_id']})" if day in newest else f"{day}: no run"
        for day in dates
        if day not in newest or newest[day]["state"] != "success"
    ]
    if problems:
        raise TransientError(f"{dag_id}: {'; '.join(problems)}")


def _newest_by_date(api: AirflowApi, job: Job, dates: Sequence[str]) -> dict[str | None, dict[str, Any]]:
    """The run of each date that counts: dates that had one before may have got none by a backfill.

    Airflow is not asked for those of other seasons, at each look.
    """
    first, last = min(dates), max(dates)
    if job.schedule and job.schedule.is_partitioned:
        common = next(first[:length] for length in range(len(first), -1, -1) if last.startswith(first[:length]))
        wanted = {"partition_key_prefix_pattern": common}
    else:
        wanted = {"logical_date_gte": f"{first}T00:00:00Z", "logical_date_lte": f"{last}T23:59:59Z"}
    runs = api.runs(job.name, **wanted)
    return {date_of_told_run(run): run for run in runs}


def _until(api: AirflowApi, dag_id: str, found: Callable[[], T | None], seconds: float, what: Callable[[], str]) -> T:
    deadline = time.monotonic() + seconds
    while True:
        if (value := found()) is not None:
            return value
        refuse_paused(api, dag_id)
        if time.monotonic() >= deadline:
            raise TransientError(f"{what()} has not ended within {seconds:g} s; look: mlb-etl workflow status {dag_id}")
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _failed_tasks(api: AirflowApi, dag_id: str, run_id: str) -> str:
    tasks = (task for task in api.task_instances(dag_id, run_id) if task["state"] == "failed")
    return ", ".join(f"{task['task_id']} {task['rendered_map_index'] or ''}".strip() for task in tasks) or "no task did"
