"""The typed form of `dags/NAME.yaml`: what a job asks for, which programs it runs, when, and with which means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mlb_data_platform.jobs.graph import CHECK, GAME_GROUP, LIST_GAMES, Graph, game_steps, graph
from mlb_data_platform.jobs.placeholders import Value, fill, placeholders
from mlb_data_platform.jobs.task_models import Name, Task
from mlb_data_platform.mapping.paths import Key, Path
from mlb_data_platform.yaml_models import StrictModel

Param = Literal["game_pks", "date", "season", "force", "accept_terms"]


def _json_path(text: str) -> str:
    Path.parse(text)
    return text


def _key_path(text: str) -> str:
    if not isinstance(Path.parse(text).steps[-1], Key):
        raise ValueError(f"'{text}' must end with the name of a key")
    return text


Table = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", description="schema.table")]


class Expects(StrictModel):
    """What a response must contain, or the job fails: a value at a path."""

    path: Annotated[str, AfterValidator(_json_path)] = Field(description="For example $.seasons[*].seasonId.")
    value: Value


class Settled(StrictModel):
    """When a response is as it stays, late corrections apart: every value at `path` is one of `values`."""

    path: Annotated[str, AfterValidator(_key_path)] = Field(description="For example $.gameData.status.codedGameState.")
    values: list[str] = Field(min_length=1)

    @property
    def objects(self) -> str:
        """The path of the objects that have the values."""
        return self.path.rpartition(".")[0]

    def holds(self, objects: Sequence[object]) -> bool:
        """Whether all of what was found at `objects` has one of the values; an object without one has none."""
        key = self.path.rpartition(".")[2]
        return all(isinstance(each, dict) and each.get(key) in self.values for each in objects)


class SeasonDates(StrictModel):
    """Which dates a season has: from the earliest to the latest of the `dates` in the row of a table."""

    table: Table
    season: Name = Field(description="The column that names the season by its year.")
    dates: list[Name] = Field(min_length=2, description="Columns; one that is NULL does not count.")


class Watch(StrictModel):
    """How the rows of a date's games tell `mlb-etl live watch` when there is nothing more to come on that date."""

    state: Name = Field(description="The column that says in words where a game stands.")
    parked: dict[Name, list[str]] = Field(description="Interrupted: a game with one of these values goes on later.")
    moved_to: list[Name] = Field(min_length=1, description="Dates: when a game that is moved is played, or goes on.")
    moved_from: list[Name] = Field(min_length=1, description="Not NULL: this is the date that the game was moved to.")


class Ingest(StrictModel):
    """The requests of `mlb-etl ingest JOB`: one, or one per game or date of what is asked for."""

    mapping: Annotated[str, Field(pattern=r"^[a-z]\w*\.[a-z]\w*$")] = Field(description="endpoint.method")
    parameters: dict[str, Value] = Field(description="By the API's names; {date}, {season}, {game_pk} are filled in.")
    expects: Expects | None = None
    settled: Settled | None = Field(None, description="What a season or range does not ask for again.")
    seasons: SeasonDates | None = Field(None, description="Where {date} is asked for: the dates that --season means.")
    watch: Watch | None = Field(None, description="The answers list the games of a date, and can be watched.")
    fresh_seconds: int | None = Field(
        None, ge=1, description="What was captured so lately, by whichever program, is not asked for again."
    )

    @property
    def needs(self) -> frozenset[str]:
        """Which of date, season and game_pk the parameters ask for."""
        return frozenset(name for value in self.parameters.values() for name in placeholders(str(value)))

    def request_parameters(self, values: dict[str, Any]) -> dict[str, str | int]:
        """Return the parameters of one request. A parameter that is one placeholder keeps the type of its value.

        Raises KeyError for a placeholder that `values` lacks.
        """
        return {name: self._filled(value, values) for name, value in self.parameters.items()}

    @staticmethod
    def _filled(value: str | int, values: dict[str, Any]) -> str | int:
        if isinstance(value, int):
            return value
        names = placeholders(value)
        if len(names) == 1 and value == f"{{{names[0]}}}":
            found = values[names[0]]
            return found if isinstance(found, int) else str(found)
        return fill(value, values)


class FanOut(StrictModel):
    """Which games a date has: the rows of a table for that date, and how each is called in the UI."""

    table: Table
    date: Name = Field(description="The column that is compared with the run's date.")
    key: Name = Field(description="The column that names the game.")
    without: dict[Name, list[str]] = Field({}, description="Rows with one of these values are left out.")
    ahead: dict[Name, list[str]] = Field({}, description="Not begun: a season or range does not ask for these.")
    over: dict[Name, list[str]] = Field({}, description="Over for good: the game's response must say so too.")
    label: list[Name] = Field(description="The columns of the label, joined by ' @ ': away, then home.")


class PresenceCheck(StrictModel):
    """What must be in the tables at the end: a row in which `column` has `value`, for games one row for each."""

    table: Table
    column: Name
    value: Literal["{game_pk}", "{date}", "{season}"]


class Schedule(StrictModel):
    """When runs start: by the clock, or when other jobs have produced something. Neither: by hand only."""

    cron: str | None = None
    timezone: str = "UTC"
    partition: Literal["same_date", "previous_date"] | None = Field(
        None, description="Give each run the date of its cron tick, or the one before, as partition key."
    )
    catch_up_days: int = Field(
        0, ge=0, le=31, description="How far back the runs reach that a scheduler makes up for after it was down."
    )
    assets: list[Table] = Field([], description="Start for each date for which all of these were produced.")

    @property
    def is_partitioned(self) -> bool:
        """Whether each run has a date as its partition."""
        return bool(self.partition or self.assets)

    @model_validator(mode="after")
    def _one_way(self) -> Schedule:
        if (self.cron is None) == (not self.assets):
            raise ValueError("give one of cron, assets")
        if self.partition and self.cron is None:
            raise ValueError("'partition' goes with 'cron'; a run that assets start has their partition")
        if self.catch_up_days and not self.partition:
            raise ValueError("'catch_up_days' goes with 'partition': only a run of a date can be missed")
        return self


class Job(StrictModel):
    """One DAG: its tasks, and `list_games` and `check` among them (jobs/graph.py says where)."""

    name: Name = Field(description="The DAG's id and the file's name.")
    description: str = Field(max_length=100)
    doc: str = Field(min_length=40, description="Markdown for the UI: what it does, its params, its repair.")
    owner: str
    tags: list[str] = Field(min_length=1)
    schedule: Schedule | None = None
    params: list[Param] = Field([], description="What a user may give a run; Python knows what each means.")
    max_active_runs: int = Field(1, ge=1)
    max_parallel_games: int | None = Field(None, ge=1, description="Mapped tasks of one run that run at once.")
    consumes: list[Table] = Field([], description="Read from other jobs without being started by them: lineage only.")
    produces: list[Table] = Field([], description="Announced as assets when the run's check has passed.")
    ingest: Ingest | None = None
    fan_out: FanOut | None = None
    tasks: dict[Name, Task] = Field(min_length=1)
    check: PresenceCheck

    @property
    def graph(self) -> Graph:
        """Return for each task, list_games and check among them, the tasks that it comes right after."""
        return graph(self.tasks, lists_games=self.fan_out is not None)

    @property
    def game_steps(self) -> tuple[str, ...]:
        """Return the tasks of the group that is mapped as a whole; none where there is at most one task per game."""
        return game_steps(self.tasks)

    def task_id(self, name: str) -> str:
        """Return what Airflow calls the task `name`."""
        return f"{GAME_GROUP}.{name}" if name in self.game_steps else name

    @model_validator(mode="after")
    def _consistent(self) -> Job:
        if reserved := {LIST_GAMES, CHECK, GAME_GROUP} & set(self.tasks):
            raise ValueError(f"tasks: '{min(reserved)}' is added by the platform")
        if self.fan_out is None and (needs := next(self._needs_of_games(), None)):
            raise ValueError(f"{needs} needs 'fan_out' to say which games there are")
        _ = self.graph  # refuses what cannot be one
        return self

    def _needs_of_games(self) -> Iterator[str]:
        for name, task in self.tasks.items():
            if task.sensor:
                yield f"tasks.{name}: a sensor"
            elif task.per_game:
                yield f"tasks.{name}: {{game_pk}}"
        if self.check.value == "{game_pk}":
            yield "check: {game_pk}"
