"""A DAG that is paused is said: what it is given to do waits, and what others have done does not reach it."""

from __future__ import annotations

import sys

from mlb_data_platform.cli.workflow.airflow_api import AirflowApi
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.load import all_jobs, followers_of
from mlb_data_platform.jobs.models import Job


def refuse_paused(api: AirflowApi, dag_id: str) -> None:
    """Raise BadInputError where the DAG is paused: what it is given to do would wait, and nobody would know."""
    if api.is_paused(dag_id):
        raise BadInputError(f"{dag_id} is paused, its runs do not start: mlb-etl workflow unpause {dag_id}")


def tell_paused_followers(api: AirflowApi, job: Job) -> None:
    """Say on stderr which of the DAGs that runs of `job` lead to are paused: Airflow keeps nothing for them."""
    followers = {follower.name for follower in followers_of(job, all_jobs())}
    paused = [dag["dag_id"] for dag in api.dags() if dag["is_paused"] and dag["dag_id"] in followers]
    if paused:
        print(
            f"note: paused, of what follows {job.name}: {', '.join(paused)}; they get no run for what is loaded"
            " meanwhile, nor later: mlb-etl workflow unpause DAG",
            file=sys.stderr,
        )
