"""By when a run of a date must have succeeded. Airflow finds the reference through the plugin."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert

from mlb_data_platform.jobs.models import Job

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Of a date that is over for longer, a run is history that is loaded late on purpose: nobody waits for it.
_AWAITED = timedelta(days=3)


class BaseballDateDeadline(BaseDeadlineReference):
    """Counts from midnight (UTC) of the run's baseball date, its partition; a run without one has no deadline.

    Airflow's own references are a run's logical date, which runs of partitions do not have, and when it was queued.
    """

    required_kwargs = {"dag_id", "run_id"}

    def _evaluate_with(self, *, session: Session, dag_id: str, run_id: str) -> datetime | None:
        from airflow.models import DagRun
        from sqlalchemy import select

        query = select(DagRun.partition_key).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        return midnight(session.scalar(query), datetime.now(UTC))


def midnight(partition_key: str | None, now: datetime) -> datetime | None:
    """Return the beginning (UTC) of the date that a partition is; None where there is none, or nobody waits for it.

    Somebody may trigger a run with a partition that is no date: it is made, and says so itself (params.py).
    """
    try:
        begins = datetime.combine(date.fromisoformat(partition_key or ""), time(), UTC)
    except ValueError:
        return None
    return begins if now - begins < _AWAITED else None


def deadline_alert(job: Job) -> DeadlineAlert | None:
    """Return what Airflow is to watch for of each run of the job; None where its YAML names no deadline."""
    if job.deadline is None:
        return None
    callback: dict[str, Any] = {"names": job.notify}
    return DeadlineAlert(
        reference=BaseballDateDeadline(),
        interval=job.deadline.after_midnight,
        callback=SyncCallback("mlb_data_platform.orchestration.notify.notify_of_missed_deadline", kwargs=callback),
        name=f"loaded by {job.deadline.in_words}",
    )
