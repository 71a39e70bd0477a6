"""A timetable whose partitions are baseball dates. Airflow finds it through `plugins/mlb.py`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow._shared.timezones.timezone import coerce_datetime, parse_timezone, utcnow
from airflow.serialization.encoders import encode_timezone
from airflow.timetables.base import DagRunInfo, TimeRestriction
from airflow.timetables.trigger import CronPartitionTimetable

from mlb_data_platform.orchestration.backfill_dates import dates_meant

if TYPE_CHECKING:
    from airflow.timetables.base import DataInterval
    from airflow.utils.types import DagRunType
    from pendulum import DateTime

# A partition is a baseball date and nothing else, so that producer and consumer agree on it by its text.
PARTITION_FORMAT = "%Y-%m-%d"


class BaseballDateTimetable(CronPartitionTimetable):
    """Runs at the ticks of a cron, each for the date of its tick, or for one some days before or after.

    Airflow's own makes a partition of a tick: 10:00 on a date. Then a backfill to midnight of a date leaves that date
    out, and a run that somebody triggers for a date is another partition than the scheduled one. Here it is midnight,
    however the run came to be. And what a scheduler that was down has missed is made up for, some days back.
    """

    def __init__(self, cron: str, *, timezone: Any, offset_days: int, catch_up_days: int) -> None:
        super().__init__(cron, timezone=timezone, key_format=PARTITION_FORMAT)
        self._offset_days = offset_days
        self._catch_up_days = catch_up_days

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.serialize()})"

    @property
    def summary(self) -> str:
        """Return the cron, and by whose clock it is where that is not UTC: pages show it beside moments in UTC."""
        zone = encode_timezone(self._timezone)
        return self._expression if zone == "UTC" else f"{self._expression} {zone}"

    def serialize(self) -> dict[str, Any]:
        """Return what `deserialize` makes the same timetable of."""
        return {
            "cron": self._expression,
            "timezone": encode_timezone(self._timezone),
            "offset_days": self._offset_days,
            "catch_up_days": self._catch_up_days,
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> BaseballDateTimetable:
        """Return the timetable that `serialize` described."""
        return cls(**data | {"timezone": parse_timezone(data["timezone"])})

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the run after the last one; ticks that were missed come first, those of the last `catch_up_days`."""
        if last_dagrun_info is None or not self._catch_up_days:
            return super().next_dagrun_info_v2(last_dagrun_info=last_dagrun_info, restriction=restriction)
        oldest = self._align_to_next(coerce_datetime(utcnow()) - timedelta(days=self._catch_up_days))
        return self._run(max(self._get_next(last_dagrun_info.run_after), oldest))

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """Give one run for each date that a backfill from `earliest` to `latest` means, the last one included."""
        now = coerce_datetime(utcnow())
        for day in dates_meant(earliest, latest):
            tick = self._align_to_next(self._midnight(day - timedelta(days=self._offset_days)))
            info = self._run(tick)
            # A date that is not over yet is not waited for; its scheduled run comes all the same, since it is after.
            yield info._replace(run_after=min(tick, now))

    def generate_run_id(
        self,
        *,
        run_type: DagRunType,
        run_after: DateTime,
        data_interval: DataInterval | None,
        partition_key: str | None = None,
        **extra: Any,
    ) -> str:
        """Return the name of a run: by its date, where it has one, not by the moment at which it may start."""
        if partition_key is None:
            return super().generate_run_id(run_type=run_type, run_after=run_after, data_interval=data_interval, **extra)
        return run_type.generate_run_id(suffix=f"{partition_key}__{secrets.token_hex(4)}")

    def _run(self, tick: DateTime) -> DagRunInfo:
        partition_date, partition_key = self._get_partition_info(tick)
        return DagRunInfo(
            run_after=tick, data_interval=None, partition_date=partition_date, partition_key=partition_key
        )

    def _get_partition_date(self, *, run_date: DateTime) -> DateTime:
        return self._midnight(run_date.in_timezone(self._timezone).date() + timedelta(days=self._offset_days))

    def _midnight(self, day: date) -> DateTime:
        return coerce_datetime(self._decode_partition_date(day.strftime(PARTITION_FORMAT)))
