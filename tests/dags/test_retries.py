"""What a failed task is tried again for, and how long its tries go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowException, AirflowTaskTimeout, TaskDeferralTimeout

from mlb_data_platform.errors import BadInputError, TransientError

AN_HOUR = timedelta(hours=1)
BAD, AWAY = BadInputError("there is no table a.b"), TransientError("PostgreSQL is away")


def action(task: Any, error: BaseException) -> RetryAction:
    """What becomes of a task that fails with this error."""
    decision: RetryAction = task.retry_policy.evaluate(error, 1, task.retries).action
    return decision


def test_what_is_bad_stays_bad(bag: DagBag) -> None:
    for dag in bag.dags.values():
        for task in dag.tasks:
            assert action(task, BAD) is RetryAction.FAIL, task.task_id
            for error in (AWAY, AirflowException("exit code 1: why")):
                assert action(task, error) is RetryAction.DEFAULT, task.task_id


@pytest.mark.parametrize("error", [AirflowTaskTimeout("a worker waited"), TaskDeferralTimeout("the triggerer waited")])
def test_what_took_hours_is_not_given_them_again(bag: DagBag, error: BaseException) -> None:
    for dag in bag.dags.values():
        for task in dag.tasks:
            if task.execution_timeout > timedelta(hours=2):
                assert action(task, error) is RetryAction.FAIL, task.task_id


def test_what_takes_minutes_may_hang_once(bag: DagBag) -> None:
    for task_id in ("ingest", "list_games", "check"):
        assert action(bag.dags["mlb_game"].get_task(task_id), AirflowTaskTimeout("")) is RetryAction.DEFAULT


def test_a_date_survives_an_hour_without_postgresql(bag: DagBag) -> None:
    """Each task of it: in whatever moment that comes, nobody has to clear anything."""
    for task in bag.dags["mlb_live"].tasks:
        assert shortest_pauses(task) > AN_HOUR, task.task_id


def shortest_pauses(task: Any) -> timedelta:
    """How long all the pauses of a task are together, at least: Airflow adds up to as much again, at random."""
    delays = (task.retry_delay * task.retry_exponential_backoff**number for number in range(task.retries))
    return sum((min(delay, task.max_retry_delay) for delay in delays), timedelta())
