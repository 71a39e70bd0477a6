"""A process that follows games writes of each capture what changed, and only while the tables hold what it left."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import pytest
from psycopg import Connection

from tests import simulated
from tests.checker import game
from tests.conftest import Database
from tests.integration.support import Platform, applied, at, body, insert_game, insert_raw, one, see_again
from tests.synthetic import captures, feed
from tests.waiting import until

pytestmark = pytest.mark.unmeasured

GAME_PK = 990_001


@pytest.fixture
def follower(database: Database) -> Iterator[Platform]:
    """A program that remembers what it published."""
    with database.connect(autocommit=False) as connection:
        yield Platform(connection, remembers=2)


def test_each_state_of_a_game_is_exact(connection: Connection[Any], follower: Platform) -> None:
    for minute, response in enumerate([*captures(GAME_PK), *reversed(captures(GAME_PK))]):
        insert_game(connection, body(response), at(minute))
        follower.transform(GAME_PK)
        assert game.compare(connection, response) == []


def test_each_revision_of_a_simulated_game_is_exact(connection: Connection[Any], follower: Platform) -> None:
    game_pk = simulated.under_way()["gamePk"]
    for minute, moment in enumerate(simulated.revisions(2026, game_pk, 25)):
        response = simulated.feed(2026, game_pk, moment)
        insert_game(connection, body(response), at(minute))
        follower.transform(game_pk)
        assert game.compare(connection, response) == []


def test_as_many_rows_are_written_as_changed(connection: Connection[Any], follower: Platform) -> None:
    response = feed(GAME_PK)
    insert_game(connection, body(response), at(0))
    follower.transform()
    before = one(connection, "SELECT pg_current_xact_id()::text::bigint")
    response["liveData"]["plays"]["allPlays"][3]["result"]["description"] = "Corrected."
    insert_game(connection, body(response), at(1))
    follower.transform()
    assert game.compare(connection, response) == []
    written = {
        table: one(connection, f"SELECT count(*) FROM game.{table} WHERE xmin::text::bigint > %s", before)
        for table in ("live_game_metadata", "live_game_plays", "live_game_pitch_events", "live_game_players")
    }
    assert written == {
        "live_game_metadata": 1,
        "live_game_plays": 1,
        "live_game_pitch_events": 0,
        "live_game_players": 0,
    }


def test_content_that_is_seen_again_costs_the_follower_nothing(connection: Connection[Any], follower: Platform) -> None:
    response = feed(GAME_PK)
    raw_id = insert_game(connection, body(response), at(0))
    follower.transform()
    see_again(connection, raw_id, at(1))
    follower.transform()
    assert applied(connection, GAME_PK) == (at(1), raw_id)
    response["liveData"]["plays"]["allPlays"][3]["result"]["description"] = "Corrected."
    insert_game(connection, body(response), at(2))
    follower.transform()
    assert game.compare(connection, response) == []
    assert follower.rows == 1, "only what changed is written"


def test_what_others_did_meanwhile_is_seen(connection: Connection[Any], platform: Platform, follower: Platform) -> None:
    versions = captures(GAME_PK)
    for minute, response in enumerate(versions):
        insert_game(connection, body(response), at(minute))
        (platform if minute % 2 else follower).transform()
        assert game.compare(connection, response) == []


@pytest.mark.parametrize("table", ["live_game_metadata", "live_game_plays"])
def test_rows_that_somebody_deleted_are_back(table: str, connection: Connection[Any], follower: Platform) -> None:
    insert_game(connection, body(feed(GAME_PK)), at(0))
    follower.transform()
    connection.execute(f"DELETE FROM game.{table}")
    response = feed(GAME_PK, revision=1)
    insert_game(connection, body(response), at(1))
    follower.transform()
    assert game.compare(connection, response) == []


def test_a_change_that_breaks_a_rule_leaves_the_rows_as_they_are(
    connection: Connection[Any], follower: Platform
) -> None:
    first = insert_game(connection, body(feed(GAME_PK)), at(0))
    follower.transform()
    for minute, spoil in enumerate((_out_of_range, _twice, _twice_with_a_difference), start=1):
        broken = deepcopy(feed(GAME_PK, revision=1))
        spoil(broken["liveData"]["linescore"]["innings"])
        insert_game(connection, body(broken), at(minute))
        assert len(follower.errors_of_transform()) == 1
        assert applied(connection, GAME_PK) == (at(0), first)
        assert game.compare(connection, feed(GAME_PK)) == []
    insert_game(connection, body(feed(GAME_PK, revision=2)), at(9))
    follower.transform()
    assert game.compare(connection, feed(GAME_PK, revision=2)) == []


def test_a_key_that_is_written_otherwise_is_the_same_row(connection: Connection[Any], follower: Platform) -> None:
    insert_game(connection, body(feed(GAME_PK)), at(0))
    follower.transform()
    rows = "SELECT array_agg(ctid::text ORDER BY at_bat_index) FROM game.live_game_plays"
    before = one(connection, rows)
    otherwise = deepcopy(feed(GAME_PK))
    for play in otherwise["liveData"]["plays"]["allPlays"]:
        play["about"]["atBatIndex"] = float(play["about"]["atBatIndex"])
    insert_game(connection, body(otherwise), at(1))
    follower.transform()
    assert one(connection, rows) == before


def test_a_whole_number_that_is_written_otherwise_is_no_change(connection: Connection[Any], follower: Platform) -> None:
    """A feed writes 95.0; a patch that leads to it, and what is rendered of that, 95."""
    response = feed(GAME_PK)
    pitches = [event for play in response["liveData"]["plays"]["allPlays"] for event in play["playEvents"]
               if "pitchData" in event]  # fmt: skip
    for pitch in pitches:
        pitch["pitchData"]["startSpeed"] = 95.0
    insert_game(connection, body(response), at(0))
    follower.transform()
    for pitch in pitches:
        pitch["pitchData"]["startSpeed"] = 95
    pitches[0]["pitchData"]["startSpeed"] = 95.5
    insert_game(connection, body(response), at(1))
    follower.transform()
    assert game.compare(connection, response) == []
    assert follower.rows == 1


def test_who_does_not_hold_the_version_row_locks_no_other(
    database: Database, connection: Connection[Any], follower: Platform
) -> None:
    insert_game(connection, body(feed(GAME_PK)), at(0))
    follower.transform()
    connection.execute("UPDATE game.live_game_metadata SET published_xid = pg_current_xact_id()")  # somebody published
    changed = deepcopy(feed(GAME_PK))
    for play in changed["liveData"]["plays"]["allPlays"]:
        play["result"]["description"] = "Changed."
    insert_game(connection, body(changed), at(1))
    play = "UPDATE game.live_game_plays SET rbi = rbi WHERE at_bat_index = %s"
    with database.connect(autocommit=False) as publisher, ThreadPoolExecutor() as threads:
        publisher.execute("UPDATE game.live_game_metadata SET raw_id = raw_id")
        publisher.execute(play, [3])
        followed = threads.submit(follower.transform)
        until(lambda: one(connection, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"), "the follower waits", 60)
        publisher.execute(play, [0])  # a deadlock, if the follower had begun with the plays
        publisher.commit()
        followed.result()
    assert game.compare(connection, changed) == []


def test_a_date_that_a_response_lists_twice_is_refused(connection: Connection[Any], database: Database) -> None:
    with database.connect(autocommit=False) as own:
        follower = Platform(own, "schedule.schedule", remembers=2)
        _insert_schedule(connection, 0, [0])
        follower.transform()
        _insert_schedule(connection, 1, [0, 1])
        (error,) = follower.errors_of_transform()
    assert "daily_summary.key_unique" in str(error)


def _insert_schedule(connection: Connection[Any], minute: int, totals: list[int]) -> None:
    date = "2026-07-01"
    response = {"dates": [{"date": date, "totalGames": total, "games": []} for total in totals]}
    insert_raw(
        connection,
        "schedule.schedule",
        body(response),
        at(minute),
        url=f"https://statsapi.mlb.com/api/v1/schedule?date={date}&sportId=1",
        request_params={"date": date, "sportId": 1},
    )


def _out_of_range(innings: list[dict[str, Any]]) -> None:
    innings[0]["num"] = 99


def _twice(innings: list[dict[str, Any]]) -> None:
    innings.append(innings[0])


def _twice_with_a_difference(innings: list[dict[str, Any]]) -> None:
    innings.append(deepcopy(innings[0]))
    innings[-1]["home"]["runs"] = 9
