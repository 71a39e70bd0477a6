"""When a DAG's runs start: its YAML's schedule as an Airflow timetable."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, AssetAll, CronPartitionTimetable, CronTriggerTimetable, PartitionedAssetTimetable

from mlb_data_platform.jobs.models import Schedule

# A partition is a baseball date and nothing else, so that producer and consumer agree on it by its text.
PARTITION_FORMAT = "%Y-%m-%d"

_TICKS = {"same_tick": 0, "previous_tick": -1}


def timetable(schedule: Schedule | None) -> Any:
    """Return what `DAG(schedule=…)` takes; None for a DAG that only people start."""
    if schedule is None:
        return None
    if schedule.cron is None:
        return PartitionedAssetTimetable(assets=AssetAll(*(Asset(name) for name in schedule.assets)))
    if schedule.partition is None:
        return CronTriggerTimetable(schedule.cron, timezone=schedule.timezone)
    return CronPartitionTimetable(
        schedule.cron,
        timezone=schedule.timezone,
        run_offset=_TICKS[schedule.partition],
        key_format=PARTITION_FORMAT,
    )
