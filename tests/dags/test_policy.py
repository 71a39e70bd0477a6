"""What every DAG and task of the project keeps to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.dag_processing.dagbag import DagBag
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk.definitions.mappedoperator import MappedOperator

from mlb_data_platform.jobs.load import job_files, load_job
from mlb_data_platform.jobs.pools import POOLS_FILE
from mlb_data_platform.orchestration.game_sensor import GameSensor
from mlb_data_platform.orchestration.pod_operator import PodOperator
from mlb_data_platform.orchestration.process_operator import ProcessOperator
from mlb_data_platform.orchestration.spark_operator import SparkOperator
from tests.dags.conftest import DAGS_DIR, LoadBag
from tests.dags.runs import is_per_game

POOLS = json.loads(POOLS_FILE.read_text(encoding="utf-8"))
TASKS = [task for path in job_files(DAGS_DIR) for task in load_job(path).tasks.values()]
FOLLOWING = (["live", "watch"], ["live", "follow"])
OURS = (PodOperator, SparkOperator, ProcessOperator, GameSensor)


def tasks(bag: DagBag) -> Iterator[tuple[str, Any]]:
    for dag in bag.dags.values():
        for task in dag.tasks:
            yield f"{dag.dag_id}.{task.task_id}", task


def operator_class(task: Any) -> type:
    return task.operator_class if isinstance(task, MappedOperator) else type(task)


def test_every_yaml_is_a_dag(bag: DagBag) -> None:
    assert bag.import_errors == {}
    stubs, yamls = ({path.stem for path in DAGS_DIR.glob(pattern)} for pattern in ("*.py", "*.yaml"))
    assert set(bag.dags) == stubs == yamls


def test_dags_say_whose_they_are_and_what_they_do(bag: DagBag) -> None:
    for dag in bag.dags.values():
        assert "mlb" in dag.tags, dag.dag_id
        assert dag.owner not in ("", "airflow"), dag.dag_id
        assert dag.description, dag.dag_id
        assert dag.doc_md, dag.dag_id
        for param in dag.params:
            assert f"`{param}`" in dag.doc_md, f"{dag.dag_id}: doc says nothing of param {param}"


def test_dags_do_not_catch_up_or_overlap(bag: DagBag) -> None:
    for dag in bag.dags.values():
        assert dag.catchup is False, dag.dag_id
        assert dag.max_active_runs <= 4, dag.dag_id


def test_tasks_retry_time_out_and_wait_their_turn(bag: DagBag) -> None:
    for name, task in tasks(bag):
        assert 1 <= task.retries <= 10, name
        assert task.retry_exponential_backoff == 2, name
        assert task.retry_delay < task.max_retry_delay <= timedelta(minutes=15), name
        assert task.execution_timeout is not None, name
        assert task.pool in POOLS, name


def test_what_lasts_for_hours_keeps_nobody_waiting(bag: DagBag) -> None:
    """It has slots of its own, and where it is a pod, no worker waits for it."""
    lasting = [(name, task) for name, task in tasks(bag) if task.execution_timeout > timedelta(hours=2)]
    assert {name for name, _ in lasting} >= {"mlb_live.watch", "mlb_live.game.follow", "mlb_live.stream"}
    for name, task in lasting:
        assert task.pool in ("mlb_live", "mlb_stream", "mlb_wait"), name
        assert getattr(task, "deferrable", True), name


def test_what_lasts_for_hours_says_in_airflow_what_it_does(load_bag: LoadBag) -> None:
    live = load_bag("kubernetes").dags["mlb_live"]
    for task_id in ("watch", "game.follow", "stream"):
        task = live.get_task(task_id)
        given = task.partial_kwargs if isinstance(task, MappedOperator) else vars(task)
        assert 0 < given["logging_interval"] <= 60, task_id


def test_no_more_programs_ask_the_api_than_their_pools_have_slots() -> None:
    """Of the rate of requests each takes its share where Redis is away (statsapi/rate_limit.py)."""
    asking = {task.pool for task in TASKS if task.argv[:1] == ["ingest"] or task.argv[:2] in FOLLOWING}
    assert asking == {"mlb_api", "mlb_live"}
    for pool in asking:
        assert POOLS[pool]["include_deferred"], f"{pool}: a deferred task has its pod, and that asks"


def test_who_only_waits_takes_no_slot() -> None:
    waiting = {task.pool for task in TASKS if task.sensor}
    assert waiting == {"mlb_wait"}
    assert not POOLS["mlb_wait"]["include_deferred"]


def test_every_game_of_a_date_is_followed_at_once(bag: DagBag) -> None:
    """Where tasks are processes, followers run side by side, beside the watch and the stream."""
    follow = bag.dags["mlb_live"].get_task("game.follow")
    beside = 2
    assert follow.max_active_tis_per_dagrun + beside <= bag.dags["mlb_live"].max_active_tasks
    assert follow.max_active_tis_per_dagrun + beside <= POOLS["mlb_live"]["slots"]


def test_work_is_done_by_the_platforms_operators_only(bag: DagBag) -> None:
    for name, task in tasks(bag):
        small = task.task_id in ("list_games", "check")
        assert issubclass(operator_class(task), PythonOperator if small else OURS), name
        assert operator_class(task) is not KubernetesPodOperator, name


def test_the_list_of_games_is_the_only_xcom(bag: DagBag) -> None:
    for name, task in tasks(bag):
        if operator_class(task) is PythonOperator:
            assert task.do_xcom_push == name.endswith(".list_games"), name


def test_people_are_told_of_every_failed_run_that_no_other_makes_up_for_within_the_hour(bag: DagBag) -> None:
    frequent = {"mlb_schedule_today", "mlb_win_probability_today", "mlb_game_changes", "mlb_corrections"}
    silent = {dag.dag_id for dag in bag.dags.values() if not dag.get_task("check").on_failure_callback}
    assert silent == frequent


def test_people_are_told_at_once_of_what_keeps_a_game_from_being_seen(bag: DagBag) -> None:
    for task_id in ("watch", "game.follow", "stream"):
        assert bag.dags["mlb_live"].get_task(task_id).on_failure_callback, task_id


def test_mapped_tasks_show_the_match_up(bag: DagBag) -> None:
    for name, task in tasks(bag):
        if is_per_game(task):
            assert task.map_index_template == "{{ task.game.label }}", name
            assert task.max_active_tis_per_dagrun, name


def test_every_dag_ends_with_its_check(bag: DagBag) -> None:
    for dag in bag.dags.values():
        assert [task.task_id for task in dag.leaves] == ["check"], dag.dag_id
        assert dag.get_task("check").trigger_rule == "all_done", dag.dag_id
