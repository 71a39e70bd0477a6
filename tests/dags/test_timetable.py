"""Which dates a DAG's runs are for: scheduled, backfilled, made up for; as the scheduler and the form ask."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable
from airflow.timetables.base import DagRunInfo, TimeRestriction
from airflow.utils.types import DagRunType

from mlb_data_platform.orchestration import timetable
from tests.dags.conftest import DAGS_DIR, LoadBag

NEW_YORK, TOKYO = "America/New_York", "Asia/Tokyo"
END = (23, 59, 59, 999000)  # what the form makes of a last date without a time


@pytest.fixture
def schedule(load_bag: LoadBag) -> Any:
    """The timetable of mlb_schedule as the scheduler and the API server read it from the serialized DAG."""
    return _timetable(load_bag, "mlb_schedule")


def _timetable(load_bag: LoadBag, dag_id: str) -> Any:
    (dag,) = load_bag(folder=DAGS_DIR / f"{dag_id}.py").dags.values()
    return decode_timetable(encode_timetable(dag.timetable))


def keys(schedule: Any, earliest: datetime, latest: datetime) -> list[str]:
    infos = schedule.iter_partition_dagrun_infos(earliest=pendulum.instance(earliest), latest=pendulum.instance(latest))
    return [info.partition_key for info in infos]


@pytest.mark.parametrize("zone", ["UTC", NEW_YORK, "Pacific/Honolulu", TOKYO, "Asia/Kolkata"])
@pytest.mark.parametrize("last_moment", [(0,), END, (23, 59)])
def test_a_backfill_has_the_dates_of_the_form(schedule: Any, zone: str, last_moment: tuple[int, ...]) -> None:
    """The form sends moments of UTC, whatever the time zone is in which somebody chose the dates."""
    first = datetime(2026, 4, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    last = datetime(2026, 4, 3, *last_moment, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert keys(schedule, first, last) == ["2026-04-01", "2026-04-02", "2026-04-03"]


def test_a_date_is_the_same_partition_however_its_run_came_to_be(
    schedule: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = pendulum.datetime(2026, 4, 1)
    (backfilled,) = schedule.iter_partition_dagrun_infos(earliest=day, latest=day)
    scheduled = after(schedule, monkeypatch, pendulum.datetime(2026, 4, 1, 10), now=pendulum.datetime(2026, 4, 2, 10))
    assert scheduled.partition_key == "2026-04-01"
    assert scheduled.run_after == pendulum.datetime(2026, 4, 2, 10)  # when the date is over
    by_hand = schedule.resolve_partition_date("2026-04-01")
    assert backfilled.partition_date == scheduled.partition_date == by_hand == day


def after(schedule: Any, monkeypatch: pytest.MonkeyPatch, last: datetime | None, now: datetime) -> DagRunInfo:
    """The run that follows one whose tick was `last`."""
    monkeypatch.setattr(timetable, "utcnow", lambda: now)
    monkeypatch.setattr("airflow.timetables.trigger.utcnow", lambda: now)
    info = last and DagRunInfo(run_after=last, data_interval=None, partition_date=None, partition_key="whatever")
    found: DagRunInfo = schedule.next_dagrun_info_v2(
        last_dagrun_info=info, restriction=TimeRestriction(earliest=None, latest=None, catchup=False)
    )
    return found


@pytest.mark.parametrize(
    ("down_since", "caught_up_from"),
    [
        ((2026, 4, 19, 10), "2026-04-19"),  # three ticks missed: the first of them
        ((2026, 3, 1, 10), "2026-04-15"),  # more than a week: those of a week
        ((2026, 4, 22, 10), "2026-04-22"),  # none missed: the next
    ],
)
def test_missed_dates_are_made_up_for_within_a_week(
    schedule: Any, monkeypatch: pytest.MonkeyPatch, down_since: tuple[int, ...], caught_up_from: str
) -> None:
    now = pendulum.datetime(2026, 4, 22, 18)
    assert after(schedule, monkeypatch, pendulum.datetime(*down_since), now).partition_key == caught_up_from


def test_catching_up_goes_tick_by_tick_and_ends_with_the_next(schedule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now, last, found = pendulum.datetime(2026, 4, 22, 18), pendulum.datetime(2026, 4, 19, 10), []
    while last < now:
        info = after(schedule, monkeypatch, last, now)
        found.append(info.partition_key)
        last = info.run_after
    assert found == ["2026-04-19", "2026-04-20", "2026-04-21", "2026-04-22"]


def test_an_airflow_that_never_ran_has_missed_nothing(schedule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = pendulum.datetime(2026, 4, 22, 18)
    assert after(schedule, monkeypatch, None, now).run_after == pendulum.datetime(2026, 4, 23, 10)


def test_a_date_that_is_backfilled_before_it_is_over_is_asked_for_again(
    schedule: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = pendulum.datetime(2026, 4, 22, 5)  # 22:00 of the 21st in the west
    monkeypatch.setattr(timetable, "utcnow", lambda: now)
    day = pendulum.datetime(2026, 4, 21)
    (backfilled,) = schedule.iter_partition_dagrun_infos(earliest=day, latest=day)
    assert backfilled.run_after == now  # it does not wait
    assert after(schedule, monkeypatch, backfilled.run_after, now).partition_key == "2026-04-21"


def test_todays_schedule_has_the_date_of_the_west(load_bag: LoadBag, monkeypatch: pytest.MonkeyPatch) -> None:
    today = _timetable(load_bag, "mlb_schedule_today")
    tick = pendulum.datetime(2026, 4, 20, 5, 15)
    info = after(today, monkeypatch, tick, now=tick.add(minutes=20))
    assert (info.run_after, info.partition_key) == (pendulum.datetime(2026, 4, 20, 5, 30), "2026-04-19")


@pytest.mark.parametrize("run_type", ["scheduled", "backfill", "manual"])
def test_a_run_is_named_by_its_date(schedule: Any, run_type: str) -> None:
    """Not by the moment at which it may start, a day later. Of one date there can be several."""
    given = {"run_type": DagRunType(run_type), "run_after": pendulum.datetime(2026, 4, 2, 10), "data_interval": None}
    names = [schedule.generate_run_id(**given, partition_key="2026-04-01") for _ in range(2)]
    assert all(name.startswith(f"{run_type}__2026-04-01__") for name in names)
    assert len(set(names)) == 2
    assert DagRunType.from_run_id(names[0]) == run_type
    assert schedule.generate_run_id(**given).startswith(f"{run_type}__2026-04-02T10:00:00+00:00__")


def test_a_schedule_says_by_whose_clock_it_is(load_bag: LoadBag, schedule: Any) -> None:
    """Airflow and Ballpark show it beside moments in UTC."""
    assert _timetable(load_bag, "mlb_live").summary == "0 3 * * * America/Los_Angeles"
    assert schedule.summary == "0 10 * * *"
