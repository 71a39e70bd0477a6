"""Whether a date is in the tables as it ended, whoever loaded it: a run for it, another one, or a person by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Literal

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest.calendar import end_of, producer_by_date
from mlb_data_platform.jobs.items import has_one_of
from mlb_data_platform.jobs.models import Job, PresenceCheck
from mlb_data_platform.jobs.presence import Asked, Keys, absent, asked_for
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.places import version_column


def not_loaded(connection: Connection[Any], job: Job, day: date, keys: Keys) -> list[Asked]:
    """Return what `job` is asked for of a date, with `keys` or its default ones, and the tables have not as it ended.

    That is what the job's `check` finds no row of, or only one that was captured before the date had ended and may
    change. Where what lists the items of the date is not loaded, it is that. Raises BadInputError for a job without a
    check, and where no job loads by date what lists the items.
    """
    if job.check is None:
        raise BadInputError(f"{job.name} has no 'check', which would say what it loads")
    for table in job.each.dated_tables if job.each else ():
        lister, _ = producer_by_date(table)
        if unlisted := not_loaded(connection, lister, day, {}):
            return unlisted
    asked = asked_for(connection, job.check, job.each, {"date": day, "season": day.year}, job.default_keys | dict(keys))
    return absent(connection, job.check, asked, _as_it_ended(job, job.check, day))


def _as_it_ended(job: Job, check: PresenceCheck, day: date) -> Composable:
    """Which rows `t` count: those captured after the date had ended, and what was followed until it was settled.

    The latter is not asked for again by whoever loads the date.
    """
    counts: list[Composable] = [SQL("t.captured_at >= {}").format(Literal(end_of(day)))]
    for ingest in job.ingests:
        mapping = load_mapping(ingest.mapping)
        is_checked = check.table == f"{mapping.endpoint}.{mapping.version_table}"
        if is_checked and mapping.patches and ingest.settled and ingest.settled.path:
            status = version_column(mapping, ingest.settled.path)
            counts.append(has_one_of({status: ingest.settled.values}, "t"))
    return SQL("({})").format(SQL(" OR ").join(counts))
