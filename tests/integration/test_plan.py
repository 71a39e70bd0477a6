"""What a job with items asks the Stats API for: its requests, decided from what the tables list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest import requests as requests_module
from mlb_data_platform.ingest.requests import plan
from mlb_data_platform.ingest.scope import Scope
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import settings
from tests.conftest import Database
from tests.listed_games import list_game

pytestmark = pytest.mark.services

DAY, NEXT = date(2026, 7, 8), date(2026, 7, 9)
TEAMS = {"table": "schedule.games", "date": "schedule_date", "key": {"team_id": ["home_team_id", "away_team_id"]}}
PLAYERS = {
    "table": "game.live_game_players",
    "where": {"game_pk": {"in": "schedule.games", "column": "game_pk", "date": "schedule_date"}},
    "key": {"person_id": "player_id"},
    "batch": 2,
    "if_none": "skip",
}
ROSTER = {"mapping": "team.roster", "parameters": {"teamId": "{team_id}", "date": "{date}", "season": "{season}"}}
PEOPLE = {"mapping": "person.person", "parameters": {"personIds": "{person_id}"}}
TRANSACTIONS = {"mapping": "transactions.list", "parameters": {"startDate": "{date-7}", "endDate": "{date}"}}
_PATHS = {
    "team.roster": ("/api/v1/teams/{teamId}/roster", "teamId"),
    "person.person": ("/api/v1/people", "personIds"),
    "transactions.list": ("/api/v1/transactions", "startDate"),
    "stats.stats": ("/api/v1/stats", "season"),
}


def _mapping(name: str) -> Mapping:
    endpoint, method = name.split(".")
    path, parameter = _PATHS[name]
    return Mapping.model_validate(
        {
            "endpoint": endpoint,
            "method": method,
            "schema_version": 1,
            "description": "For this test.",
            "request": {"path": path, "parameters": ["date", "season", "endDate", "group"]},
            "natural_key": {"thing": {"type": "text", "parameter": parameter}},
            "version_table": "things",
            "tables": {"things": {"description": "None.", "rows": "$", "columns": {}}},
        }
    )


@pytest.fixture
def listed(
    database: Database, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection[Any]]:
    """Two dates with a game each, of the teams 10 and 11, and 12 and 10; three players in the first one."""
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    monkeypatch.setattr(requests_module, "load_mapping", _mapping)
    for game_pk, day, home, away in ((1, "2026-07-08", 10, 11), (2, "2026-07-09", 12, 10)):
        list_game(connection, game_pk, day, home_team_id=home, away_team_id=away)
        connection.execute(
            "INSERT INTO schedule.daily_summary (schedule_date, sport_id, captured_at, raw_id)"
            " VALUES (%s, 1, now(), 1)",
            [day],
        )
    connection.execute(
        "INSERT INTO game.live_game_players (game_pk, player_id, captured_at, raw_id)"
        " VALUES (1, 102, now(), 1), (1, 100, now(), 1), (1, 101, now(), 1)"
    )
    yield connection
    settings.cache_clear()


def job(*ingests: dict[str, Any], **more: Any) -> Job:
    task = {"argv": ["ingest", "job"], "pool": "mlb_api", "retries": 0, "timeout_minutes": 1}
    return Job.model_validate(
        {
            "name": "job",
            "description": "For this test.",
            "doc": "What it does, its params, how to repair it.",
            "owner": "tests",
            "tags": ["test"],
            "tasks": {"ingest": {**task, "pod": {"cpu": "1", "memory": "1Gi"}}},
            "check": {"table": "a.b", "columns": {"c": "{date}"}},
            "ingests": list(ingests),
            **more,
        }
    )


def targets(job: Job, scope: Scope) -> list[str]:
    return [request.target for request in plan(job, scope).requests]


def test_an_item_its_date_and_the_season_of_that_stand_in_one_request(listed: Connection[Any]) -> None:
    assert targets(job(ROSTER, each=TEAMS), Scope(day=DAY)) == [
        "/api/v1/teams/10/roster?date=2026-07-08&season=2026",
        "/api/v1/teams/11/roster?date=2026-07-08&season=2026",
    ]


def test_of_several_dates_the_items_of_each(listed: Connection[Any]) -> None:
    settled = {**ROSTER, "settled": {"after_days": 2}}
    made = plan(job(settled, each=TEAMS), Scope(day=DAY, to=NEXT)).requests
    assert [(each.parameters["teamId"], each.parameters["date"]) for each in made] == [
        (10, "2026-07-08"),
        (11, "2026-07-08"),
        (10, "2026-07-09"),
        (12, "2026-07-09"),
    ]
    # two days after the date had ended
    assert {each.settled_from for each in made} == {datetime(2026, 7, day, 10, tzinfo=UTC) for day in (11, 12)}


def test_items_that_are_given_are_not_looked_up(listed: Connection[Any]) -> None:
    assert targets(job(ROSTER, each=TEAMS, keys={}), Scope({"team_id": (99,)}, day=DAY)) == [
        "/api/v1/teams/99/roster?date=2026-07-08&season=2026"
    ]


def test_items_are_asked_for_together_in_one_order(listed: Connection[Any]) -> None:
    assert targets(job(PEOPLE, each=PLAYERS), Scope(day=DAY)) == [
        "/api/v1/people?personIds=100,101",
        "/api/v1/people?personIds=102",
    ]
    assert targets(job(PEOPLE, each=PLAYERS), Scope({"person_id": (7, 5, 7, 6)})) == [
        "/api/v1/people?personIds=5,6",
        "/api/v1/people?personIds=7",
    ]


def test_where_nothing_is_due_all_is_well_if_the_job_says_so(listed: Connection[Any]) -> None:
    assert targets(job(PEOPLE, each=PLAYERS), Scope(day=NEXT)) == []
    with pytest.raises(BadInputError, match=r"game\.live_game_players lists no person_id for 2026-07-09"):
        plan(job(PEOPLE, each={**PLAYERS, "if_none": "fail"}), Scope(day=NEXT))


def test_dates_that_are_not_loaded_are_named(listed: Connection[Any]) -> None:
    for each in (TEAMS, PLAYERS):
        ingest = ROSTER if each is TEAMS else PEOPLE
        with pytest.raises(BadInputError, match=r"the schedule of 2026-07-10 of .* is not loaded; run: mlb-etl ingest"):
            plan(job(ingest, each=each), Scope(day=DAY, to=date(2026, 7, 10)))


def test_items_that_no_table_lists_by_date_are_those_of_the_season(listed: Connection[Any]) -> None:
    each = {"table": "schedule.games", "where": {"season": "{season}"}, "key": {"team_id": "home_team_id"}}
    listed.execute("UPDATE schedule.games SET season = CASE game_pk WHEN 1 THEN 2026 ELSE 2025 END")
    of_season = job({"mapping": "team.roster", "parameters": {"teamId": "{team_id}", "season": "{season}"}}, each=each)
    assert targets(of_season, Scope(season=2025)) == ["/api/v1/teams/12/roster?season=2025"]
    assert targets(of_season, Scope(day=DAY)) == ["/api/v1/teams/10/roster?season=2026"]
    assert targets(of_season, Scope({"team_id": (7,)}, season=2025)) == ["/api/v1/teams/7/roster?season=2025"]


def test_a_date_may_be_some_days_earlier(listed: Connection[Any]) -> None:
    assert targets(job(TRANSACTIONS), Scope(day=DAY)) == [
        "/api/v1/transactions?startDate=2026-07-01&endDate=2026-07-08"
    ]


def test_a_job_may_ask_for_several_things_and_a_key_have_a_default(listed: Connection[Any]) -> None:
    stats = {"mapping": "stats.stats", "parameters": {"season": "{season}", "group": "{group}"}}
    group = {"title": "Groups", "description": "Of these.", "type": "string", "default": ["hitting", "pitching"]}
    both = job(stats, TRANSACTIONS, keys={"group": group})
    assert targets(both, Scope(day=DAY)) == [
        "/api/v1/stats?season=2026&group=hitting",
        "/api/v1/stats?season=2026&group=pitching",
        "/api/v1/transactions?startDate=2026-07-01&endDate=2026-07-08",
    ]
    assert targets(job(stats, keys={"group": group}), Scope({"group": ("fielding",)}, season=2025)) == [
        "/api/v1/stats?season=2025&group=fielding"
    ]


@pytest.mark.parametrize(
    ("ingest", "each", "scope", "problem"),
    [
        (ROSTER, TEAMS, Scope(), "give one of --date, --season"),
        (ROSTER, TEAMS, Scope({"team_id": (1,)}), "give one of --date, --season"),
        (PEOPLE, PLAYERS, Scope({"person_id": (1,)}, day=DAY), "give one of --key person_id=…, --date, --season"),
        (PEOPLE, PLAYERS, Scope({"team_id": (1,)}, day=DAY), "has no use for --key team_id=…"),
    ],
)
def test_flags_that_do_not_fit_are_refused(
    ingest: dict[str, Any], each: dict[str, Any], scope: Scope, problem: str
) -> None:
    with pytest.raises(BadInputError, match=problem):
        plan(job(ingest, each=each), scope)
