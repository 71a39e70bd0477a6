"""The commands with which a person goes on from a run or a task in Airflow, ready to be pasted into a shell."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, cast

from mlb_data_platform.jobs.each import GAME
from mlb_data_platform.jobs.graph import GAME_GROUP

if TYPE_CHECKING:
    from airflow.sdk import Context


def game_of(task: object) -> dict[str, Any] | None:
    """Return the game of a task per game, once it is rendered; None of any other."""
    game = getattr(task, "game", None)
    return cast("dict[str, Any]", game) if isinstance(game, dict) else None


def task_name(task_id: str) -> str:
    """Return what the YAML calls a task, which Airflow calls by its group, too."""
    return task_id.removeprefix(f"{GAME_GROUP}.")


def repair_command(context: Context) -> str:
    """Return the command that runs the task of `context` again, of its game alone, with all that comes after it."""
    ti, game = context["ti"], game_of(context["task"])
    of_game = ["--game-pk", str(game[GAME])] if game else []
    task = ["--run", ti.run_id, "--task", task_name(ti.task_id)]
    return shlex.join(["mlb-etl", "workflow", "clear", ti.dag_id, *task, *of_game])


def status_command(dag_id: str, run_id: str) -> str:
    """Return the command that shows the tasks of a run, failed ones among them."""
    return shlex.join(["mlb-etl", "workflow", "status", dag_id, "--run", run_id])


def captures_of_game_command(game_pk: int) -> str:
    """Return the command that lists what was captured of a game."""
    return shlex.join(["mlb-etl", "raw", "list", "--game-pk", str(game_pk)])


def captures_of_date_command(endpoint: str | None, day: str) -> str:
    """Return the command that lists what was captured of a date, by one endpoint or by all."""
    return shlex.join(["mlb-etl", "raw", "list", *([endpoint] if endpoint else []), "--date", day])
