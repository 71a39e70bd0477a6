"""The one function that makes every task that does work, for whichever runtime."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator, XComArg
from airflow.sdk.definitions.mappedoperator import MappedOperator

from mlb_data_platform.jobs.models import Job, Pod, Spark, Task
from mlb_data_platform.orchestration.argv import Argv
from mlb_data_platform.settings import settings


def retry_arguments(retries: int, first_delay_seconds: int) -> dict[str, Any]:
    """Return what an operator takes to try again, each time after about twice as long, at most a quarter of an hour.

    What is away for a moment is back by the second try; what is down for an hour is not asked without a pause.
    """
    return {
        "retries": retries,
        "retry_delay": timedelta(seconds=first_delay_seconds),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=15),
    }


def make_task(job: Job, task_id: str, games: XComArg | None) -> BaseOperator | MappedOperator:
    """Return the task `task_id` of `job`: one, or one per game of `games` where its argv asks for a game.

    Task id, argv, pool, retries, timeout and trigger rule are the same in every runtime; where the program runs is not.
    """
    task = job.tasks[task_id]
    operator, means = _in_process(task) if settings().mlb_runtime == "process" else _in_cluster(job, task_id, task)
    common: dict[str, Any] = {
        "task_id": task_id,
        "pool": task.pool,
        **retry_arguments(task.retries, task.retry_delay_seconds),
        "execution_timeout": timedelta(minutes=task.timeout_minutes),
        "trigger_rule": task.trigger_rule,
    }
    if games is None or not task.per_game:
        return operator(**common, **means)
    return operator.partial(
        **common,
        **means,
        map_index_template="{{ task.game.label }}",
        max_active_tis_per_dagrun=job.max_parallel_games,
    ).expand(game=games)


def _in_process(task: Task) -> tuple[type[BaseOperator], dict[str, Any]]:
    from mlb_data_platform.orchestration.process_operator import ProcessOperator

    engine = ("--engine", "spark") if task.spark else ()
    return ProcessOperator, {"argv": Argv((*task.argv, *engine))}


def _in_cluster(job: Job, task_id: str, task: Task) -> tuple[type[BaseOperator], dict[str, Any]]:
    name, seconds = f"{job.name}-{task_id}", task.timeout_minutes * 60
    match task.means:
        case Spark() as spark:
            from mlb_data_platform.orchestration.spark_operator import SparkOperator, spark_arguments

            program, *words = task.argv  # `mlb-etl transform …` is what submits spark_jobs/transform.py
            return SparkOperator, spark_arguments(name, program, Argv(tuple(words)), spark, timeout_seconds=seconds)
        case Pod() as pod:
            from mlb_data_platform.orchestration.pod_operator import PodOperator, pod_arguments

            argv = Argv(tuple(task.argv))
            return PodOperator, pod_arguments(name, argv, pod, timeout_seconds=seconds, per_game=task.per_game)
