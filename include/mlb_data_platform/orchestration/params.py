"""What a user can give a run, and what a run was given: items, date, season, force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException

from mlb_data_platform.ingest.terms import MOST_DATES, NOTICE
from mlb_data_platform.jobs.models import ItemKey, Job, key_of
from mlb_data_platform.jobs.run_date import date_of_run

if TYPE_CHECKING:
    from airflow.sdk import Context

_PARAMS: dict[str, Callable[[], Param]] = {
    "date": lambda: Param(
        None,
        type=["null", "string"],
        format="date",
        title="Date",
        description="Baseball date, YYYY-MM-DD. Empty: the run's partition, else the date of its logical date.",
    ),
    "season": lambda: Param(
        None,
        type=["null", "integer"],
        minimum=1876,
        title="Season",
        description="Year. Empty: the year of the date.",
    ),
    "force": lambda: Param(
        False,
        type="boolean",
        title="Force",
        description="Write the tables again, even where this capture was applied before.",
    ),
    "accept_terms": lambda: Param(
        False,
        type="boolean",
        title="Accept terms",
        description=f"Only for a backfill of more than {MOST_DATES} dates, which is bulk use. {NOTICE}",
    ),
}


def dag_params(job: Job) -> dict[str, Param]:
    """Return the Airflow params of a job, fresh ones for each DAG: first those that choose items, a list of each."""
    chosen = {param: _of_items(job.keys[name]) for param, name in job.key_params.items()}
    return chosen | {name: _PARAMS[name]() for name in job.params}


def _of_items(key: ItemKey) -> Param:
    smallest = {"minimum": 1} if key.type == "integer" else {}
    return Param([], type="array", items={"type": key.type, **smallest}, title=key.title, description=key.description)


@dataclass(frozen=True)
class RunOptions:
    """What one run was asked for. Its date is looked at where it is needed: a run for some games needs none."""

    keys: Mapping[str, tuple[int | str, ...]]  # which items, by their keys; none: all of the date
    force: bool
    day: str | None
    year: int | None

    @classmethod
    def of(cls, context: Context) -> RunOptions:
        """Return the options of the run that `context` belongs to."""
        params: Mapping[str, Any] = context["params"]
        logical_date = context.get("logical_date")
        text = logical_date.isoformat() if logical_date else None
        return cls(
            keys={
                key_of(param): tuple(values) for param, values in params.items() if isinstance(values, list) and values
            },
            force=bool(params.get("force")),
            day=date_of_run(params, context.get("partition_key"), text),
            year=params.get("season"),
        )

    @property
    def date(self) -> str:
        """The baseball date, YYYY-MM-DD: param, else partition key, else date of the logical date (DESIGN section 9).

        Raises AirflowFailException where the run has none of them, or something else in its place.
        """
        return _date(self.day).isoformat()

    @property
    def season(self) -> int:
        """The year of the season: the param, else that of the date. Raises AirflowFailException as `date` does."""
        return self.year or _date(self.day).year


def _date(text: str | None) -> date:
    if text is None:
        raise AirflowFailException("this run has no date: trigger it with param 'date', YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AirflowFailException(f"'{text}' is not a date: give the run a date or partition YYYY-MM-DD") from None
