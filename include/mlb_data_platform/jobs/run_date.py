"""Which baseball date a run of a DAG is about: one rule, for the run itself and for who looks at it from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def date_of_run(params: Mapping[str, Any], partition_key: str | None, logical_date: str | None) -> str | None:
    """Return the date as it was given: by param `date`, else the partition key, else the logical date; None for none.

    `logical_date` begins with YYYY-MM-DD.
    """
    return params.get("date") or partition_key or (logical_date[:10] if logical_date else None)


def date_of_told_run(run: Mapping[str, Any]) -> str | None:
    """Return the same of a run as Airflow's REST API tells of it."""
    return date_of_run(run["conf"] or {}, run["partition_key"], run["logical_date"])
