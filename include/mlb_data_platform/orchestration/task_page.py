"""What the page of a task in Airflow shows besides what it runs: the commands to go on with, and its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from mlb_data_platform.jobs.each import GAME
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.orchestration.commands import (
    captures_of_date_command,
    captures_of_game_command,
    game_of,
    repair_command,
    status_command,
)
from mlb_data_platform.orchestration.dag_doc import effective, yaml_place
from mlb_data_platform.orchestration.params import RunOptions

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True)
class Commands:
    """A template field: what a person may want to run of a task, its run and its game, shown as it is rendered.

    `endpoints` are those whose captures of a date the tasks of the job put into the tables.
    """

    endpoints: tuple[str, ...] = ()

    def resolve(self, context: Context) -> dict[str, str]:
        """Return each command by what it is for. The game of `context`'s task is rendered by then."""
        ti, game = context["ti"], game_of(context["task"])
        raw = captures_of_game_command(game[GAME]) if game else self._captures_of_date(RunOptions.of(context))
        found = {
            "repair": repair_command(context),
            "status": status_command(ti.dag_id, ti.run_id),
            "raw captures": raw,
        }
        return {what: command for what, command in found.items() if command}

    def serialize(self) -> dict[str, str]:
        """Return what stands in the serialized DAG: nothing is known of a run there."""
        return {}

    def _captures_of_date(self, options: RunOptions) -> str | None:
        """None where the run is not about a date's captures: for some items, or of a job that has none by date."""
        if not self.endpoints or options.keys or options.day is None:
            return None
        return captures_of_date_command(self.endpoints[0] if len(self.endpoints) == 1 else None, options.day)


@dataclass(frozen=True)
class Configuration:
    """A template field: where the YAML of a task lies, and what it says of it with every default."""

    yaml: str
    said: Mapping[str, Any]

    def resolve(self, context: Context) -> dict[str, Any]:
        """Return both as they are: an object, since Airflow takes a text that ends with `.yaml` for a file to read."""
        return {"yaml": self.yaml, **self.said}

    def serialize(self) -> dict[str, Any]:
        """Return what stands in the serialized DAG: its doc says it already."""
        return {}


class ShownOperator(BaseOperator):
    """What every operator of ours is: it has both template fields, which do nothing but be shown."""

    def __init__(self, *, configuration: Any = None, commands: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = configuration
        self.commands = commands


# Last: they may ask for the game, which is rendered by then.
SHOWN_FIELDS = ("configuration", "commands")


class TaskPage:
    """The pages of the tasks of a DAG."""

    def __init__(self, job: Job, path: Path) -> None:
        self._place = yaml_place(path)
        self._said = effective(job)
        self._commands = Commands(job.endpoints_of_dates)

    def of_task(self, name: str) -> dict[str, Any]:
        """Return what the operator of the task `name` takes."""
        return self._arguments({"tasks": {name: self._said["tasks"][name]}})

    def of(self, key: str) -> dict[str, Any]:
        """Return what the operator of a task takes that is not among the YAML's, but comes from this key of it."""
        return self._arguments({key: self._said[key]} if key in self._said else {})

    def _arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"commands": self._commands, "configuration": Configuration(self._place, said)}
