"""A run and its tasks as Airflow would have them, without Airflow's database: to render what a task will do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import DAG
from airflow.sdk.definitions.mappedoperator import MappedOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

GAME = {"game_pk": 1000001, "label": "Away @ Home"}


def context(**params: Any) -> dict[str, Any]:
    """The context of a run of 2026-04-19."""
    given = {"game_pks": [], "date": None, "season": None, "force": False} | params
    return {"params": given, "partition_key": None, "logical_date": datetime(2026, 4, 19, tzinfo=UTC)}


def rendered(dag: DAG, task_id: str, **params: Any) -> Any:
    """The operator of a task with its template fields rendered, for GAME where it is mapped."""
    task = dag.get_task(task_id)
    operator = task.unmap({"game": GAME}) if isinstance(task, MappedOperator) else task.prepare_for_execution()
    run = context(**params)
    operator.render_template_fields(cast("Context", run | {"task": operator}))
    return operator


def command(operator: Any) -> list[str]:
    """The argv of a rendered operator, after `mlb-etl`, without the engine that the runtime decides on."""
    if hasattr(operator, "argv"):
        return [word for word in operator.argv if word not in ("--engine", "spark")]
    if hasattr(operator, "template_spec"):
        spec = operator.template_spec["spark"]["spec"]
        program = spec["mainApplicationFile"].rpartition("/")[2].removesuffix(".py")
        return [program, *spec["arguments"]]
    return list(operator.arguments)
