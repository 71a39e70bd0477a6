"""The typed form of a task in `dags/NAME.yaml`: what it does, what it comes after, and with which means."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field, model_validator

from mlb_data_platform.jobs.notifiers import NotifierName
from mlb_data_platform.jobs.placeholders import Word, placeholders
from mlb_data_platform.jobs.pools import pool_slots
from mlb_data_platform.settings import SPARK_JOBS_DIR
from mlb_data_platform.yaml_models import StrictModel


def _pool(name: str) -> str:
    if name not in pool_slots():
        raise ValueError(f"there is no pool '{name}'; there are: {', '.join(pool_slots())}")
    return name


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Cpu = Annotated[str, Field(pattern=r"^[1-9]\d*m?$")]


class Pod(StrictModel):
    """What a pod gets. Memory is request and limit alike; the CPU is a request only, so that idle cores are used."""

    cpu: Cpu = Field(description="For example 250m.")
    memory: Annotated[str, Field(pattern=r"^\d+(Mi|Gi)$")] = Field(description="For example 512Mi.")
    image: Literal["ingest", "spark"] = Field(
        "ingest", description="Of Spark, where it takes what only that has: Arrow."
    )


class SparkPod(StrictModel):
    """What the driver or one executor gets, in Spark's plain units; Spark adds its overhead to the memory."""

    cores: int = Field(ge=1, description="Spark tasks that run at once.")
    cpu: Cpu = Field(description="What is asked of the node for them, for example 500m; idle cores are used.")
    memory: Annotated[str, Field(pattern=r"^\d+[mg]$")] = Field(description="For example 2g.")


class Executors(SparkPod):
    """The executors, all alike."""

    instances: int = Field(ge=1)


class Spark(StrictModel):
    """A task that is a Spark application."""

    driver: SparkPod
    executor: Executors


class Task(StrictModel):
    """One step: a program, as a pod or a Spark application, or a sensor, which waits; and the pool it is in."""

    after: list[Name] | None = Field(
        None, description="The tasks above it that it comes after, and list_games; default: the one right above it."
    )
    argv: list[Word] = Field([], description="After `mlb-etl`. Where {game_pk} is among them: a task per game.")
    sensor: Literal["game", "first_game"] | None = Field(
        None,
        description="Instead of a program: wait for the beginning of the game (a task per game), or of the first one.",
    )
    pool: Annotated[str, AfterValidator(_pool)]
    retries: int = Field(ge=0)
    retry_delay_seconds: int = Field(30, ge=1, description="Before the second try; then about twice as long each time.")
    timeout_minutes: int = Field(
        ge=1, description="Final for what takes long (a sensor, a deferrable pod, Spark); others are tried again."
    )
    trigger_rule: Literal["all_success", "all_done_min_one_success", "all_done"] = Field(
        "all_success",
        description="all_done_min_one_success: run with what succeeded before this one, and not where nothing did;"
        " all_done: run whatever became of it.",
    )
    notify: list[NotifierName] = Field(
        [], description="Who is told at once that it failed, and not only when its run ends, as those of the job are."
    )
    pod: Pod | None = Field(None, description="Runs as a pod.")
    deferrable: bool = Field(False, description="Of a pod that runs for long: the triggerer waits for it, no worker.")
    spark: Spark | None = Field(None, description="Runs as a Spark application of the Spark image.")

    @property
    def means(self) -> Pod | Spark:
        """What a program runs with: the one of `pod` and `spark` that is given."""
        return self.spark or cast(Pod, self.pod)

    @property
    def per_game(self) -> bool:
        """Whether there is one such task for each game."""
        return self.sensor == "game" or any("game_pk" in placeholders(word) for word in self.argv)

    @property
    def needs_date(self) -> bool:
        """Whether it is about the run's date, also where the run is for some games only."""
        return bool(self.sensor) or any("date" in placeholders(word) for word in self.argv)

    @property
    def takes_long(self) -> bool:
        """Whether it takes so long that the triggerer waits for it, and a timeout is no passing fault."""
        return bool(self.sensor or self.spark or self.deferrable)

    @model_validator(mode="after")
    def _one_kind(self) -> Task:
        if bool(self.argv) == bool(self.sensor):
            raise ValueError("give one of argv, sensor")
        if self.sensor and (self.pod or self.spark):
            raise ValueError("a sensor waits in Airflow itself: leave out pod and spark")
        if self.argv and (self.pod is None) == (self.spark is None):
            raise ValueError("give one of pod, spark")
        if self.deferrable and self.pod is None:
            raise ValueError("'deferrable' goes with 'pod'; a sensor and a Spark application are it always")
        if self.spark:
            spark_program(self.argv)
        return self


def spark_program(argv: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the program in `spark_jobs/` that does what `mlb-etl` does with `argv`, and the words it is given.

    It is named by the command's last word: `transform` by `transform …`, `stream` by `live stream …`. Raises ValueError
    where there is none.
    """
    for position, word in enumerate(argv):
        if word in _spark_programs():
            return word, tuple(argv[position + 1 :])
    known = ", ".join(_spark_programs())
    raise ValueError(f"'{' '.join(argv)}' has no Spark program in {SPARK_JOBS_DIR.name}/; there are: {known}")


@cache
def _spark_programs() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in SPARK_JOBS_DIR.glob("*.py")))
