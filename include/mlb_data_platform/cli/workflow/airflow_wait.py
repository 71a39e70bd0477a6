"""Waiting for runs in Airflow, and what became of them in a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mlb_data_platform.cli.workflow.airflow_api import AirflowApi
from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.jobs.run_date import date_of_run

T = TypeVar("T")

_ENDED = ("success", "failed")
_SECONDS_BETWEEN_LOOKS = 2.0


def wait_for_run(api: AirflowApi, dag_id: str, run_id: str | None, seconds: float) -> dict[str, Any]:
    """Return a run that has succeeded; without `run_id` the newest one, which may still have to begin.

    Raises TransientError with the tasks that failed, or if it has not ended in time; BadInputError where it will not
    start, since the DAG is paused.
    """

    def ended() -> dict[str, Any] | None:
        nonlocal run_id
        if run_id is None:
            run_id = next((run["dag_run_id"] for run in api.newest_runs(dag_id, 1)), None)
        run = api.run(dag_id, run_id) if run_id else None
        return run if run and run["state"] in _ENDED else None

    run = _until(api, dag_id, ended, seconds, lambda: f"{dag_id} {run_id or 'has no run and'}")
    if run["state"] == "failed":
        raise TransientError(f"{dag_id} {run['dag_run_id']} failed: {_failed_tasks(api, dag_id, run['dag_run_id'])}")
    return run


def wait_for_backfill(api: AirflowApi, dag_id: str, backfill: int, dates: Sequence[str], seconds: float) -> None:
    """Return when a backfill has ended and the newest run of each of its dates has succeeded.

    Raises TransientError with the dates whose run failed, or if it has not ended in time; BadInputError if the DAG is
    paused.
    """
    _until(api, dag_id, lambda: api.backfill_has_ended(backfill) or None, seconds, lambda: f"backfill {backfill}")
    # dates that had a run before may have got none now: what counts is how the newest one ended
    newest = {
        date_of_run(run["conf"] or {}, run["partition_key"], run["logical_date"]): run for run in api.runs(dag_id)
    }
    problems = [
        f"{day}: {newest[day]['state']} ({newest[day]['dag_run_id']})" if day in newest else f"{day}: no run"
        for day in dates
        if day not in newest or newest[day]["state"] != "success"
    ]
    if problems:
        raise TransientError(f"{dag_id}: {'; '.join(problems)}")


def _until(api: AirflowApi, dag_id: str, found: Callable[[], T | None], seconds: float, what: Callable[[], str]) -> T:
    deadline = time.monotonic() + seconds
    while True:
        if (value := found()) is not None:
            return value
        if api.is_paused(dag_id):
            raise BadInputError(f"{dag_id} is paused, its runs do not start: mlb-etl workflow unpause {dag_id}")
        if time.monotonic() >= deadline:
            raise TransientError(f"{what()} has not ended within {seconds:g} s; look: mlb-etl workflow status {dag_id}")
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _failed_tasks(api: AirflowApi, dag_id: str, run_id: str) -> str:
    tasks = (task for task in api.task_instances(dag_id, run_id) if task["state"] == "failed")
    return ", ".join(f"{task['task_id']} {task['rendered_map_index'] or ''}".strip() for task in tasks) or "no task did"
