"""A run and its tasks as Airflow would have them, without Airflow's database: to render what a task will do."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import DAG
from airflow.sdk.definitions.mappedoperator import MappedOperator

from mlb_data_platform.jobs.task_models import spark_program

if TYPE_CHECKING:
    from airflow.sdk import Context

RUN_ID = "manual__2026-04-19T00:00:00+00:00"
GAME = {"game_pk": 1000001, "label": "Away @ Home"}


def context(**params: Any) -> dict[str, Any]:
    """The context of a run of 2026-04-19."""
    given = {"game_pks": [], "date": None, "season": None, "force": False} | params
    ti = SimpleNamespace(dag_id="mlb_game", run_id=RUN_ID, task_id="work")
    return {"params": given, "partition_key": None, "logical_date": datetime(2026, 4, 19, tzinfo=UTC), "ti": ti}


def rendered(dag: DAG, task_id: str, **params: Any) -> Any:
    """The operator of a task with its template fields rendered, for GAME where there is one per game."""
    task = dag.get_task(task_id)
    operator: Any = task.unmap({"game": GAME}) if isinstance(task, MappedOperator) else task.prepare_for_execution()
    if is_per_game(task):
        operator.game = Game(GAME)
    run = context(**params)
    ti = SimpleNamespace(dag_id=dag.dag_id, run_id=RUN_ID, task_id=task_id, xcom_pull=lambda **_: [GAME])
    operator.render_template_fields(cast("Context", run | {"task": operator, "ti": ti}))
    return operator


def is_per_game(task: Any) -> bool:
    """Whether a task is mapped over the games, by itself or with its group."""
    return isinstance(task, MappedOperator) or any(task.iter_mapped_task_groups())


class Game:
    """Stands for a game until it is rendered, as the argument of a mapped group does."""

    def __init__(self, game: dict[str, Any]) -> None:
        self.game = game

    def resolve(self, _: Any) -> dict[str, Any]:
        return self.game


def command(operator: Any) -> list[str]:
    """The argv of a rendered operator, after `mlb-etl`; of a Spark application, its program and its argv."""
    if hasattr(operator, "argv"):
        words = list(operator.argv)
        if words[-2:] != ["--engine", "spark"]:
            return words
        program, rest = spark_program(words[:-2])
        return [program, *rest]
    if hasattr(operator, "template_spec"):
        spec = operator.template_spec["spark"]["spec"]
        program = spec["mainApplicationFile"].rpartition("/")[2].removesuffix(".py")
        return [program, *spec["arguments"]]
    return list(operator.arguments)
