"""The one function that makes every task that does work, for whichever runtime."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from airflow.sdk import BaseOperator, XComArg
from airflow.sdk.definitions.mappedoperator import MappedOperator

from mlb_data_platform.jobs.each import Each
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.jobs.task_models import Pod, Spark, Task, spark_program
from mlb_data_platform.orchestration.argv import Argv
from mlb_data_platform.orchestration.notify import NotifyOfFailure
from mlb_data_platform.orchestration.retries import retry_arguments
from mlb_data_platform.orchestration.task_page import TaskPage
from mlb_data_platform.settings import settings

AirflowTask = BaseOperator | MappedOperator


def make_task(job: Job, name: str, games: Any, page: TaskPage) -> AirflowTask:
    """Return the task `name` of `job`: one, or one per game where it is per game.

    `games` is the list of games as an XComArg, over which the task is mapped (None in a job without games); or, for a
    task of a group that is mapped as a whole, what stands for the game in it. Task id, argv, pool, retries, timeout and
    trigger rule are the same in every runtime; where the program runs is not.
    """
    task = job.tasks[name]
    operator, means = _operator(job, name, task, games)
    arguments: dict[str, Any] = {
        "task_id": name,  # in a group, Airflow puts the group's in front
        "pool": task.pool,
        **retry_arguments(task.retries, task.retry_delay_seconds, timeout_is_final=task.takes_long),
        "execution_timeout": timedelta(minutes=task.timeout_minutes),
        "trigger_rule": task.trigger_rule,
        **notify_arguments(task.notify),
        **page.of_task(name),
        **means,
    }
    if not task.per_game:
        return operator(**arguments)
    arguments |= {
        "map_index_template": "{{ task.game.label }}",
        "max_active_tis_per_dagrun": job.max_parallel_games,
    }
    if isinstance(games, XComArg):
        return operator.partial(**arguments).expand(game=games)
    return operator(**arguments, game=games)


def notify_arguments(names: list[str]) -> dict[str, Any]:
    """Return what an operator takes for these notifiers to be told when it has failed for good."""
    return {"on_failure_callback": NotifyOfFailure(tuple(names))} if names else {}


def _operator(job: Job, name: str, task: Task, games: Any) -> tuple[type[BaseOperator], dict[str, Any]]:
    """The class of a task's operator, and what only that class takes."""
    if task.sensor:
        return _sensor(job, task, games)
    return _in_process(task) if settings().mlb_runtime == "process" else _in_cluster(job, name, task)


def _sensor(job: Job, task: Task, games: Any) -> tuple[type[BaseOperator], dict[str, Any]]:
    from mlb_data_platform.orchestration.game_sensor import GameSensor

    each = cast(Each, job.each)  # the model lets no sensor through without it
    return GameSensor, {"each": each.model_dump(by_alias=True)} | ({} if task.per_game else {"games": games})


def _in_process(task: Task) -> tuple[type[BaseOperator], dict[str, Any]]:
    from mlb_data_platform.orchestration.process_operator import ProcessOperator

    engine = ("--engine", "spark") if task.spark else ()
    return ProcessOperator, {"argv": Argv((*task.argv, *engine))}


def _in_cluster(job: Job, name: str, task: Task) -> tuple[type[BaseOperator], dict[str, Any]]:
    full_name, seconds = f"{job.name}-{name}", task.timeout_minutes * 60
    match task.means:
        case Spark() as spark:
            from mlb_data_platform.orchestration.spark_operator import SparkOperator, spark_arguments

            program, words = spark_program(task.argv)
            return SparkOperator, spark_arguments(full_name, program, Argv(words), spark, timeout_seconds=seconds)
        case Pod() as pod:
            from mlb_data_platform.orchestration.pod_operator import PodOperator, pod_arguments

            return PodOperator, pod_arguments(
                full_name,
                Argv(tuple(task.argv)),
                pod,
                timeout_seconds=seconds,
                per_game=task.per_game,
                deferrable=task.deferrable,
            )
