"""The typed form of `dags/NAME.yaml`: what a job asks for, which programs it runs, when, and with which means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mlb_data_platform.errors import nearest
from mlb_data_platform.jobs.each import GAME, Each, Table
from mlb_data_platform.jobs.graph import CHECK, GAME_GROUP, LIST_GAMES, Graph, game_steps, graph
from mlb_data_platform.jobs.notifiers import NotifierName
from mlb_data_platform.jobs.placeholders import (
    OPTIONS,
    RUN_VALUES,
    Value,
    filled,
    placeholders,
    unknown_placeholder,
)
from mlb_data_platform.jobs.schedule_models import Deadline, Schedule
from mlb_data_platform.jobs.task_models import Name, Task
from mlb_data_platform.mapping.paths import Key, Path
from mlb_data_platform.settings import Settings
from mlb_data_platform.yaml_models import StrictModel

Param = Literal["date", "season", "force", "accept_terms"]


def _json_path(text: str) -> str:
    Path.parse(text)
    return text


def _setting(name: str) -> str:
    if name not in Settings.model_fields or Settings.model_fields[name].annotation is not int:
        raise ValueError(f"'{name}' is no setting that is a whole number{nearest(name, list(Settings.model_fields))}")
    return name


def _key_path(text: str) -> str:
    steps = Path.parse(text).steps
    if not steps or not isinstance(steps[-1], Key):
        raise ValueError(f"'{text}' must end with the name of a key")
    return text


class Expects(StrictModel):
    """What a response must contain, or the job fails: a value at a path."""

    path: Annotated[str, AfterValidator(_json_path)] = Field(description="For example $.seasons[*].seasonId.")
    value: Value


class Settled(StrictModel):
    """When a response is as it stays, late corrections apart: by what it says, or by when it was asked for.

    Every value at `path` is one of `values`; or it was asked for so many days after its date had ended.
    """

    path: Annotated[str, AfterValidator(_key_path)] | None = Field(
        None, description="For example $.gameData.status.codedGameState."
    )
    values: list[str] = Field([], min_length=1)
    after_days: int = Field(0, ge=0, description="After the end of its date.")

    @property
    def after(self) -> timedelta:
        """How long after its date had ended it must have been asked for."""
        return timedelta(days=self.after_days)

    @property
    def objects(self) -> str | None:
        """The path of the objects that have the values; None where the content does not matter."""
        return self.path.rpartition(".")[0] if self.path else None

    def holds(self, objects: Sequence[object]) -> bool:
        """Whether all of what was found at `objects` has one of the values; an object without one has none."""
        key = (self.path or "").rpartition(".")[2]
        return all(isinstance(each, dict) and each.get(key) in self.values for each in objects)

    @model_validator(mode="after")
    def _one_way(self) -> Settled:
        if (self.path is None) != (not self.values):
            raise ValueError("'path' and 'values' go together")
        if self.path is None and not self.after_days:
            raise ValueError("give path and values, or after_days")
        return self


class SeasonDates(StrictModel):
    """Which dates a season has: from the earliest to the latest of the `dates` in the row of a table."""

    table: Table
    season: Name = Field(description="The column that names the season by its year.")
    dates: list[Name] = Field(min_length=2, description="Columns; one that is NULL does not count.")


class Watch(StrictModel):
    """How the rows of a date's games tell `mlb-etl live watch` when there is nothing more to come on that date."""

    games_of: Name = Field(description="The job whose 'each' says which are the games, which are ahead, and over.")
    state: Name = Field(description="The column that says in words where a game stands.")
    parked: dict[Name, list[str]] = Field(description="Interrupted: a game with one of these values goes on later.")
    moved_to: list[Name] = Field(min_length=1, description="Dates: when a game that is moved is played, or goes on.")
    moved_from: list[Name] = Field(min_length=1, description="Not NULL: this is the date that the game was moved to.")
    views: list[Table] = Field(min_length=1, description="Materialized: refreshed with each answer that is news.")


class Ingest(StrictModel):
    """The requests of `mlb-etl ingest JOB`: one, or one per game or date of what is asked for."""

    mapping: Annotated[str, Field(pattern=r"^[a-z]\w*\.[a-z]\w*$")] = Field(description="endpoint.method")
    parameters: dict[str, Value] = Field(description="By the API's names; {date}, {season} and keys are filled in.")
    expects: Expects | None = None
    settled: Settled | None = Field(None, description="What a season or range does not ask for again.")
    seasons: SeasonDates | None = Field(None, description="Where {date} is asked for: the dates that --season means.")
    watch: Watch | None = Field(None, description="The answers list the games of a date, and can be watched.")
    fresh_seconds: int | None = Field(
        None, ge=1, description="What was captured so lately, by whichever program, is not asked for again."
    )

    @property
    def needs(self) -> frozenset[str]:
        """Which values the parameters ask for: date, season, keys."""
        return frozenset(name for value in self.parameters.values() for name in placeholders(str(value)))

    def request_parameters(self, values: dict[str, Any]) -> dict[str, str | int]:
        """Return the parameters of one request. A parameter that is one placeholder keeps the type of its value.

        Raises KeyError for a placeholder that `values` lacks.
        """
        return {name: filled(value, values) for name, value in self.parameters.items()}


def param_of(key: str) -> str:
    """Return the param of a run that is the list of values of a key: of `game_pk` that is `game_pks`."""
    return f"{key}s"


def key_of(param: str) -> str:
    """Return the key whose values a param of a run has: what `param_of` says, the other way round."""
    return param.removesuffix("s")


class ItemKey(StrictModel):
    """What a run can be given values of: as param NAMEs in Airflow, as --key NAME=VALUE on the command line."""

    title: str = Field(description="Of the param in Airflow's form.")
    description: str = Field(description="Of the param in Airflow's form: what it is, and what happens without it.")
    type: Literal["integer", "string"] = "integer"
    default: list[str | int] = Field([], description="Where a run is given none; what `each` lists needs no default.")


class PresenceCheck(StrictModel):
    """What must be in the tables at the end: a row with these values, for each item where they name one."""

    table: Table
    columns: dict[Name, Value] = Field(min_length=1, description="For example {team_id: '{team_id}'}.")

    @property
    def needs(self) -> frozenset[str]:
        """Which values it asks for: date, season, keys."""
        return frozenset(name for value in self.columns.values() for name in placeholders(str(value)))


class Job(StrictModel):
    """One DAG: its tasks, and `list_games` and `check` among them (jobs/graph.py says where)."""

    name: Name = Field(description="The DAG's id and the file's name.")
    description: str = Field(max_length=100)
    doc: str = Field(min_length=40, description="Markdown for the UI: what it does, its params, its repair.")
    owner: str
    tags: list[str] = Field(min_length=1)
    schedule: Schedule | None = None
    params: list[Param] = Field([], description="What a user may give a run; Python knows what each means.")
    keys: dict[Name, ItemKey] = Field({}, description="What a user may give a run besides: which items, by their keys.")
    notify: list[NotifierName] = Field(
        [], description="Who is told, by a name in include/notifiers.yaml, of a run that failed or is late."
    )
    deadline: Deadline | None = None
    max_active_runs: int = Field(1, ge=1)
    max_parallel_games: int | None = Field(None, ge=1, description="Mapped tasks of one run that run at once.")
    consumes: list[Table] = Field([], description="Read from other jobs without being started by them: lineage only.")
    produces: list[Table] = Field([], description="Announced as assets when the run's check has passed.")
    ingests: list[Ingest] = Field([], description="What `mlb-etl ingest NAME` asks for.")
    most_a_day: Annotated[str, AfterValidator(_setting)] | None = Field(
        None,
        description="The setting that says how many requests in 24 hours `mlb-etl ingest NAME` may make; what is more"
        " waits. Items that are asked for by their keys do not wait.",
    )
    each: Each | None = None
    tasks: dict[Name, Task] = Field(min_length=1)
    check: PresenceCheck | None = Field(None, description="Left out where its tasks load nothing into the tables.")

    @property
    def graph(self) -> Graph:
        """Return for each task, list_games and check among them, the tasks that it comes right after."""
        return graph(self.tasks, lists_games=self.lists_games)

    @property
    def lists_games(self) -> bool:
        """Whether a run lists its games: then some of its tasks are per game, or it looks whether each is there."""
        return self.each is not None and GAME in self.each.key

    @property
    def key_params(self) -> dict[str, str]:
        """Return the params of a run that are lists of items, each with the key whose values it has."""
        return {param_of(name): name for name in self.keys}

    @property
    def default_keys(self) -> dict[str, list[int | str]]:
        """Return the values of keys in a run that is given none."""
        return {name: key.default for name, key in self.keys.items() if key.default}

    @property
    def game_steps(self) -> tuple[str, ...]:
        """Return the tasks of the group that is mapped as a whole; none where there is at most one task per game."""
        return game_steps(self.tasks)

    @property
    def is_of_one_date(self) -> bool:
        """Whether a run is about its date also where it is for some items only: one of its tasks asks for the date."""
        return any(task.needs_date for task in self.tasks.values())

    @property
    def endpoints_of_dates(self) -> tuple[str, ...]:
        """The endpoints whose captures of a date its tasks put into the tables."""
        transforms = [task.argv for task in self.tasks.values() if task.argv[:1] == ["transform"]]
        return tuple(argv[1] for argv in transforms if {"{date}", "{keys_or_date}"} & set(argv))

    def task_id(self, name: str) -> str:
        """Return what Airflow calls the task `name`."""
        return f"{GAME_GROUP}.{name}" if name in self.game_steps else name

    @model_validator(mode="after")
    def _consistent(self) -> Job:
        if reserved := {LIST_GAMES, CHECK, GAME_GROUP} & set(self.tasks):
            raise ValueError(f"tasks: '{min(reserved)}' is added by the platform")
        if not self.lists_games and (needs := next(self._needs_of_games(), None)):
            raise ValueError(f"{needs} needs 'each' to say which games there are")
        if self.deadline and not (self.schedule and self.schedule.is_partitioned):
            raise ValueError("deadline: only a run of a date can be late: give the schedule a partition, or assets")
        if self.deadline and not self.notify:
            raise ValueError("deadline: nobody would be told: give 'notify'")
        for location, text, valid in self._templates():
            if problem := unknown_placeholder(text, (*RUN_VALUES, *valid)):
                raise ValueError(f"{location}: {problem}")
        _ = self.graph  # refuses what cannot be one
        return self

    @property
    def _keys(self) -> list[str]:
        """The names that stand for what is asked for: those that `each` gives, and those that a run can be given."""
        return list(dict.fromkeys([*(self.each.key if self.each else ()), *self.keys]))

    def _templates(self) -> Iterator[tuple[str, str, Sequence[str]]]:
        """Where placeholders may stand, the text that stands there, and which are valid there besides `RUN_VALUES`."""
        yield from ((location, text, ()) for location, text in (self.each.templates if self.each else ()))
        for number, ingest in enumerate(self.ingests):
            for name, value in ingest.parameters.items():
                yield f"ingests.{number}.parameters.{name}", str(value), self._keys
            if ingest.expects:
                yield f"ingests.{number}.expects.value", str(ingest.expects.value), self._keys
        for name, task in self.tasks.items():
            for word in task.argv:
                yield f"tasks.{name}.argv", word, (GAME, *OPTIONS)
        for name, value in self.check.columns.items() if self.check else ():
            yield f"check.columns.{name}", str(value), self._keys

    def _needs_of_games(self) -> Iterator[str]:
        for name, task in self.tasks.items():
            if task.sensor:
                yield f"tasks.{name}: a sensor"
            elif task.per_game:
                yield f"tasks.{name}: {{game_pk}}"
