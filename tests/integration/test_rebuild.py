"""Tables are derived, and can be derived again: beside those that are read, which then differ in nothing."""

from __future__ import annotations

import json
import signal
import threading
import time
from copy import deepcopy
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.rebuild.beside import Beside
from mlb_data_platform.rebuild.comparison import Comparer
from mlb_data_platform.rebuild.swap import OvertakenError, swap
from tests.conftest import Cli, Database
from tests.integration.rebuilt import all_rows, catalogue
from tests.integration.support import GAME, Platform, at, body, insert_game, insert_raw, one
from tests.synthetic import feed
from tests.synthetic.captures import captures

SCHEDULE = "schedule.schedule"
GAMES = (991_001, 991_002, 991_003)
_SPOIL = """
    UPDATE game.live_game_metadata SET mapping_sha256 = 'old', home_runs = 99;
    DELETE FROM game.live_game_plays WHERE at_bat_index = 0;
    UPDATE game.live_game_pitch_events SET start_speed = 1;
    INSERT INTO game.live_game_umpires (game_pk, official_type, captured_at, raw_id)
        SELECT game_pk, 'Coach', now(), 0 FROM game.live_game_metadata;
    DELETE FROM history.game_live_game_runners;
    UPDATE history.game_live_game_metadata SET detailed_state = 'Forgotten'
"""


def _capture(connection: Connection[Any], *game_pks: int) -> None:
    for game_pk in game_pks:
        for number, response in enumerate(captures(game_pk)):
            insert_game(connection, body(response), at(number))


def _schedule(connection: Connection[Any], minute: int, totals: dict[str, int]) -> int:
    days = [{"date": day, "totalGames": total, "games": []} for day, total in totals.items()]
    parameters = {"startDate": min(totals), "endDate": max(totals), "sportId": "1"}
    url = "https://statsapi.mlb.com/api/v1/schedule?sportId=1"
    return insert_raw(connection, SCHEDULE, body({"dates": days}), at(minute), url=url, request_params=parameters)


@pytest.fixture
def schedule(database: Database) -> Any:
    with database.connect(autocommit=False) as session:
        yield Platform(session, SCHEDULE)


def test_what_another_mapping_made_is_derived_anew_and_nothing_else_changes(
    mlb_etl: Cli, connection: Connection[Any], platform: Platform
) -> None:
    _capture(connection, *GAMES)
    platform.transform()
    connection.execute("CREATE ROLE analyst_of_rebuild; GRANT SELECT ON game.live_game_plays TO analyst_of_rebuild")
    connection.execute("CREATE VIEW public.mine AS SELECT * FROM game.live_game_plays; COMMENT ON VIEW mine IS 'Mine'")
    rows, defined = all_rows(connection), catalogue(connection)
    xids = connection.execute("SELECT published_xid::text FROM game.live_game_metadata").fetchall()
    connection.execute(_SPOIL)

    finished = mlb_etl.ok("rebuild")
    assert all_rows(connection) == rows
    assert catalogue(connection) == defined
    assert f"{GAME}: 3 units differ: another mapping had made their rows" in finished.err
    assert "3 removed" in next(line for line in finished.err.splitlines() if "game.live_game_umpires: " in line)
    speeds = next(line for line in finished.err.splitlines() if "game.live_game_pitch_events: " in line)
    assert "changed (start_speed " in speeds
    # whoever looks at published_xid learns of it
    assert not set(xids) & set(connection.execute("SELECT published_xid::text FROM game.live_game_metadata").fetchall())

    again = mlb_etl.ok("rebuild", "--json")
    assert json.loads(again.out)["tables"] == []
    connection.execute("DROP OWNED BY analyst_of_rebuild; DROP ROLE analyst_of_rebuild")


def test_what_somebody_changed_is_found_where_all_is_asked_for(
    mlb_etl: Cli, connection: Connection[Any], platform: Platform
) -> None:
    _capture(connection, *GAMES)
    platform.transform()
    rows = all_rows(connection)
    connection.execute("UPDATE game.live_game_plays SET rbi = 4 WHERE game_pk = %s AND at_bat_index = 1", [GAMES[0]])
    mlb_etl.ok("rebuild")
    assert all_rows(connection) != rows
    (compared,) = json.loads(mlb_etl.ok("rebuild", GAME, "--all", "--json").out)["tables"]
    assert compared["reasons"] == {
        "somebody has changed their rows, or another version of the program had made them": 1
    }
    (different,) = [each for each in compared["tables"] if each["before"] != each["after"]]
    assert (different["table"], different["kinds"], different["columns"]) == (
        "game.live_game_plays",
        {"changed": 1},
        {"rbi": 1},
    )
    assert all_rows(connection) == rows


def test_endpoints_of_several_units(mlb_etl: Cli, connection: Connection[Any], schedule: Platform) -> None:
    for minute, totals in enumerate(
        ({"2026-07-01": 1, "2026-07-02": 2}, {"2026-07-02": 3, "2026-07-03": 4}, {"2026-07-01": 5}, {"2026-07-02": 6})
    ):
        _schedule(connection, minute, totals)
    schedule.transform()
    rows = all_rows(connection)
    applied = "SELECT raw_id, captured_at, mapping_sha256 FROM metadata.applied_captures ORDER BY 1"
    were_applied = connection.execute(applied).fetchall()
    connection.execute("UPDATE schedule.daily_summary SET total_games = 9, mapping_sha256 = 'old'")
    connection.execute("DELETE FROM history.schedule_daily_summary WHERE schedule_date = '2026-07-02'")
    mlb_etl.ok("rebuild", SCHEDULE)
    assert all_rows(connection) == rows
    assert connection.execute(applied).fetchall() == were_applied
    schedule.transform()
    assert all_rows(connection) == rows


def test_what_is_left_alone_of_a_response_of_several_units_is_still_to_be_applied(
    mlb_etl: Cli, connection: Connection[Any], schedule: Platform
) -> None:
    first = _schedule(connection, 0, {"2026-07-01": 1, "2026-07-02": 2})
    schedule.transform()
    connection.execute(f"DELETE FROM {SCHEDULE} WHERE id = %s", [first])
    _schedule(connection, 1, {"2026-07-02": 3})
    finished = mlb_etl("rebuild", SCHEDULE, "--all")
    assert finished.exit_code == 2, finished.output
    assert "2 units are left as they are: the raw tier lacks" in finished.err
    totals = "SELECT array_agg(total_games ORDER BY schedule_date) FROM schedule.daily_summary"
    assert one(connection, totals) == [1, 3]


def test_what_the_raw_tier_lacks_or_the_mapping_refuses_is_left_as_it_is(
    mlb_etl: Cli, connection: Connection[Any], platform: Platform
) -> None:
    _capture(connection, GAMES[0])
    refused = deepcopy(feed(GAMES[1]))
    insert_game(connection, body(refused), at(0))
    insert_game(connection, body(feed(GAMES[2])), at(0))
    platform.transform()
    connection.execute(f"DELETE FROM {GAME} WHERE id = (SELECT min(id) FROM {GAME})")  # the first of its history
    refused["liveData"]["linescore"]["innings"][0]["num"] = 99
    connection.execute(f"UPDATE {GAME} SET data = %s WHERE game_pk = %s", [json.dumps(refused), GAMES[1]])
    connection.execute("UPDATE game.live_game_metadata SET mapping_sha256 = 'old'")
    rows = all_rows(connection, "mapping_sha256")
    finished = mlb_etl("rebuild", GAME)
    assert finished.exit_code == 2, finished.output
    assert "1 units are left as they are: the raw tier lacks rows" in finished.err
    assert "1 units are left as they are: the raw tier has no capture of them that can be read" in finished.err
    assert f"game_pk {GAMES[1]}: the capture of" in finished.err
    assert all_rows(connection, "mapping_sha256") == rows
    assert one(connection, "SELECT count(*) FROM game.live_game_metadata WHERE mapping_sha256 = 'old'") == 2


def test_rows_of_units_that_have_no_version_row(mlb_etl: Cli, connection: Connection[Any], platform: Platform) -> None:
    """Of what was captured they are derived anew; of what never was, somebody is told."""
    _capture(connection, GAMES[0])
    platform.transform()
    rows = all_rows(connection)
    connection.execute("ALTER TABLE game.live_game_metadata DISABLE TRIGGER USER")
    connection.execute("DELETE FROM game.live_game_metadata")
    _capture(connection, GAMES[1])
    platform.transform(GAMES[1])  # so that there is something to compare
    connection.execute(
        "INSERT INTO game.live_game_umpires (game_pk, official_type, captured_at, raw_id)"
        " VALUES (1, 'Coach', now(), 0), (1, 'First Base', now(), 0)"
    )
    finished = mlb_etl("rebuild", GAME, "--all")
    assert finished.exit_code == 2, finished.output
    assert "no version row, and no capture in the raw tier (game.live_game_umpires 2)" in finished.err
    assert "1 units differ: they were not there" in finished.err
    now = all_rows(connection)
    for name in rows:
        assert _of(GAMES[0], now[name]) == rows[name]
    assert one(connection, "SELECT count(*) FROM game.live_game_umpires WHERE game_pk = 1") == 2
    connection.execute("DELETE FROM game.live_game_umpires WHERE game_pk = 1")
    mlb_etl.ok("rebuild", GAME, "--all")


def test_readers_go_on_and_never_see_half_of_it(
    mlb_etl: Cli, database: Database, connection: Connection[Any], platform: Platform
) -> None:
    for game_pk in range(991_100, 991_160):
        insert_game(connection, body(feed(game_pk)), at(0))
    platform.transform()
    connection.execute("UPDATE game.live_game_metadata SET mapping_sha256 = 'old'")
    connection.execute("UPDATE game.live_game_plays SET description = 'old'")
    connection.execute("UPDATE game.live_game_runners SET event = 'old'")
    plays, runners = (one(connection, f"SELECT count(*) FROM game.live_game_{name}") for name in ("plays", "runners"))
    counts = """
        SELECT (SELECT count(*) FROM game.live_game_plays WHERE description = 'old'),
               (SELECT count(*) FROM game.live_game_runners WHERE event = 'old'),
               (SELECT count(*) FROM game.live_game_plays), (SELECT count(*) FROM game.live_game_runners)
    """
    done, seen = threading.Event(), []

    def read() -> None:
        with database.connect() as reader:
            reader.execute("SET lock_timeout = '50ms'")
            while not done.is_set():
                seen.append(reader.execute(counts).fetchone())

    reading = threading.Thread(target=read)
    reading.start()
    try:
        mlb_etl.ok("rebuild", GAME)
    finally:
        done.set()
        reading.join()
    assert list(dict.fromkeys(seen)) == [(plays, runners, plays, runners), (0, 0, plays, runners)]


@pytest.mark.slow
def test_a_rebuild_that_is_killed_goes_on_where_it_was(
    mlb_etl: Cli, connection: Connection[Any], platform: Platform
) -> None:
    games = 210  # more than two processes have in hand at once
    for game_pk in range(991_200, 991_200 + games):
        insert_game(connection, body(feed(game_pk)), at(0))
    platform.transform()
    rows, derived, defined = all_rows(connection), all_rows(connection, "mapping_sha256"), catalogue(connection)
    connection.execute("UPDATE game.live_game_metadata SET mapping_sha256 = 'old'")
    beside = Beside(load_mapping(GAME))
    filled = f"SELECT count(*) FROM {beside.schema}.live_game_metadata"
    with mlb_etl.start("rebuild", GAME) as process:
        while _count(connection, filled) == 0:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    _wait_for_backends(connection)
    kept = _count(connection, filled)
    assert 0 < kept < games
    assert all_rows(connection, "mapping_sha256") == derived
    summary = json.loads(mlb_etl.ok("rebuild", GAME, "--json").out)
    assert summary["done"] == games - kept
    assert all_rows(connection) == rows
    assert catalogue(connection) == defined


@pytest.mark.slow
def test_what_another_program_has_left_beside_is_begun_anew(
    mlb_etl: Cli, database: Database, connection: Connection[Any], platform: Platform
) -> None:
    _capture(connection, *GAMES)
    platform.transform()
    rows = all_rows(connection)
    beside = _derived(database, GAME)
    connection.execute(f"UPDATE {beside.schema}.live_game_plays SET rbi = 4")
    connection.execute(f"COMMENT ON SCHEMA {beside.schema} IS 'derived by a version that counted otherwise'")
    mlb_etl.ok("rebuild", GAME, "--all")
    assert all_rows(connection) == rows


def test_two_at_once(mlb_etl: Cli, database: Database, connection: Connection[Any], platform: Platform) -> None:
    insert_game(connection, body(feed(GAMES[0])), at(0))
    platform.transform()
    with database.connect() as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"rebuild {GAME}"])
        finished = mlb_etl("rebuild", GAME, "--all")
    assert finished.exit_code == 1, finished.output
    assert "another rebuild of it is at work" in finished.err


@pytest.mark.slow
def test_who_is_faster_than_the_comparison_is_not_taken_back(
    database: Database, connection: Connection[Any], platform: Platform
) -> None:
    _capture(connection, *GAMES)
    platform.transform()
    rows = all_rows(connection)
    connection.execute("UPDATE game.live_game_plays SET rbi = 4 WHERE at_bat_index = 1")
    beside = _derived(database, GAME)
    comparison = Comparer(connection, beside).compare()
    assert sum(comparison.reasons.values()) == 3
    insert_game(connection, body(feed(GAMES[0], revision=1)), at(100))
    platform.transform(GAMES[0])  # published
    insert_game(connection, body(feed(GAMES[1], revision=1)), at(100))  # captured, and not published yet
    overtaken = all_rows(connection)
    assert swap(connection, beside) == 1
    now = all_rows(connection)
    for name in rows:
        assert _of(GAMES[0], now[name]) == _of(GAMES[0], overtaken[name])
        assert _of(GAMES[1], now[name]) == _of(GAMES[1], overtaken[name])
        assert _of(GAMES[2], now[name]) == _of(GAMES[2], rows[name])


def test_a_response_of_several_units_has_to_be_caught_up_with(
    database: Database, connection: Connection[Any], schedule: Platform
) -> None:
    _schedule(connection, 0, {"2026-07-01": 1, "2026-07-02": 2})
    schedule.transform()
    connection.execute("UPDATE schedule.daily_summary SET total_games = 9")
    beside = _derived(database, SCHEDULE)
    Comparer(connection, beside).compare()
    _schedule(connection, 1, {"2026-07-02": 3})
    with pytest.raises(OvertakenError):
        swap(connection, beside)
    assert connection.execute("SELECT DISTINCT total_games FROM schedule.daily_summary").fetchall() == [(9,)]


def test_one_season(mlb_etl: Cli, connection: Connection[Any], platform: Platform) -> None:
    _capture(connection, *GAMES)
    platform.transform()
    for game_pk, day in zip(GAMES, ("2026-07-01", "2025-07-01", "2026-10-01"), strict=True):
        connection.execute(
            "INSERT INTO schedule.games (game_pk, schedule_date, sport_id, captured_at, raw_id)"
            " VALUES (%s, %s, 1, now(), 1)",
            [game_pk, day],
        )
    rows = all_rows(connection)
    connection.execute("UPDATE game.live_game_plays SET rbi = 4 WHERE at_bat_index = 1")
    mlb_etl.ok("rebuild", GAME, "--season", 2026)
    assert all_rows(connection) != rows  # the mapping in force had made them
    mlb_etl.ok("rebuild", GAME, "--season", 2026, "--all")
    assert one(connection, "SELECT array_agg(DISTINCT game_pk) FROM game.live_game_plays WHERE rbi = 4") == [GAMES[1]]
    mlb_etl.ok("rebuild", "--season", 2025, "--all")
    assert all_rows(connection) == rows


def test_bad_input_is_refused_in_words(mlb_etl: Cli) -> None:
    for arguments, words in (
        (("game.live_game",), "there is no mapping"),
        (("person.person", "--season", "2026"), "nothing says which season"),
        (("--season", "12"), "1876"),
        (("--from", "memory"), "memory"),
    ):
        finished = mlb_etl("rebuild", *arguments)
        assert finished.exit_code == 2, finished.output
        assert words in finished.err


def _derived(database: Database, endpoint: str) -> Beside:
    """Everything of an endpoint, derived beside."""
    beside = Beside(load_mapping(endpoint))
    with database.connect() as connection:
        beside.make(connection)
    with database.connect(autocommit=False) as session:
        Platform(session, endpoint, schema=beside.schema).transform()
    return beside


def _count(connection: Connection[Any], query: str) -> int:
    try:
        return int(one(connection, query))
    except psycopg.errors.UndefinedTable:
        return 0


def _wait_for_backends(connection: Connection[Any]) -> None:
    """The workers of a program that was killed end with it, and PostgreSQL notices."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND application_name = 'mlb-etl'"
    )
    deadline = time.monotonic() + 20
    while one(connection, others) and time.monotonic() < deadline:
        time.sleep(0.05)


def _of(game_pk: int, rows: list[str]) -> list[str]:
    return [row for row in rows if f'"game_pk": {game_pk}' in row]
