"""`mlb-etl corrections`, `timeline` and `as-of`: what a person sees of the history, and what is refused."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from psycopg import Connection, errors

from mlb_data_platform.mapping.load import all_mappings
from tests.conftest import Cli
from tests.integration.history import compare_as_of
from tests.integration.support import GAME, at, body, insert_game, one
from tests.synthetic import feed

GAME_PK = 986_001
FINAL = feed(GAME_PK)
TEAMS = FINAL["gameData"]["teams"]
PLAY = FINAL["liveData"]["plays"]["allPlays"][0]


@pytest.fixture
def captures(connection: Connection[Any], mlb_etl: Cli) -> list[int]:
    """A final, and the same with an error instead of what it was."""
    corrected = deepcopy(FINAL)
    corrected["liveData"]["plays"]["allPlays"][0]["result"]["event"] = "Field Error"
    ids = [insert_game(connection, body(each), at(minute)) for minute, each in enumerate((FINAL, corrected))]
    mlb_etl.ok("transform", GAME, "--all")
    return ids


def test_corrections_are_told_with_both_values(captures: list[int], mlb_etl: Cli) -> None:
    was, batter = PLAY["result"]["event"], PLAY["matchup"]["batter"]["id"]
    label = f"{TEAMS['away']['name']} @ {TEAMS['home']['name']} on {FINAL['gameData']['datetime']['officialDate']}"
    name = FINAL["gameData"]["players"][f"ID{batter}"]["fullName"]
    told = mlb_etl.ok("corrections")
    assert told.out.splitlines() == [
        f"*\t2026-07-02 01:01:00Z\tgame_pk {GAME_PK} ({label})\t{name}\tlive_game_plays at_bat_index 0"
        f"\tevent: {was} is Field Error now"
    ]
    assert mlb_etl.ok("corrections", "--player", batter, "--game-pk", GAME_PK).out == told.out
    for other in (["--player", "1"], ["--game-pk", "1"], ["--since", "2026-07-02T01:02Z"]):
        assert mlb_etl.ok("corrections", *other).out == ""
    (row,) = json.loads(mlb_etl.ok("corrections", "--json").out)
    assert row == {
        "game_pk": GAME_PK,
        "label": label,
        "player": name,
        "table_name": "live_game_plays",
        "key": {"at_bat_index": 0},
        "column_name": "event",
        "before": was,
        "after": "Field Error",
        "kind": "changed",
        "seen_at": "2026-07-02T01:01:00+00:00",
        "previous_capture": captures[0],
        "capture": captures[1],
        "notable": True,
    }


def test_a_timeline_has_each_capture_with_what_it_changed(captures: list[int], mlb_etl: Cli) -> None:
    first, second = captures
    assert mlb_etl.ok("timeline", GAME_PK).out.splitlines() == [
        f"{first}\t2026-07-02 01:00:00Z\t2026-07-02 01:00:00Z\t",
        f"{second}\t2026-07-02 01:01:00Z\t2026-07-02 01:01:00Z\tlive_game_plays +0 ~1 -0",
    ]
    _, version = json.loads(mlb_etl.ok("timeline", GAME_PK, "--json").out)
    assert version["changes"] == {"live_game_plays": {"added": 0, "changed": 1, "removed": 0}}
    (change,) = json.loads(mlb_etl.ok("timeline", GAME_PK, "--from", second, "--to", first, "--json").out)
    assert (change["table"], change["key"]) == ("live_game_plays", {"at_bat_index": 0})
    assert (change["before"]["event"], change["after"]["event"]) == ("Field Error", PLAY["result"]["event"])


def test_all_tables_as_of_a_moment_are_views(captures: list[int], mlb_etl: Cli, connection: Connection[Any]) -> None:
    event = "SELECT event FROM {}.live_game_plays WHERE at_bat_index = 0"
    said = mlb_etl.ok("as-of", "2026-07-02T01:00:30Z", "--into", "before").out
    tables = sum(len(mapping.tables) for mapping in all_mappings())
    assert said == f"before: {tables} tables as of 2026-07-02T01:00:30Z\n"
    assert one(connection, event.format("before")) == PLAY["result"]["event"]
    mlb_etl.ok("as-of", "2026-07-02T01:01:30", "--into", "before")
    assert one(connection, event.format("before")) == "Field Error"
    mlb_etl.ok("as-of", "30s", "--into", "behind")
    assert one(connection, "SELECT count(*) FROM behind.live_game_plays") > 0, "captured long ago"
    connection.execute("UPDATE game.live_game_plays SET captured_at = now()")
    assert one(connection, "SELECT count(*) FROM behind.live_game_plays") == 0, "captured just now"
    for schema in ("before", "behind"):
        mlb_etl.ok("as-of", "--into", schema, "--drop")
    assert one(connection, "SELECT count(*) FROM pg_namespace WHERE nspname IN ('before', 'behind')") == 0


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["as-of", "--into", "x"], "say as of when"),
        (["as-of", "noon", "--into", "x"], "'noon' is not like 2026-04-19T20:00Z"),
        (["as-of", "30s", "--into", "Not this"], "is no name of a schema"),
        (["as-of", "30s", "--into", "game"], "was not made by `mlb-etl as-of`"),
        (["as-of", "--into", "game", "--drop"], "was not made by `mlb-etl as-of`"),
        (["as-of", "--into", "nothing", "--drop"], "there is no schema nothing"),
        (["timeline", "1"], "the tables have nothing of game_pk 1"),
        (["timeline", "1", "--from", "3"], "give both --from and --to"),
        (["corrections", "--since", "noon"], "--since: 'noon' is not like 2026-04-19T20:00Z"),
    ],
)
def test_what_cannot_be_is_refused_in_words(command: list[str], told: str, mlb_etl: Cli) -> None:
    finished = mlb_etl(*command)
    assert finished.exit_code == 2, finished.output
    assert told in finished.err


def test_tables_as_of_a_moment_are_read_by_their_indexes(captures: list[int], connection: Connection[Any]) -> None:
    connection.execute("SET enable_seqscan = off")
    query = "EXPLAIN SELECT * FROM game.live_game_plays_as_of('2026-07-02') WHERE game_pk = 1 AND at_bat_index = 2"
    plan = "\n".join(line for (line,) in connection.execute(query))
    assert "Function Scan" not in plan, "the planner sees through the function"
    assert "Seq Scan" not in plan
    assert compare_as_of(connection, at(0), FINAL) == []


def test_who_may_read_the_views_need_not_read_the_tables(
    captures: list[int], mlb_etl: Cli, connection: Connection[Any]
) -> None:
    mlb_etl.ok("as-of", "30s", "--into", "behind")
    connection.execute(
        "CREATE ROLE viewer; GRANT USAGE ON SCHEMA behind TO viewer;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA behind TO viewer"
    )
    try:
        for _ in range(2):  # and once more: views that are replaced keep their grants
            connection.execute("SET ROLE viewer")
            assert one(connection, "SELECT count(*) FROM behind.live_game_metadata") == 1
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("SELECT FROM game.live_game_metadata")
            connection.execute("RESET ROLE")
            mlb_etl.ok("as-of", "1m", "--into", "behind")
    finally:
        connection.execute("RESET ROLE; DROP OWNED BY viewer; DROP ROLE viewer")
