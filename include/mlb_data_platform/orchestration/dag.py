"""The factory: one YAML in, one DAG out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset, chain

from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.jobs.models import FanOut, Job
from mlb_data_platform.orchestration.check import CHECK, check
from mlb_data_platform.orchestration.list_games import LIST_GAMES, list_games
from mlb_data_platform.orchestration.params import dag_params
from mlb_data_platform.orchestration.schedule import timetable
from mlb_data_platform.orchestration.tasks import make_task, retry_arguments

# The tasks that run in Airflow itself ask PostgreSQL one question.
_SMALL: dict[str, Any] = {
    "pool": "mlb_database",
    **retry_arguments(retries=2, first_delay_seconds=30),
    "execution_timeout": timedelta(minutes=5),
}


def build_dag(path: Path) -> DAG:
    """Return the DAG that the YAML at `path` describes; the same YAML and settings always give the same DAG.

    Raises YamlProblems, with file, line and key: Airflow shows it as the import error of this DAG alone.
    """
    job = load_job(path)
    with DAG(
        dag_id=job.name,
        description=job.description,
        doc_md=job.doc,
        schedule=timetable(job.schedule),
        catchup=False,
        max_active_runs=job.max_active_runs,
        params=dag_params(job.params),
        tags=job.tags,
        default_args={"owner": job.owner},
    ) as dag:
        _add_tasks(job)
    return dag


def _add_tasks(job: Job) -> None:
    """list_games, the YAML's tasks, check: each after the one before."""
    first = _list_games(job, job.fan_out) if job.fan_out else None
    work = [make_task(job, task_id, first.output if first else None) for task_id in job.tasks]
    chain(*([first] if first else []), *work, _check(job))


def _list_games(job: Job, fan_out: FanOut) -> PythonOperator:
    return PythonOperator(
        task_id=LIST_GAMES,
        python_callable=list_games,
        op_kwargs={"fan_out": fan_out.model_dump()},
        inlets=_assets(job.schedule.assets if job.schedule else []),
        **_SMALL,
    )


def _check(job: Job) -> PythonOperator:
    return PythonOperator(
        task_id=CHECK,
        python_callable=check,
        op_kwargs={
            "check": job.check.model_dump(),
            # A run that somebody gave a date has no partition by itself: what follows would not know its date.
            "announces": job.produces if job.schedule and job.schedule.is_partitioned else [],
        },
        trigger_rule="all_done",  # it says what is missing, whatever failed before it
        inlets=_assets(job.consumes),
        outlets=_assets(job.produces),  # announced only if it passes
        do_xcom_push=False,  # the list of games is the only XCom
        **_SMALL,
    )


def _assets(names: list[str]) -> list[Asset]:
    return [Asset(name) for name in names]
