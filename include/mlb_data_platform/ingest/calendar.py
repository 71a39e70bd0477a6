"""The dates of a season, and the dates whose schedule is loaded: what a job of many dates stands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import psycopg
from psycopg import sql

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest.terms import MOST_DATES
from mlb_data_platform.jobs.each import Each
from mlb_data_platform.jobs.load import producer_of
from mlb_data_platform.jobs.models import Job, PresenceCheck, SeasonDates

# The last games of a baseball date end in Hawaii's night. When mlb_schedule takes the date that has ended, too.
_DATE_ENDS = time(10, tzinfo=UTC)


@dataclass(frozen=True)
class Days:
    """Some consecutive dates: those of a season, or from one to another."""

    first: date
    last: date
    season: int | None = None

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=day) for day in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        if self.season:
            return f"season {self.season}"
        return str(self.first) if len(self) == 1 else f"{self.first} to {self.last}"

    @property
    def flags(self) -> str:
        """What asks a job for these dates on the command line."""
        flags = f"--season {self.season}" if self.season else f"--date {self.first}"
        if not self.season and len(self) > 1:
            flags += f" --to {self.last}"
        return flags + (" --accept-terms" if self.season or len(self) > MOST_DATES else "")


def end_of(day: date) -> datetime:
    """Return the moment from which on everything of a baseball date has happened."""
    return datetime.combine(day + timedelta(days=1), _DATE_ENDS)


def season_days(connection: psycopg.Connection, source: SeasonDates, season: int) -> Days:
    """Return the dates of a season. Raises BadInputError where the season is not loaded."""
    columns = sql.SQL(", ").join(map(sql.Identifier, source.dates))
    query = sql.SQL("SELECT min(least({0})), max(greatest({0})) FROM {1} WHERE {2} = %s").format(
        columns, sql.Identifier(*source.table.split(".")), sql.Identifier(source.season)
    )
    first, last = connection.execute(query, (season,)).fetchone() or (None, None)
    if first is None:
        raise BadInputError(
            f"{source.table} has no dates of season {season}; {_how_to_load(source.table, f'--season {season}')}"
        )
    return Days(first, last, season)


def require_loaded(connection: psycopg.Connection, each: Each, days: Days) -> None:
    """Raise BadInputError naming the dates that were never loaded, so that items would be missing unseen.

    The job that produces a table by date says in its `check` where it records each of its dates.
    """
    for table in each.dated_tables:
        _, check = producer_by_date(table)
        column = next(name for name, value in check.columns.items() if value == "{date}")
        query = sql.SQL(
            "SELECT day::date FROM generate_series(%s::date, %s::date, interval '1 day') AS day"
            " WHERE NOT EXISTS (SELECT FROM {} WHERE {} = day::date) ORDER BY 1"
        ).format(sql.Identifier(*check.table.split(".")), sql.Identifier(column))
        absent = [day for (day,) in connection.execute(query, (days.first, days.last))]
        if absent:
            which = f"{absent[0]}" + (f" and {len(absent) - 1} other dates" if len(absent) > 1 else "")
            raise BadInputError(f"the schedule of {which} of {days} is not loaded; {_how_to_load(table, days.flags)}")


def seasons_of(job: Job) -> SeasonDates | None:
    """Return what says which dates a season has: to the job itself, or to those that load what it reads by date."""
    jobs = [job, *(producer_by_date(table)[0] for table in (job.each.dated_tables if job.each else ()))]
    return next((ingest.seasons for each in jobs for ingest in each.ingests if ingest.seasons), None)


def producer_by_date(table: str) -> tuple[Job, PresenceCheck]:
    """Return the job that produces `table`, date by date, and its check. Raises BadInputError if there is none."""
    job = producer_of(table)
    if job is None or job.check is None or "{date}" not in job.check.columns.values():
        raise BadInputError(f"no job of dags/ loads {table} by date, so nothing says which dates it knows")
    return job, job.check


def _how_to_load(table: str, flags: str) -> str:
    job = producer_of(table)
    if job is None:
        return f"load {table} first"
    return f"run: mlb-etl ingest {job.name} {flags} && " + " && ".join(
        f"mlb-etl transform {ingest.mapping} --all" for ingest in job.ingests
    )
