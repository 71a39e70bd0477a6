"""Which dates are not loaded: by what Airflow says of its runs, and by what is in the tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.cli.workflow.missing_dates import MissingDate, missing_dates
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest.calendar import Days
from mlb_data_platform.jobs.load import load_job

DAYS = Days(date(2026, 4, 17), date(2026, 4, 20))


class Airflow:
    """Knows these successful runs."""

    def __init__(self, *runs: dict[str, Any]) -> None:
        self._runs = runs

    def runs(self, dag_id: str, *, state: str) -> list[dict[str, Any]]:
        assert state == "success"
        return [{"conf": None, "partition_key": None, "logical_date": None, **run} for run in self._runs]


def missing(job: str, connection: Connection[Any], *runs: dict[str, Any]) -> list[MissingDate]:
    return missing_dates(load_job(job), DAYS, Airflow(*runs), connection)  # type: ignore[arg-type]


def schedule(connection: Connection[Any], day: str, game_pk: int, state: str = "F") -> None:
    connection.execute(
        "INSERT INTO schedule.games (game_pk, schedule_date, sport_id, coded_game_state, away_team_name,"
        " home_team_name, captured_at, raw_id) VALUES (%s, %s, 1, %s, 'A', 'B', now(), 1)",
        [game_pk, day, state],
    )


def test_a_date_is_missing_without_a_successful_run_or_without_one_of_its_games(connection: Connection[Any]) -> None:
    schedule(connection, "2026-04-17", 1)
    schedule(connection, "2026-04-18", 2)
    schedule(connection, "2026-04-18", 3)
    schedule(connection, "2026-04-19", 4, "D")  # postponed: not asked for
    connection.execute(
        "INSERT INTO game.live_game_metadata (game_pk, captured_at, raw_id) VALUES (1, now(), 1), (2, now(), 1)"
    )
    assert missing(
        "mlb_game",
        connection,
        {"partition_key": "2026-04-17"},
        {"conf": {"date": "2026-04-18"}},
        {"logical_date": "2026-04-19T10:00:00Z"},
        {"logical_date": "2026-04-20T10:00:00Z", "conf": {"game_pks": [1]}},  # some games are not the date
    ) == [
        MissingDate("2026-04-18", True, ("game.live_game_metadata has no game_pk 3 (A @ B)",)),
        MissingDate("2026-04-20", False, ()),
    ]


def test_a_date_is_missing_where_its_schedule_is(connection: Connection[Any]) -> None:
    connection.execute(
        "INSERT INTO schedule.daily_summary (schedule_date, sport_id, captured_at, raw_id)"
        " VALUES ('2026-04-17', 1, now(), 1), ('2026-04-18', 1, now(), 1)"
    )
    runs = [{"partition_key": f"2026-04-{day}"} for day in (17, 18, 19)]
    assert missing("mlb_schedule", connection, *runs) == [
        MissingDate("2026-04-19", True, ("schedule.daily_summary has no schedule_date 2026-04-19, sport_id 1",)),
        MissingDate("2026-04-20", False, ("schedule.daily_summary has no schedule_date 2026-04-20, sport_id 1",)),
    ]


def test_a_job_without_dates_misses_none(connection: Connection[Any]) -> None:
    with pytest.raises(BadInputError, match="mlb_season does not run by date"):
        missing("mlb_season", connection)
