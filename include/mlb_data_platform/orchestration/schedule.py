"""When a DAG's runs start: its YAML's schedule as an Airflow timetable."""

from __future__ import annotations

from typing import Any

from airflow.sdk import AssetAll, CronTriggerTimetable, PartitionedAssetTimetable

from mlb_data_platform.jobs.schedule_models import Schedule
from mlb_data_platform.orchestration.assets import asset
from mlb_data_platform.orchestration.timetable import BaseballDateTimetable

_OFFSET_DAYS = {"same_date": 0, "previous_date": -1}


def timetable(schedule: Schedule | None) -> Any:
    """Return what `DAG(schedule=…)` takes; None for a DAG that only people start."""
    if schedule is None:
        return None
    if schedule.cron is None:
        return PartitionedAssetTimetable(assets=AssetAll(*(asset(table) for table in schedule.assets)))
    if schedule.partition is None:
        return CronTriggerTimetable(schedule.cron, timezone=schedule.timezone)
    return BaseballDateTimetable(
        schedule.cron,
        timezone=schedule.timezone,
        offset_days=_OFFSET_DAYS[schedule.partition],
        catch_up_days=schedule.catch_up_days,
    )
