"""Which dates a job has not loaded: those without a successful run, and those whose games are not in the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg

from mlb_data_platform.cli.workflow.airflow_api import AirflowApi
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.jobs.presence import absent, asked_for, missing
from mlb_data_platform.jobs.run_date import date_of_told_run

if TYPE_CHECKING:
    from mlb_data_platform.ingest.calendar import Days


@dataclass(frozen=True)
class MissingDate:
    """A date that is not loaded: whether it has a successful run, and what is not in the tables, in words."""

    date: str
    has_run: bool
    absent: tuple[str, ...]


def missing_dates(job: Job, days: Days, api: AirflowApi, connection: psycopg.Connection[Any]) -> list[MissingDate]:
    """Return the dates of `days` that are not loaded, in order. Raises BadInputError for a job that has no dates."""
    if job.schedule is None or not job.schedule.is_partitioned:
        raise BadInputError(f"{job.name} does not run by date")
    dates_with_run = {
        date_of_told_run(run)
        for run in api.runs(job.name, state="success")
        # a run for some items says nothing of the whole date
        if not any((run["conf"] or {}).get(param) for param in job.key_params)
    }
    every = (MissingDate(str(day), str(day) in dates_with_run, tuple(_absent(job, day, connection))) for day in days)
    return [day for day in every if day.absent or not day.has_run]


def _absent(job: Job, day: date, connection: psycopg.Connection[Any]) -> list[str]:
    if job.check is None:
        return []
    run = {"date": day, "season": day.year}
    asked = asked_for(connection, job.check, job.each, run, job.default_keys)
    return [missing(job.check, each) for each in absent(connection, job.check, asked)]
