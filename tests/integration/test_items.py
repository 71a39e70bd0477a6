"""Which items a job's `each` finds in the tables, and which of what was asked for is not in them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.jobs.each import Each
from mlb_data_platform.jobs.items import Item, items, items_by_key
from mlb_data_platform.jobs.models import PresenceCheck
from mlb_data_platform.jobs.presence import Asked, absent, asked_for, missing, run_values
from tests.listed_games import list_game

pytestmark = pytest.mark.services

DAY, NEXT = date(2026, 7, 8), date(2026, 7, 9)
GAMES = {
    "table": "schedule.games",
    "date": "schedule_date",
    "key": {"game_pk": "game_pk"},
    "label": ["away_team_name", "home_team_name"],
}
TEAMS = {
    "table": "schedule.games",
    "date": "schedule_date",
    "key": {"team_id": ["home_team_id", "away_team_id"]},
}
PLAYERS = {
    "table": "game.live_game_players",
    "where": {"game_pk": {"in": "schedule.games", "column": "game_pk", "date": "schedule_date"}},
    "key": {"person_id": "player_id"},
}


@pytest.fixture
def listed(connection: Connection[Any]) -> Connection[Any]:
    """Two games on one date, one of them listed on the next date too, where there is another one."""
    list_game(connection, 1, "2026-07-08", home_team_id=10, away_team_id=11)
    list_game(connection, 2, "2026-07-08", home_team_id=12, away_team_id=10, coded_game_state="D")
    list_game(connection, 2, "2026-07-09", home_team_id=12, away_team_id=10, away_team_name="Later")
    list_game(connection, 3, "2026-07-09", home_team_id=13, away_team_id=None)
    connection.execute(
        "INSERT INTO game.live_game_players (game_pk, player_id, captured_at, raw_id)"
        " VALUES (1, 100, now(), 1), (1, 101, now(), 1), (3, 100, now(), 1), (4, 102, now(), 1)"
    )
    return connection


def found(connection: Connection[Any], each: dict[str, Any], first: date = DAY, last: date | None = None) -> list[Item]:
    return items(connection, Each.model_validate(each), first, last or first)


def keys(listed: list[Item]) -> list[Any]:
    return [next(iter(item.key.values())) for item in listed]


def test_the_items_of_a_date_each_once_in_the_order_of_their_dates_and_keys(listed: Connection[Any]) -> None:
    assert found(listed, GAMES) == [Item({"game_pk": 1}, "Away @ Home"), Item({"game_pk": 2}, "Away @ Home")]
    assert found(listed, GAMES, DAY, NEXT) == [
        Item({"game_pk": 1}, "Away @ Home"),
        Item({"game_pk": 2}, "Later @ Home"),  # by the last of its dates
        Item({"game_pk": 3}, "Away @ Home"),
    ]


def test_an_item_for_each_of_several_columns_but_none_where_they_are_null(listed: Connection[Any]) -> None:
    assert keys(found(listed, TEAMS)) == [10, 11, 12]
    assert found(listed, TEAMS, NEXT) == [Item({"team_id": each}, str(each)) for each in (10, 12, 13)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"coded_game_state": "D"}, [2]),
        ({"coded_game_state": ["D", "S"]}, [1, 2]),
        ({"home_team_id": 10}, [1]),
        ({"official_date": "{date}"}, []),
        ({"season": "{season}"}, [1]),
    ],
)
def test_only_rows_with_these_values(listed: Connection[Any], where: dict[str, Any], expected: list[int]) -> None:
    listed.execute("UPDATE schedule.games SET season = 2026 WHERE game_pk = 1")
    assert keys(found(listed, {**GAMES, "where": where})) == expected


def test_only_rows_whose_value_another_table_has_for_the_date(listed: Connection[Any]) -> None:
    assert keys(found(listed, PLAYERS)) == [100, 101]
    assert keys(found(listed, PLAYERS, NEXT)) == [100]
    assert keys(found(listed, PLAYERS, DAY, NEXT)) == [100, 101]


def test_what_is_known_and_young_is_left_out_unless_all_are_wanted(listed: Connection[Any]) -> None:
    each = Each.model_validate(
        {
            **GAMES,
            "unless": {"table": "game.live_game_metadata", "columns": {"game_pk": "{game_pk}"}, "newer_than_days": 7},
        }
    )
    listed.execute(
        "INSERT INTO game.live_game_metadata (game_pk, captured_at, raw_id)"
        " VALUES (1, now() - interval '6 days', 1), (2, now() - interval '8 days', 1)"
    )
    assert keys(items(listed, each, DAY, DAY)) == [2]
    assert keys(items(listed, each, DAY, DAY, known_too=True)) == [1, 2]


def test_items_by_their_keys_known_or_not_in_the_order_given(listed: Connection[Any]) -> None:
    each = Each.model_validate(GAMES)
    assert items_by_key(listed, each, [{"game_pk": 9}, {"game_pk": 2}, {"game_pk": "9"}]) == [
        Item({"game_pk": "9"}, "9"),
        Item({"game_pk": 2}, "Later @ Home"),
    ]


def test_what_was_asked_for_and_is_not_there(listed: Connection[Any]) -> None:
    check = PresenceCheck.model_validate(
        {"table": "schedule.games", "columns": {"game_pk": "{game_pk}", "schedule_date": "{date}"}}
    )
    run = {"date": DAY, "season": 2026}
    asked = asked_for(listed, check, Each.model_validate(GAMES), run, {})
    assert [each.values["game_pk"] for each in asked] == [1, 2]
    assert absent(listed, check, asked) == []
    later = [Asked({**each.values, "date": NEXT}, each.label) for each in asked]
    assert [missing(check, each) for each in absent(listed, check, later)] == [
        "schedule.games has no game_pk 1, schedule_date 2026-07-09 (Away @ Home)"
    ]


def test_what_no_table_lists_by_date_is_that_of_the_season_of_the_run(listed: Connection[Any]) -> None:
    check = PresenceCheck.model_validate({"table": "schedule.games", "columns": {"game_pk": "{game_pk}"}})
    each = Each.model_validate({**GAMES, "date": None, "where": {"season": "{season}"}})
    listed.execute("UPDATE schedule.games SET season = 2023 + game_pk")
    assert run_values(check, each, {}) == ["season"]
    assert run_values(check, Each.model_validate(GAMES), {}) == ["date"]
    assert run_values(check, each, {"game_pk": [7]}) == []
    asked = asked_for(listed, check, each, {"season": 2025}, {})
    assert [one.values["game_pk"] for one in asked] == [2]


def test_of_keys_that_are_given_each_is_asked_for(listed: Connection[Any]) -> None:
    check = PresenceCheck.model_validate(
        {"table": "schedule.daily_summary", "columns": {"schedule_date": "{date}", "sport_id": "{sport_id}"}}
    )
    asked = asked_for(listed, check, None, {"date": DAY, "season": 2026}, {"sport_id": [1, 11]})
    assert [missing(check, each) for each in absent(listed, check, asked)] == [
        f"schedule.daily_summary has no schedule_date 2026-07-08, sport_id {sport}" for sport in (1, 11)
    ]
