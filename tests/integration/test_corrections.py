"""`game.corrections`: what changed after a game was final, value by value, and nothing else."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from psycopg import Connection

from tests.integration.support import Platform, at, body, insert_game
from tests.synthetic import feed

pytestmark = pytest.mark.unmeasured

GAME_PK = 985_001
FINAL = feed(GAME_PK)


def corrected(of: dict[str, Any] = FINAL) -> dict[str, Any]:
    """The final, with a hit that became an error."""
    response = deepcopy(of)
    play = response["liveData"]["plays"]["allPlays"][0]
    play["result"]["event"] = "Field Error"
    return response


def corrections(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    query = (
        "SELECT table_name, key, column_name, before, after, kind, seen_at, previous_capture, capture"
        " FROM game.corrections ORDER BY seen_at, table_name, key, column_name"
    )
    return connection.execute(query).fetchall()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)], ids=str)
def test_what_changed_after_the_final(connection: Connection[Any], platform: Platform, order: tuple[int, ...]) -> None:
    live = deepcopy(FINAL)
    live["gameData"]["status"] |= {"codedGameState": "I", "detailedState": "In Progress", "abstractGameState": "Live"}
    live["liveData"]["plays"]["allPlays"][1]["result"]["event"] = "Nothing yet"
    responses = [live, FINAL, corrected()]
    ids = {}
    for number in order:
        ids[number] = insert_game(connection, body(responses[number]), at(number))
        platform.transform()
    was = FINAL["liveData"]["plays"]["allPlays"][0]["result"]["event"]
    assert corrections(connection) == [
        ("live_game_plays", {"at_bat_index": 0}, "event", was, "Field Error", "changed", at(2), ids[1], ids[2])
    ]


def test_rows_that_came_and_went(connection: Connection[Any], platform: Platform) -> None:
    shorter = deepcopy(FINAL)
    shorter["liveData"]["linescore"]["innings"].pop()
    ids = [insert_game(connection, body(each), at(minute)) for minute, each in enumerate((FINAL, shorter, FINAL))]
    again = corrected()
    ids.append(insert_game(connection, body(again), at(3)))
    platform.transform()
    found = [each for each in corrections(connection) if each[0] == "live_game_linescore_innings"]
    assert [(kind, column, seen_at, *captures) for _, _, column, _, _, kind, seen_at, *captures in found] == [
        ("removed", None, at(1), ids[0], ids[1]),
        ("added", None, at(2), ids[1], ids[2]),
    ]
    (_, key, _, before, nothing, *_), (_, same, _, absent, after, *_) = found
    assert (nothing, absent, same) == (None, None, key)
    assert before == after
    assert {"home_runs", "away_runs"} <= before.keys()


def test_what_is_so_only_when_it_is_asked_for_is_no_correction(connection: Connection[Any], platform: Platform) -> None:
    later = deepcopy(FINAL)
    later["metaData"]["timeStamp"] = "20990101_000000"
    later["gameData"]["teams"]["home"]["record"] = {"wins": 99, "losses": 1}
    for minute, response in enumerate((FINAL, later)):
        insert_game(connection, body(response), at(minute))
        platform.transform()
    assert corrections(connection) == []


def test_one_game_is_found_without_reading_the_others(connection: Connection[Any]) -> None:
    plan = connection.execute("SET enable_seqscan = off; EXPLAIN SELECT * FROM game.corrections WHERE game_pk = 1")
    while plan.nextset():
        pass
    text = "\n".join(line for (line,) in plan.fetchall())
    assert "Seq Scan" not in text


def test_history_of_raw_rows_that_are_gone_is_left_alone(connection: Connection[Any], platform: Platform) -> None:
    """Else a raw tier that is being filled again would take along what only the tables still have."""
    first = insert_game(connection, body(FINAL), at(0))
    insert_game(connection, body(corrected()), at(1))
    platform.transform()
    before = corrections(connection)
    connection.execute("DELETE FROM game.live_game_v1 WHERE id = %s", [first])
    insert_game(connection, body(FINAL | {"copyright": "another"}), at(0.5))
    (error,) = platform.errors_of_transform()
    assert f"left as it is: its rows or its history are of raw rows that the raw tier lacks ({first})" in str(error)
    assert before != []
    assert corrections(connection) == before
