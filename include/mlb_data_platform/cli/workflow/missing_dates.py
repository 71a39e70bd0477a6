"""Which dates a job has not loaded: those without a successful run, and those whose games are not in the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from mlb_data_platform.cli.workflow.airflow_api import AirflowApi
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.games import games_of_date
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.jobs.presence import absent
from mlb_data_platform.jobs.run_date import date_of_run

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
        date_of_run(conf, run["partition_key"], run["logical_date"])
        for run in api.runs(job.name, state="success")
        if not (conf := run["conf"] or {}).get("game_pks")  # a run for some games says nothing of the whole date
    }
    every = (
        MissingDate(str(day), str(day) in dates_with_run, tuple(_absent(job, str(day), connection))) for day in days
    )
    return [day for day in every if day.absent or not day.has_run]


def _absent(job: Job, date: str, connection: psycopg.Connection[Any]) -> list[str]:
    if job.check.value == "{game_pk}" and job.fan_out:
        labels = {str(game.game_pk): f" ({game.label})" for game in games_of_date(connection, job.fan_out, date)}
    else:
        labels = {date: ""}
    return [
        f"{job.check.table} has no {job.check.column} {value}{labels[value]}"
        for value in absent(connection, job.check, list(labels))
    ]
