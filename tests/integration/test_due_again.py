"""What is asked for again, and since when: `game.due_again`, `game.changes_due`, `game.chances_due`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from tests.conftest import Database
from tests.integration.support import Platform, body, insert_game, insert_raw, one, see_again
from tests.synthetic import feed

pytestmark = pytest.mark.unmeasured

GAME_PK = 986_001
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def changes(database: Database) -> Iterator[Platform]:
    with database.connect(autocommit=False) as own:
        yield Platform(own, mapping=load_mapping("game.changes"))


def now() -> datetime:
    return datetime.now(UTC)


def game(ended: datetime, state: str = "F") -> dict[str, Any]:
    """A game of the date on which it ended, so that noon after it lies ahead of it."""
    response = deepcopy(feed(GAME_PK))
    response["gameData"]["status"]["codedGameState"] = state
    response["gameData"]["datetime"]["officialDate"] = f"{ended:%Y-%m-%d}"
    return response


def listed(moment: datetime, *game_pks: int, updated_since: str = "2026-07-01T00:00:00Z") -> dict[str, Any]:
    games = [
        {"gamePk": each, "officialDate": "2026-07-01", "season": "2026", "gameType": "R",
         "status": {"codedGameState": "F", "detailedState": "Final"}}
        for each in game_pks
    ]  # fmt: skip
    return {"totalGames": len(games), "dates": [{"date": "2026-07-01", "games": games}], "at": f"{moment}"}


def keep_changes(connection: Connection[Any], moment: datetime, *game_pks: int) -> int:
    content = json.dumps(listed(moment, *game_pks)).encode()
    asked = {"updatedSince": "2026-07-01T00:00:00Z", "sportId": "1", "season": "2026"}
    return insert_raw(
        connection,
        "game.changes",
        content,
        moment,
        url="https://statsapi.mlb.com/api/v1/game/changes",
        request_params=asked,
    )


def due(connection: Connection[Any]) -> list[tuple[int, str]]:
    return connection.execute("SELECT game_pk, reason FROM game.due_again ORDER BY 1").fetchall()


@pytest.mark.parametrize(
    ("ago", "last_asked", "reason"),
    [
        (_HOUR / 2, timedelta(0), None),
        (2 * _HOUR, timedelta(0), "an hour after it ended"),
        (4 * _DAY, 2 * _DAY, "three days after it ended"),
        (4 * _DAY, 3 * _DAY + _HOUR, None),
        (8 * _DAY, 4 * _DAY, "a week after it ended"),
        (20 * _DAY, 8 * _DAY, None),
        (31 * _DAY, 8 * _DAY, "a month after it ended"),
        (60 * _DAY, 31 * _DAY, None),
    ],
)
def test_a_final_is_due_some_time_after_its_end(
    connection: Connection[Any], platform: Platform, ago: timedelta, last_asked: timedelta, reason: str | None
) -> None:
    ended = now() - ago
    raw_id = insert_game(connection, body(game(ended)), ended)
    if last_asked:
        see_again(connection, raw_id, ended + last_asked)
    platform.transform()
    assert due(connection) == ([(GAME_PK, reason)] if reason else [])


def test_it_is_due_until_it_was_asked_for(connection: Connection[Any], platform: Platform) -> None:
    ended = now() - 2 * _HOUR
    raw_id = insert_game(connection, body(game(ended)), ended)
    platform.transform()
    assert due(connection) != []
    see_again(connection, raw_id, now())
    assert due(connection) != [], "what is in the raw tier only may be refused"
    platform.transform()
    assert due(connection) == []


@pytest.mark.parametrize(
    ("ago", "state", "was_asked", "are_due"),
    [
        (timedelta(0), "Live", False, True),
        (_HOUR / 2, "Final", True, True),  # its last plays
        (_HOUR / 2, "Final", False, False),  # it was loaded on the morning after
        (2 * _HOUR, "Final", True, False),  # the morning after is soon enough
        (3 * _DAY, "Live", True, False),  # it was suspended
    ],
)
def test_chances_to_win_are_due_while_a_game_is_on(
    connection: Connection[Any], platform: Platform, ago: timedelta, state: str, was_asked: bool, are_due: bool
) -> None:
    insert_game(connection, body(is_at(state, now() - ago)), now() - ago)
    platform.transform()
    if was_asked:
        connection.execute(
            "INSERT INTO game.win_probability_games (game_pk, captured_at, raw_id) VALUES (%s, now(), 1)", [GAME_PK]
        )
    assert chances_due(connection) == ([GAME_PK] if are_due else [])


def test_chances_to_win_are_due_until_those_of_the_last_play_that_is_over_are_known(
    connection: Connection[Any], platform: Platform
) -> None:
    begun = is_at("Live", now())
    for play in begun["liveData"]["plays"]["allPlays"]:
        play["about"]["isComplete"] = False
    insert_game(connection, body(begun), now() - _HOUR)
    platform.transform()
    assert chances_due(connection) == [], "no play is over: the API has none of it"
    insert_game(connection, body(is_at("Live", now())), now())
    platform.transform()
    connection.execute(
        "INSERT INTO game.win_probability_plays (game_pk, at_bat_index, captured_at, raw_id)"
        " SELECT game_pk, at_bat_index, now(), 1 FROM game.live_game_plays"
    )
    assert chances_due(connection) == [GAME_PK], "it was on when they were asked for"
    connection.execute("UPDATE game.win_probability_plays SET home_team_win_probability = 50")
    assert chances_due(connection) == []


def is_at(state: str, moment: datetime) -> dict[str, Any]:
    response = game(moment, state[0] if state == "Final" else "I")
    response["gameData"]["status"]["abstractGameState"] = state
    return response


def chances_due(connection: Connection[Any]) -> list[int]:
    return [game_pk for (game_pk,) in connection.execute("SELECT game_pk FROM game.chances_due")]


def test_what_was_refused_waits_for_the_next_time(connection: Connection[Any], platform: Platform) -> None:
    ended = now() - 2 * _HOUR
    insert_game(connection, body(game(ended)), ended)
    insert_game(connection, body(game(ended) | {"gameData": {}}), now(), GAME_PK)
    assert platform.errors_of_transform() != []
    assert due(connection) == []


def test_a_season_loaded_long_after_it_is_as_it_stays(connection: Connection[Any], platform: Platform) -> None:
    insert_game(connection, body(game(now() - 100 * _DAY)), now() - 2 * _HOUR)
    platform.transform()
    assert due(connection) == []


def test_a_season_is_asked_for_once_more_when_it_is_over(connection: Connection[Any], platform: Platform) -> None:
    ended = now() - 60 * _DAY
    season = int(game(ended)["gameData"]["game"]["season"])
    raw_id = insert_game(connection, body(game(ended)), ended)
    see_again(connection, raw_id, ended + 31 * _DAY)
    platform.transform()
    connection.execute(
        "INSERT INTO season.seasons_normalized (season_id, sport_id, post_season_end_date, captured_at, raw_id)"
        " VALUES (%s, 1, current_date - 5, now(), 1)",
        [season],
    )
    assert due(connection) == [(GAME_PK, "after the season")]


def test_what_is_never_answered_is_due_for_some_days_only(connection: Connection[Any], platform: Platform) -> None:
    ended = now() - 15 * _DAY
    insert_game(connection, body(game(ended)), ended)
    platform.transform()
    assert due(connection) == [], "until a month after its end"


def test_what_is_not_over_is_not_due(connection: Connection[Any], platform: Platform) -> None:
    began = now() - 2 * _HOUR
    insert_game(connection, body(game(began, "I")), began)
    platform.transform()
    assert due(connection) == []


def test_what_the_api_says_has_changed_is_due(
    connection: Connection[Any], platform: Platform, changes: Platform
) -> None:
    ended = now() - 20 * _DAY
    raw_id = insert_game(connection, body(game(ended)), ended)
    see_again(connection, raw_id, ended + 8 * _DAY)
    platform.transform()
    keep_changes(connection, now() - _HOUR, GAME_PK, GAME_PK + 1)
    changes.transform()
    assert due(connection) == [(GAME_PK, "the API says that it changed")]
    see_again(connection, raw_id, now())
    platform.transform()
    assert due(connection) == []


def test_changes_are_asked_for_since_the_last_answer_in_the_tables(
    connection: Connection[Any], platform: Platform, changes: Platform
) -> None:
    def since() -> datetime:
        return datetime.fromisoformat(one(connection, "SELECT updated_since FROM game.changes_due"))

    minute = timedelta(minutes=1)
    insert_game(connection, body(game(now())), now())
    platform.transform()
    first = since()
    assert abs(first - (now() - 2 * _DAY - minute)) < minute
    asked = (now() - 5 * _HOUR).replace(microsecond=0)
    keep_changes(connection, asked, GAME_PK)
    assert since() - first < minute, "an answer that is not in the tables is none"
    changes.transform()
    assert since() == asked - minute
    keep_changes(connection, now(), GAME_PK)
    changes.transform()
    assert one(connection, "SELECT count(*) FROM game.changes_due") == 0, "it was asked just now"


def test_an_answer_without_a_game_is_an_answer(
    connection: Connection[Any], platform: Platform, changes: Platform
) -> None:
    insert_game(connection, body(game(now())), now())
    platform.transform()
    asked = (now() - 5 * _HOUR).replace(microsecond=0)
    keep_changes(connection, asked)
    changes.transform()
    since = one(connection, "SELECT updated_since FROM game.changes_due")
    assert datetime.fromisoformat(since) == asked - timedelta(minutes=1)
