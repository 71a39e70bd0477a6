"""How many requests a job may make in 24 hours, where its YAML names a setting that says so."""

from __future__ import annotations

from dataclasses import dataclass

from mlb_data_platform.ingest.terms import MOST_REQUESTS
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import session
from mlb_data_platform.storage.executions import asked_lately

_HOURS = 24


def label(job: Job) -> str:
    """Return what the runs of `mlb-etl ingest` of a job are called in the record of what ran."""
    return f"ingest {job.name}"


@dataclass(frozen=True)
class Budget:
    """How many requests may be made in 24 hours, as `setting` says, how many were, and how many `wanted` to be."""

    setting: str
    most: int
    used: int
    wanted: int

    @property
    def most_now(self) -> int:
        """How many requests this run may make: what the day leaves, and no bulk use at once."""
        return max(0, min(self.most - self.used, MOST_REQUESTS))

    def __str__(self) -> str:
        waiting = max(0, self.wanted - self.most_now)
        return (
            f"{self.setting.upper()}: {self.used} of {self.most} requests were made in the last {_HOURS} hours,"
            f" {self.wanted} are due now" + (f", {waiting} of them wait" if waiting else "")
        )


def budget_of(job: Job, wanted: int) -> Budget | None:
    """Return the budget of a job that is to make `wanted` requests; None where it has none."""
    if job.most_a_day is None:
        return None
    with session() as connection:
        used = asked_lately(connection, label(job), _HOURS)
    return Budget(job.most_a_day, getattr(settings(), job.most_a_day), used, wanted)
