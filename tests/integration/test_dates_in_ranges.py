"""Dates of the schedule, asked for one by one and in ranges: each is as the newest answer with it says.

DESIGN section 7, guarantee 2: in any order of arrival, and with one history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from tests.conftest import Database
from tests.integration.support import Platform, at, body, insert_raw

pytestmark = pytest.mark.unmeasured

_TABLES = ("schedule.daily_summary", "history.schedule_daily_summary", "schedule.games", "history.schedule_games")
_FORGET = f"TRUNCATE schedule.schedule, metadata.applied_captures, {', '.join(_TABLES)}"
_totals = count(1)

Days = tuple[int, ...]


@dataclass(frozen=True)
class League:
    """A database, and two programs that transform its schedule."""

    connection: Connection[Any]
    platforms: tuple[Platform, Platform]

    def add(self, minute: int, totals: dict[int, int]) -> None:
        """Insert the answer for these days of July: how many games each has."""
        days = [f"2026-07-{day:02}" for day in totals]
        asked = {"date": days[0]} if len(days) == 1 else {"startDate": days[0], "endDate": days[-1]}
        insert_raw(
            self.connection,
            "schedule.schedule",
            body(
                {
                    "dates": [
                        {"date": day, "totalGames": total, "games": []}
                        for day, total in zip(days, totals.values(), strict=True)
                    ]
                }
            ),
            at(minute),
            url="https://statsapi.mlb.com/api/v1/schedule?sportId=1",
            request_params={**asked, "sportId": "1"},
        )

    def everything(self) -> dict[str, list[str]]:
        """Return all rows and all former ones, but for what is of the database: raw rows and transactions."""
        query = "SELECT (to_jsonb(t) - '{{raw_id,content_sha256,published_xid}}'::text[])::text FROM {} t"
        return {name: sorted(text for (text,) in self.connection.execute(query.format(name))) for name in _TABLES}


@pytest.fixture(scope="module")
def league(new_database: Callable[[], Database]) -> Iterator[League]:
    """An empty one."""
    database = new_database()
    with (
        database.connect() as connection,
        database.connect(autocommit=False) as one,
        database.connect(autocommit=False) as another,
    ):
        yield League(connection, (Platform(one, "schedule.schedule"), Platform(another, "schedule.schedule")))


_asked = st.sampled_from([(1,), (2,), (1, 2), (2, 3)])


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=st.lists(st.tuples(_asked, st.sampled_from([None, 0, 1])), max_size=6), draw=st.randoms())
@example(found=[((1,), None), ((1, 2), None)], draw=None)
def test_any_answers_in_any_order_leave_one_history(
    league: League, found: list[tuple[Days, int | None]], draw: Any
) -> None:
    league.connection.execute(_FORGET)
    minutes = list(range(len(found)))
    if draw:
        draw.shuffle(minutes)
    answers: dict[int, dict[int, int]] = {}
    for minute, (days, who) in zip(minutes, found, strict=True):
        answers[minute] = {day: next(_totals) for day in days}
        league.add(minute, answers[minute])
        if who is not None:
            league.platforms[who].transform()
    league.platforms[0].transform()
    arrived = league.everything()
    expected: dict[int, int] = {}
    for minute, totals in sorted(answers.items()):
        expected |= totals
        as_of = "SELECT extract(day FROM schedule_date)::int, total_games FROM schedule.daily_summary_as_of(%s)"
        assert dict(league.connection.execute(as_of, [at(minute)]).fetchall()) == expected
    league.connection.execute(_FORGET)
    for minute, totals in sorted(answers.items()):
        league.add(minute, totals)
        league.platforms[0].transform()
    assert arrived == league.everything()
