"""A run that is late, as Airflow's REST API has it, and whether its date has been loaded without it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mlb_data_platform.jobs.run_date import date_of_told_run

_SECONDS = 60  # for a question that takes milliseconds: who waits for the date is told, whatever PostgreSQL is at


def is_loaded(run: Mapping[str, Any]) -> bool:
    """Return whether the tables have what the run was asked for, whoever brought it there: PostgreSQL says it.

    Raises PlatformError where PostgreSQL cannot be asked or there is no such job, ValueError for a date that is none.
    """
    from mlb_data_platform.ingest.loaded import not_loaded
    from mlb_data_platform.jobs.load import load_job
    from mlb_data_platform.orchestration.connections import connect_postgres
    from mlb_data_platform.storage.database import errors_for_people

    job = load_job(run["dag_id"])
    given = run["conf"] or {}
    keys = {name: given[param] for param, name in job.key_params.items() if given.get(param)}
    day = date.fromisoformat(str(date_of_told_run(run)))
    with errors_for_people(), connect_postgres() as connection:
        connection.read_only = True
        connection.execute(f"SET statement_timeout = '{_SECONDS}s'")
        connection.execute("SET ROLE mlb_reader")  # it may read what is published, and nothing else
        return not not_loaded(connection, job, day, keys)
