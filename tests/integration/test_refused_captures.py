"""What is refused decides nothing, is not forgotten, and is tried again only when the mapping changes (guarantee 2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from tests.checker import game
from tests.conftest import Cli, Database
from tests.integration.support import GAME, Platform, applied, at, body, insert_game, insert_raw, one
from tests.synthetic import feed

GAME_PK = 970_001
GOOD, BETTER = feed(GAME_PK), feed(GAME_PK, revision=1)


def _refused_by_a_rule(response: dict[str, Any]) -> dict[str, Any]:
    broken = deepcopy(response)
    broken["liveData"]["linescore"]["innings"][0]["num"] = 99
    return broken


def test_the_capture_before_a_refused_one_is_in_the_tables(connection: Connection[Any], mlb_etl: Cli) -> None:
    """Though nothing was applied before it was refused; where it was, tests/bdd/features/break_and_repair.feature."""
    first = insert_game(connection, body(GOOD), at(0))
    second = insert_game(connection, body(_refused_by_a_rule(BETTER)), at(1))
    for _ in range(2):  # as long as the newest is refused, each run says so
        finished = mlb_etl("transform", GAME, "--game-pk", GAME_PK)
        assert finished.exit_code == 2, finished.output
        assert f"game_pk {GAME_PK}: the capture of 2026-07-02 01:01:00Z (raw row {second} " in finished.err
        assert "live_game_linescore_innings.inning_between" in finished.err
        assert "the tables hold the capture of 2026-07-02 01:00:00Z" in finished.err
        assert applied(connection, GAME_PK) == (at(0), first)
    assert game.compare(connection, GOOD) == []
    insert_game(connection, body(BETTER), at(2))
    mlb_etl.ok("transform", GAME, "--game-pk", GAME_PK)
    assert game.compare(connection, BETTER) == []


def test_what_is_refused_is_recorded_and_not_tried_again(connection: Connection[Any], platform: Platform) -> None:
    raw_id = insert_game(connection, body(_refused_by_a_rule(GOOD)), at(0))
    (error,) = platform.errors_of_transform()
    assert "the tables have nothing of it" in str(error)
    rejected = connection.execute(
        "SELECT endpoint, raw_id, captured_at, unit, mapping_sha256, reason, rejected_at"
        " FROM metadata.rejected_captures"
    ).fetchall()
    assert [row[:5] for row in rejected] == [(GAME, raw_id, at(0), None, load_mapping(GAME).sha256)]
    assert "inning_between" in rejected[0][5]
    platform.errors_of_transform()
    assert one(connection, "SELECT rejected_at FROM metadata.rejected_captures") == rejected[0][6]
    platform.errors_of_transform(force=True)  # asked for, it is tried again
    assert one(connection, "SELECT rejected_at FROM metadata.rejected_captures") > rejected[0][6]


def test_a_changed_mapping_tries_again_what_another_one_refused(
    database: Database, connection: Connection[Any], platform: Platform
) -> None:
    insert_game(connection, body(GOOD), at(0))
    newest = _refused_by_a_rule(BETTER)
    insert_game(connection, body(newest), at(1))
    assert len(platform.errors_of_transform()) == 1
    with _platform_of(database, _without_rule_on_innings()) as lenient:
        lenient.transform()
        assert lenient.notes == []
    assert game.compare(connection, newest) == []


def test_rows_go_back_where_the_mapping_in_force_refuses_what_another_one_took(
    database: Database, connection: Connection[Any], platform: Platform
) -> None:
    insert_game(connection, body(GOOD), at(0))
    insert_game(connection, body(_refused_by_a_rule(BETTER)), at(1))
    with _platform_of(database, _without_rule_on_innings()) as lenient:
        lenient.transform()
    (error,) = platform.errors_of_transform()
    assert "the tables hold the capture of 2026-07-02 01:00:00Z" in str(error)
    assert game.compare(connection, GOOD) == []
    (note,) = platform.notes
    assert f"game_pk {GAME_PK}: went back to an older capture" in note


def test_a_mapping_that_only_says_the_same_in_other_words_changes_nothing(
    database: Database, connection: Connection[Any], platform: Platform
) -> None:
    insert_game(connection, body(GOOD), at(0))
    platform.transform()
    before = _published_xid(connection)
    mapping = load_mapping(GAME).model_dump()
    mapping["description"] = "The same in other words."
    with _platform_of(database, Mapping.model_validate(mapping)) as reworded:
        reworded.transform()
    assert _published_xid(connection) == before


def test_equal_content_under_an_equal_mapping_is_one_update(connection: Connection[Any], platform: Platform) -> None:
    insert_game(connection, body(GOOD), at(0))
    platform.transform()
    rows = "SELECT array_agg(ctid::text || xmin || xmax ORDER BY at_bat_index) FROM game.live_game_plays"
    before, xid = one(connection, rows), _published_xid(connection)
    again = insert_game(connection, body(GOOD), at(5))
    platform.transform()
    assert applied(connection, GAME_PK) == (at(5), again)
    assert one(connection, rows) == before
    assert _published_xid(connection) > xid


def test_unchanged_rows_are_neither_written_nor_locked(connection: Connection[Any], platform: Platform) -> None:
    insert_game(connection, body(GOOD), at(0))
    platform.transform()
    corrected = deepcopy(GOOD)
    corrected["liveData"]["plays"]["allPlays"][0]["result"]["description"] = "Corrected."
    insert_game(connection, body(corrected), at(1))
    platform.transform()
    xmax = connection.execute("SELECT at_bat_index, xmax::text FROM game.live_game_plays ORDER BY 1").fetchall()
    assert xmax[1:] == [(index, "0") for index in range(1, len(xmax))], "whoever locks a row leaves its xmax"


def test_a_unit_that_is_refused_again_and_again_is_one_error(connection: Connection[Any], database: Database) -> None:
    with database.connect(autocommit=False) as own:
        platform = Platform(own, "schedule.schedule")
        for minute in range(3):
            totals = {"2026-07-01": -1 - minute, "2026-07-02": minute}
            insert_raw(
                connection,
                "schedule.schedule",
                body({"dates": [{"date": date, "totalGames": total, "games": []} for date, total in totals.items()]}),
                at(minute),
                url="https://statsapi.mlb.com/api/v1/schedule?startDate=2026-07-01&endDate=2026-07-02&sportId=1",
                request_params={"startDate": "2026-07-01", "endDate": "2026-07-02", "sportId": 1},
            )
            (error,) = platform.errors_of_transform()
            assert f"schedule_date 2026-07-01 sport_id 1: the capture of 2026-07-02 01:0{minute}:00Z" in str(error)


def test_what_was_not_applied_before_a_refused_capture_is_by_a_run_of_what_came_since(
    connection: Connection[Any], mlb_etl: Cli
) -> None:
    first = insert_game(connection, body(GOOD), at(0))
    second = insert_game(connection, body(_refused_by_a_rule(BETTER)), at(10))
    connection.execute(  # as a run leaves it that was killed before it came to the capture before the refused one
        "INSERT INTO metadata.rejected_captures (endpoint, raw_id, captured_at, mapping_sha256, reason)"
        " VALUES (%s, %s, %s, %s, 'a rule')",
        (GAME, second, at(10), load_mapping(GAME).sha256),
    )
    finished = mlb_etl("transform", GAME, "--since", at(5).isoformat())
    assert finished.exit_code == 2, finished.output
    assert "the tables hold the capture of 2026-07-02 01:00:00Z" in finished.err
    assert applied(connection, GAME_PK) == (at(0), first)


def test_a_mapping_that_comes_back_into_force_applies_responses_of_several_units_again(
    database: Database, connection: Connection[Any]
) -> None:
    season = {"seasonId": "2026", "gameLevelGamedayType": "P", "seasonLevelGamedayType": "E"}
    insert_raw(
        connection,
        "season.seasons",
        body({"seasons": [season]}),
        at(0),
        url="https://statsapi.mlb.com/api/v1/seasons/all?sportId=1",
        request_params={"sportId": 1},
    )
    usual = load_mapping("season.seasons")
    other = usual.model_dump()
    other["tables"]["seasons_normalized"]["columns"]["game_level_gameday_type"]["path"] = "seasonLevelGamedayType"
    for mapping, found in ((usual, "P"), (Mapping.model_validate(other), "E"), (usual, "P")):
        with _platform_of(database, mapping) as platform:
            platform.transform()
        assert one(connection, "SELECT game_level_gameday_type FROM season.seasons_normalized") == found


def test_rows_without_their_version_row_go_when_the_game_is_published_again(
    connection: Connection[Any], platform: Platform
) -> None:
    insert_game(connection, body(GOOD), at(0))
    platform.transform()
    connection.execute("DELETE FROM game.live_game_metadata")
    shorter = deepcopy(GOOD)
    shorter["liveData"]["plays"]["allPlays"] = []  # none of its plays would meet those that are left
    shorter["liveData"]["plays"]["scoringPlays"] = []
    insert_game(connection, body(shorter), at(1))
    platform.transform()
    assert one(connection, "SELECT count(*) FROM game.live_game_plays") == 0
    assert game.compare(connection, shorter) == []


def test_a_rule_may_have_a_percent_sign(database: Database, connection: Connection[Any]) -> None:
    mapping = load_mapping(GAME).model_dump()
    mapping["tables"]["live_game_plays"]["quality"].append(
        {"rule": "expression", "name": "even", "expression": "at_bat_index % 2 < 2 AND event NOT LIKE '%(x)s%'"}
    )
    insert_game(connection, body(GOOD), at(0))
    with _platform_of(database, Mapping.model_validate(mapping)) as platform:
        platform.transform()
        insert_game(connection, body(BETTER), at(1))
        platform.transform()
    assert game.compare(connection, BETTER) == []


def _published_xid(connection: Connection[Any]) -> int:
    return int(one(connection, "SELECT published_xid::text FROM game.live_game_metadata"))


def _without_rule_on_innings() -> Mapping:
    mapping = load_mapping(GAME).model_dump()
    rules = mapping["tables"]["live_game_linescore_innings"]["quality"]
    mapping["tables"]["live_game_linescore_innings"]["quality"] = [
        rule for rule in rules if rule.get("column") != "inning"
    ]
    return Mapping.model_validate(mapping)


@contextmanager
def _platform_of(database: Database, mapping: Mapping) -> Iterator[Platform]:
    """The platform with another mapping in force."""
    with database.connect(autocommit=False) as connection:
        yield Platform(connection, mapping=mapping)
