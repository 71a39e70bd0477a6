"""The graph of each DAG against its golden file: one file, so that both runtimes have the same graph."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG

from mlb_data_platform.jobs.load import job_files
from mlb_data_platform.orchestration.game_sensor import GameSensor
from tests.dags.conftest import DAGS_DIR, GOLDEN_DIR
from tests.dags.runs import command, is_per_game, rendered
from tests.golden import as_yaml, assert_golden

DAG_IDS = [path.stem for path in job_files(DAGS_DIR)]


@pytest.mark.golden
@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_graph(bag: DagBag, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    graph = {
        "schedule": repr(dag.timetable),
        "params": sorted(dag.params),
        "tasks": {task.task_id: describe(dag, task) for task in dag.tasks},
    }
    assert_golden(GOLDEN_DIR / f"graph.{dag_id}.yaml", as_yaml(graph))


def describe(dag: DAG, task: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "after": sorted(task.upstream_task_ids),
        "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "pool": task.pool,
        "retries": task.retries,
        "retry_delay": task.retry_delay.total_seconds(),
        "retry_backoff": task.retry_exponential_backoff,
        "max_retry_delay": task.max_retry_delay.total_seconds(),
        "timeout": task.execution_timeout.total_seconds(),
        "per_game": is_per_game(task),
        "announces": [asset.name for asset in task.outlets],
    }
    if isinstance(task, GameSensor):
        found["waits"] = "for its game" if task.game else "for the first game"
    elif task.task_id not in ("list_games", "check"):
        found["argv"] = " ".join(command(rendered(dag, task.task_id)))
        items = {name: [1, 2] for name in dag.params if dag.params[name] == []}
        found["argv_with_params"] = " ".join(
            command(rendered(dag, task.task_id, **items, date="2024-07-04", season=2024, force=True))
        )
    return found
