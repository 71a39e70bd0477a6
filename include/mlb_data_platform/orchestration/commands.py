"""The commands with which a person goes on from a run or a task in Airflow, ready to be pasted into a shell."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mlb_data_platform.jobs.each import GAME
from mlb_data_platform.jobs.graph import GAME_GROUP

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True)
class Commands:
    """A template field: what a person may want to run of a task, its run and its game, shown as it is rendered."""

    def resolve(self, context: Context) -> dict[str, str]:
        """Return each command by what it is for. The game of `context`'s task is rendered by then."""
        ti, task = context["ti"], context["task"]
        game = game_of(task)
        game_pk = game[GAME] if game else None
        repair = repair_command(ti.dag_id, ti.run_id, task_name(ti.task_id), game_pk)
        return {"repair": repair, **({"raw captures": f"mlb-etl raw list --game-pk {game_pk}"} if game_pk else {})}

    def serialize(self) -> dict[str, str]:
        """Return what stands in the serialized DAG: nothing is known of a run there."""
        return {}


def game_of(task: object) -> dict[str, Any] | None:
    """Return the game of a task per game, once it is rendered; None of any other."""
    game = getattr(task, "game", None)
    return cast("dict[str, Any]", game) if isinstance(game, dict) else None


def task_name(task_id: str) -> str:
    """Return what the YAML calls a task, which Airflow calls by its group, too."""
    return task_id.removeprefix(f"{GAME_GROUP}.")


def repair_command(dag_id: str, run_id: str, task: str, game_pk: int | None) -> str:
    """Return the command that runs a task again, of one game where it is per game, with all that comes after it."""
    of_game = ["--game-pk", str(game_pk)] if game_pk else []
    return shlex.join(["mlb-etl", "workflow", "clear", dag_id, "--run", run_id, "--task", task, *of_game])


def status_command(dag_id: str, run_id: str) -> str:
    """Return the command that shows the tasks of a run, failed ones among them."""
    return shlex.join(["mlb-etl", "workflow", "status", dag_id, "--run", run_id])
