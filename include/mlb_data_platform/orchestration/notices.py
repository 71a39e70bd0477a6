"""What people are told of a task that failed or a run that is late: what, of which date and game, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlb_data_platform.errors import one_line
from mlb_data_platform.jobs.graph import CHECK
from mlb_data_platform.jobs.run_date import date_of_told_run
from mlb_data_platform.orchestration.commands import game_of, repair_command, status_command, task_name
from mlb_data_platform.orchestration.params import RunOptions

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True)
class Message:
    """What is told: in a line, and in full."""

    subject: str
    text: str


def of_failure(context: Context) -> Message:
    """Return what is told of a task that failed for good; that of `check` is told as the run's failure."""
    ti: Any = context["ti"]
    game = game_of(context["task"])
    options = RunOptions.of(context)
    name = task_name(ti.task_id)
    run = f"{ti.dag_id} {options.day or ti.run_id}"
    if name == CHECK:
        subject, todo = f"{run} failed", status_command(ti.dag_id, ti.run_id)
    else:
        of_game = f" of {game['game_pk']} ({game['label']})" if game else ""
        subject = f"{run}: {name}{of_game} failed"
        todo = repair_command(context)
    error = context.get("exception")
    why = str(error) if error else "it was ended before it could say why"
    return Message(subject, f"{subject}\n{why}\nlog: {ti.log_url}\nnext: {todo}")


def of_missed_deadline(context: Mapping[str, Any], unknown: Exception | None) -> Message:
    """Return what is told of a run that has not succeeded by its deadline; `context` is what Airflow has of it then.

    `unknown` is why it is not known whether others have loaded its date.
    """
    run = context["dag_run"]
    due = datetime.fromisoformat(str(context["deadline"]["deadline_time"])).astimezone(UTC)  # a text, by some executors
    subject = f"{run['dag_id']} {date_of_told_run(run)}: not loaded by {due:%Y-%m-%d %H:%M} UTC"
    todo = status_command(run["dag_id"], run["dag_run_id"])
    doubt = f"\nwhether others have loaded it could not be asked: {one_line(unknown)}" if unknown else ""
    return Message(subject, f"{subject}\nits run is {run['state']}{doubt}\nnext: {todo}")
