"""The factory: one YAML in, one DAG out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, XComArg, task_group

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.each import Each
from mlb_data_platform.jobs.graph import CHECK, GAME_GROUP, LIST_GAMES
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.orchestration.assets import asset
from mlb_data_platform.orchestration.check import check
from mlb_data_platform.orchestration.commit import refuse_another_commit, with_commits
from mlb_data_platform.orchestration.dag_doc import dag_doc
from mlb_data_platform.orchestration.deadline import deadline_alert
from mlb_data_platform.orchestration.list_games import list_games
from mlb_data_platform.orchestration.params import dag_params
from mlb_data_platform.orchestration.retries import retry_arguments
from mlb_data_platform.orchestration.schedule import timetable
from mlb_data_platform.orchestration.task_page import SHOWN_FIELDS, ShownOperator, TaskPage
from mlb_data_platform.orchestration.tasks import AirflowTask, make_task, notify_arguments

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

# The tasks that run in Airflow itself ask PostgreSQL one question, which may be away for an hour.
_SMALL: dict[str, Any] = {
    "pool": "mlb_database",
    **retry_arguments(retries=8, first_delay_seconds=30),
    "execution_timeout": timedelta(minutes=5),
}


def build_dag(path: Path) -> DAG:
    """Return the DAG that the YAML at `path` describes; the same YAML and settings always give the same DAG.

    Raises BadInputError, with file, line and key: Airflow shows it as the import error of this DAG alone.
    """
    try:
        job = load_job(path)
    except BadInputError as error:
        raise with_commits(error, path) from None
    with _Dag(
        dag_id=job.name,
        description=job.description,
        doc_md=dag_doc(job, path),
        schedule=timetable(job.schedule),
        catchup=False,
        deadline=deadline_alert(job),
        max_active_runs=job.max_active_runs,
        params=dag_params(job),
        tags=job.tags,
        default_args={"owner": job.owner, "pre_execute": refuse_another_commit},
    ) as dag:
        _add_tasks(job, TaskPage(job, path))
    return dag


class _Dag(DAG):
    """A DAG whose run by hand has no deadline."""

    def test(self, *args: Any, **kwargs: Any) -> DagRun:
        """Run it in this process, as `airflow dags test` does, and return the run.

        Airflow (3.3) keeps deadlines with the DAG in its database and looks there for those of the one in this process,
        which ends each successful run by hand with an error.
        """
        self.deadline = None
        run: DagRun = super().test(*args, **kwargs)
        return run


class FunctionOperator(ShownOperator, PythonOperator):
    """A task that runs in Airflow itself."""

    template_fields = (*PythonOperator.template_fields, *SHOWN_FIELDS)


def _add_tasks(job: Job, page: TaskPage) -> None:
    """Make list_games, the YAML's tasks and check, each after those that the job's graph says."""
    made: dict[str, AirflowTask] = {}
    games: XComArg | None = None
    if job.each and job.lists_games:
        first = made[LIST_GAMES] = _list_games(job, job.each, page)
        games = first.output
    made |= {name: make_task(job, name, games, page) for name in job.tasks if name not in job.game_steps}
    if games and job.game_steps:
        made |= _game_group(job, games, page)
    made[CHECK] = _check(job, page)
    for name, before in job.graph.items():
        _connect(made, name, [each for each in before if not {name, each} <= set(job.game_steps)])


def _game_group(job: Job, games: XComArg, page: TaskPage) -> dict[str, AirflowTask]:
    """The group in which each game goes its own way: it is mapped as a whole, over the games."""
    made: dict[str, AirflowTask] = {}

    @task_group(group_id=GAME_GROUP, tooltip="what is done for each game")
    def steps(game: Any) -> None:
        made.update({name: make_task(job, name, game, page) for name in job.game_steps})
        for name in job.game_steps:  # here, since Airflow asks which of them come first when the group is complete
            _connect(made, name, [each for each in job.graph[name] if each in made])

    steps.expand(game=games)
    return made


def _connect(made: dict[str, AirflowTask], name: str, before: list[str]) -> None:
    for each in before:
        made[each].set_downstream(made[name])


def _list_games(job: Job, each: Each, page: TaskPage) -> PythonOperator:
    return FunctionOperator(
        task_id=LIST_GAMES,
        python_callable=list_games,
        op_kwargs={"each": each.model_dump(by_alias=True), "of_one_date": job.is_of_one_date},
        inlets=[asset(table) for table in (job.schedule.assets if job.schedule else [])],
        **page.of("each"),
        **_SMALL,
    )


def _check(job: Job, page: TaskPage) -> PythonOperator:
    return FunctionOperator(
        task_id=CHECK,
        python_callable=check,
        op_kwargs={
            "check": job.check.model_dump() if job.check else None,
            "each": job.each.model_dump(by_alias=True) if job.each else None,
            "default_keys": job.default_keys,
            # A run that somebody gave a date has no partition by itself: what follows would not know its date.
            "announces": job.produces if job.schedule and job.schedule.is_partitioned else [],
        },
        trigger_rule="all_done",  # it says what is missing, whatever failed before it
        inlets=[asset(table) for table in job.consumes],
        outlets=[asset(table) for table in job.produces],  # announced only if it passes
        do_xcom_push=False,  # the list of games is the only XCom
        **notify_arguments(job.notify),  # a run fails where its check does, and the check says why
        **page.of("check"),
        **_SMALL,
    )
