"""The commands with which a person goes on from a run or a task in Airflow, ready to be pasted into a shell."""

from __future__ import annotations

import shlex


def repair_command(dag_id: str, run_id: str, task: str, game_pk: int | None) -> str:
    """Return the command that runs a task again, of one game where it is per game, with all that comes after it."""
    of_game = ["--game-pk", str(game_pk)] if game_pk else []
    return shlex.join(["mlb-etl", "workflow", "clear", dag_id, "--run", run_id, "--task", task, *of_game])


def status_command(dag_id: str, run_id: str) -> str:
    """Return the command that shows the tasks of a run, failed ones among them."""
    return shlex.join(["mlb-etl", "workflow", "status", dag_id, "--run", run_id])
