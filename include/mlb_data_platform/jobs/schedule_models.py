"""The typed form of when a job's runs start, and by when they have to be over."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlb_data_platform.jobs.each import Table
from mlb_data_platform.yaml_models import StrictModel


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


class Deadline(StrictModel):
    """By when the run of a date has succeeded, or those whom the job notifies are told."""

    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(description="For example 12:00; UTC.")
    days_after: int = Field(1, ge=0, le=2, description="Of the day so many days after the run's date.")

    @property
    def after_midnight(self) -> timedelta:
        """How long after the beginning (UTC) of the run's date."""
        hours, minutes = map(int, self.at.split(":"))
        return timedelta(days=self.days_after, hours=hours, minutes=minutes)

    @property
    def in_words(self) -> str:
        """Return when that is, for people."""
        when = ("the same day", "the day after", "two days after")[self.days_after]
        return f"{self.at} UTC of {when}"
