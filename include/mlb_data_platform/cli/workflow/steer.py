"""`mlb-etl workflow unpause|clear|wait`: let runs go on, run again what failed, wait for how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mlb_data_platform.cli.options import AsJson
from mlb_data_platform.cli.output import print_rows
from mlb_data_platform.cli.workflow.options import Dag, Timeout
from mlb_data_platform.errors import BadInputError

if TYPE_CHECKING:
    from mlb_data_platform.cli.workflow.airflow_api import AirflowApi
    from mlb_data_platform.jobs.models import Job


def unpause(dag: Dag, as_json: AsJson = False) -> None:
    """Let DAG run: by its schedule, and what waits for it to be unpaused.

    Example: mlb-etl workflow unpause mlb_schedule
    """
    from mlb_data_platform.cli.workflow.airflow_api import airflow_api

    with airflow_api() as api:
        found = api.unpause(dag)
    rows = [{"dag": found["dag_id"], "state": "paused" if found["is_paused"] else "active"}]
    print_rows(rows, as_json=as_json)


def wait(
    dag: Dag,
    run: Annotated[str | None, typer.Option(help="This run; default: the newest one.")] = None,
    timeout: Timeout = 3600,
    as_json: AsJson = False,
) -> None:
    """Wait until a run of DAG has ended: exit 0 if it succeeded, 1 if it failed or took too long.

    Example: mlb-etl workflow wait mlb_game --timeout 600
    """
    from mlb_data_platform.cli.workflow.airflow_api import airflow_api
    from mlb_data_platform.cli.workflow.airflow_wait import wait_for_run

    with airflow_api() as api:
        ended = wait_for_run(api, dag, run, timeout)
    print_rows([{"dag": dag, "run": ended["dag_run_id"], "state": ended["state"]}], as_json=as_json)


def clear(
    dag: Dag,
    run: Annotated[str, typer.Option(help="The run, as `workflow status` names it.")],
    task: Annotated[str | None, typer.Option(help="This task and what comes after it; default: all tasks.")] = None,
    game_pk: Annotated[int | None, typer.Option(min=1, help="Of a task per game: only this game's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let tasks of a run run again, with all that comes after them: the repair. DAG must not be paused.

    Example: mlb-etl workflow clear mlb_game --run asset_triggered__2026-04-20 --game-pk 822750
    """
    from mlb_data_platform.cli.workflow.airflow_api import airflow_api
    from mlb_data_platform.cli.workflow.paused import refuse_paused, tell_paused_followers
    from mlb_data_platform.jobs.load import load_job

    job = load_job(dag)
    with airflow_api() as api:
        refuse_paused(api, job.name)
        tell_paused_followers(api, job)
        if game_pk is None:
            cleared = api.clear(job.name, run, [job.task_id(task)] if task else None)
        else:
            cleared = api.clear(job.name, run, [[_task_per_game(job, task), _map_index(api, job, run, game_pk)]])
    if not cleared:  # Airflow takes any name of a task, and clears none
        raise BadInputError(
            f"{job.name} {run}: there is no task {task or ''} to clear; `mlb-etl workflow status` lists them"
        )
    rows = [{"task": each["task_id"], "game": each["rendered_map_index"] or ""} for each in cleared]
    print_rows(rows, as_json=as_json)


def _task_per_game(job: Job, asked: str | None) -> str:
    known = [name for name, task in job.tasks.items() if task.per_game]
    if not known or (asked and asked not in known):
        raise BadInputError(f"{job.name}: no task per game {asked or ''}; there are: {', '.join(known) or 'none'}")
    return job.task_id(asked or known[0])


def _map_index(api: AirflowApi, job: Job, run: str, game_pk: int) -> int:
    games = [game["game_pk"] for game in api.listed_games(job.name, run)]
    if game_pk not in games:
        raise BadInputError(f"{job.name} {run} has no game {game_pk}; it has: {', '.join(map(str, games)) or 'none'}")
    return games.index(game_pk)
