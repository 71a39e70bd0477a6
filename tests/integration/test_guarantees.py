"""DESIGN section 7: versions, replacement, and readers that never see half a game."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from psycopg import Connection, IsolationLevel

from tests.checker import game
from tests.checker.game import KEYS
from tests.conftest import Cli, Database
from tests.integration.history import compare_as_of
from tests.integration.support import GAME, Platform, applied, at, body, contents, insert_game, one, see_again
from tests.synthetic import captures, feed

pytestmark = pytest.mark.unmeasured

GAME_PK = 940_001
EARLY, LATE = feed(GAME_PK, state="In Progress"), feed(GAME_PK, state="Final")


def test_second_transform_rewrites_nothing(connection: Connection[Any], mlb_etl: Cli) -> None:
    for number in range(3):
        insert_game(connection, body(feed(GAME_PK + number)), at(number))
    mlb_etl.ok("transform", GAME, "--all")
    rows, counters = _physical(connection), _counters(connection)
    assert counters["live_game_plays"] == (30, 0, 0)
    mlb_etl.ok("transform", GAME, "--all")
    mlb_etl.ok("transform", GAME, "--game-pk", GAME_PK)
    assert _physical(connection) == rows
    assert _counters(connection) == counters


def test_same_content_captured_again_moves_only_the_version(connection: Connection[Any], platform: Platform) -> None:
    insert_game(connection, body(LATE), at(0))
    platform.transform()
    rows = _physical(connection)
    again = insert_game(connection, body(LATE), at(5))
    platform.transform()
    assert applied(connection, GAME_PK) == (at(5), again)
    changed = {table for table, now in _physical(connection).items() if now != rows[table]}
    assert changed == {"live_game_metadata"}


def test_older_capture_never_overwrites_a_newer_one(connection: Connection[Any], platform: Platform) -> None:
    newer = insert_game(connection, body(LATE), at(10))
    platform.transform()
    insert_game(connection, body(EARLY), at(5))
    platform.transform()
    platform.transform(GAME_PK, force=True)
    assert applied(connection, GAME_PK) == (at(10), newer)
    assert game.compare(connection, LATE) == []
    assert compare_as_of(connection, at(7), EARLY) == []


def test_time_stamp_of_the_feed_is_no_version(connection: Connection[Any], platform: Platform) -> None:
    corrected = feed(GAME_PK, revision=1)
    assert corrected["metaData"]["timeStamp"] == LATE["metaData"]["timeStamp"]
    earlier = feed(GAME_PK, revision=2) | {"metaData": {"wait": 10, "timeStamp": "20990101_000000"}}
    for minute, response in enumerate((earlier, LATE, corrected)):
        insert_game(connection, body(response), at(minute))
        platform.transform()
        assert game.compare(connection, response) == []


def test_rows_that_vanished_are_deleted_and_unchanged_rows_stay(
    connection: Connection[Any], platform: Platform
) -> None:
    first = insert_game(connection, body(LATE), at(0))
    platform.transform()
    shorter = feed(GAME_PK)
    plays = shorter["liveData"]["plays"]["allPlays"]
    del plays[-1]
    plays[0]["result"]["description"] = "Corrected."
    second = insert_game(connection, body(shorter), at(1))
    platform.transform()
    assert game.compare(connection, shorter) == []
    provenance = connection.execute(
        "SELECT at_bat_index, captured_at, raw_id FROM game.live_game_plays ORDER BY 1"
    ).fetchall()
    assert provenance[0] == (0, at(1), second)
    assert provenance[1:] == [(index, at(0), first) for index in range(1, 9)]


def test_a_game_is_replaced_without_a_look_at_all_others(database: Database, connection: Connection[Any]) -> None:
    connection.execute(
        """
        INSERT INTO game.live_game_pitch_events (game_pk, at_bat_index, event_index, captured_at, raw_id)
        SELECT game, pitch / 5, pitch % 5, now(), 0 FROM generate_series(1, 1000) game, generate_series(1, 300) pitch
        """
    )
    connection.execute("VACUUM ANALYZE game.live_game_pitch_events")
    with database.connect(autocommit=False) as own:
        platform = Platform(own)
        for revision in range(2):
            insert_game(connection, body(feed(GAME_PK, revision=revision)), at(revision))
            platform.transform()
        own.execute("SELECT pg_stat_force_next_flush()")
        own.commit()
    read = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'live_game_pitch_events'"
    assert one(connection, read) < 300_000, "somebody read the table from end to end"


def test_games_never_published_take_no_staged_tables(database: Database, connection: Connection[Any]) -> None:
    staged = (
        "SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND starts_with(relname, 'staged_')"
    )
    with database.connect(autocommit=False) as own:
        platform = Platform(own)
        insert_game(connection, body(EARLY), at(0))
        platform.transform()
        assert one(own, staged) == 0
        insert_game(connection, body(LATE), at(1))
        platform.transform()
        assert one(own, staged) > 0
    assert game.compare(connection, LATE) == []


def test_sighting_counts_as_capture(connection: Connection[Any], platform: Platform) -> None:
    """A, B, then A again: what was captured last holds, though its row is the oldest."""
    content_a = insert_game(connection, body(EARLY), at(0))
    platform.transform()
    insert_game(connection, body(LATE), at(1))
    platform.transform()
    assert game.compare(connection, LATE) == []
    see_again(connection, content_a, at(2))
    platform.transform()
    assert game.compare(connection, EARLY) == []
    assert applied(connection, GAME_PK) == (at(2), content_a)


def test_capture_between_two_sightings_changes_nothing(connection: Connection[Any], platform: Platform) -> None:
    content_a = insert_game(connection, body(EARLY), at(0))
    see_again(connection, content_a, at(2))
    insert_game(connection, body(LATE), at(1))
    platform.transform()
    assert game.compare(connection, EARLY) == []


@pytest.mark.parametrize("first", [0, 1])
def test_equal_moments_converge(first: int, connection: Connection[Any], platform: Platform) -> None:
    versions = [body(EARLY), body(LATE)]
    insert_game(connection, versions[first], at(0))
    platform.transform()
    insert_game(connection, versions[1 - first], at(0))
    platform.transform()
    winner = max(versions, key=lambda content: sha256(content).hexdigest())
    assert game.compare(connection, EARLY if winner == versions[0] else LATE) == []


def test_readers_never_see_half_a_game(database: Database, connection: Connection[Any], platform: Platform) -> None:
    versions = captures(GAME_PK)
    by_raw_id = {insert_game(connection, body(versions[0]), at(0)): versions[0]}
    platform.transform()
    reader = _Reader(database, by_raw_id)
    reader.start()
    try:
        for minute in range(1, 13):
            response = versions[minute % len(versions)]
            by_raw_id[insert_game(connection, body(response), at(minute))] = response
            if minute % 3 == 0:
                platform.transform()
    finally:
        reader.stop()
    assert reader.problems == []
    assert reader.seen >= 3, "the reader saw too few versions to prove anything"


def test_two_publishers_of_one_game_take_turns(database: Database, connection: Connection[Any], mlb_etl: Cli) -> None:
    """Both have staged before either publishes: one waits, and the newer capture holds whoever is first."""
    insert_game(connection, body(feed(GAME_PK, state="Warmup")), at(0))
    mlb_etl.ok("transform", GAME, "--all")
    insert_game(connection, body(EARLY), at(1))
    with database.connect() as blocker, blocker.transaction():
        blocker.execute("SELECT FROM game.live_game_metadata WHERE game_pk = %s FOR UPDATE", (GAME_PK,))
        older = mlb_etl.start("transform", GAME, "--all")
        _wait_for_waiting(connection, 1)
        newest = insert_game(connection, body(LATE), at(2))
        newer = mlb_etl.start("transform", GAME, "--all")
        _wait_for_waiting(connection, 2)
    for process in (older, newer):
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
    assert applied(connection, GAME_PK) == (at(2), newest)
    assert game.compare(connection, LATE) == []


def test_programs_that_apply_the_same_games_at_once(connection: Connection[Any], mlb_etl: Cli) -> None:
    """Batches overlap, in other orders: nobody waits for ever, nobody fails, and the newest captures hold."""
    games = range(GAME_PK, GAME_PK + 30)  # more than one batch
    newest = {}
    for round_ in range(2):
        for number in games:
            newest[number] = feed(number, revision=round_)
            # in the second round the last games come first
            insert_game(connection, body(newest[number]), at(number if round_ == 0 else 2 * GAME_PK + 200 - number))
        programs = [mlb_etl.start("transform", GAME, "--all") for _ in range(2)]
        programs.append(mlb_etl.start("transform", GAME, *(f"--game-pk={number}" for number in reversed(games))))
        for program in programs:
            out, err = program.communicate(timeout=100)
            assert program.returncode == 0, out + err
    assert [line for response in newest.values() for line in game.compare(connection, response)] == []


def test_game_by_game_equals_all_at_once(
    connection: Connection[Any], platform: Platform, new_database: Callable[[], Database]
) -> None:
    other = new_database()
    with other.connect() as other_connection:
        for each in (connection, other_connection):
            for number in range(4):
                insert_game(each, body(feed(GAME_PK + number, revision=number)), at(number))
        for number in reversed(range(4)):
            platform.transform(GAME_PK + number)
        Cli(other.environment).ok("transform", GAME, "--all")
        assert contents(connection) == contents(other_connection)


class _Reader(threading.Thread):
    """Compares the tables with the capture they say they hold, again and again."""

    def __init__(self, database: Database, by_raw_id: dict[int, Any]) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._by_raw_id = by_raw_id
        self._stopped = threading.Event()
        self._raw_ids: set[int] = set()
        self.problems: list[str] = []

    @property
    def seen(self) -> int:
        """How many versions it met."""
        return len(self._raw_ids)

    def run(self) -> None:
        with self._database.connect() as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            while not self._stopped.is_set() and not self.problems:
                with connection.transaction():
                    version = applied(connection, GAME_PK)
                    assert version is not None
                    self._raw_ids.add(version[1])
                    self.problems = game.compare(connection, self._by_raw_id[version[1]])

    def stop(self) -> None:
        """End after the comparison that is going on."""
        time.sleep(0.3)
        self._stopped.set()
        self.join(timeout=30)


def _wait_for_waiting(connection: Connection[Any], how_many: int) -> None:
    """Wait until so many sessions wait for a row or transaction that another holds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if one(connection, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") >= how_many:
            return
        time.sleep(0.05)
    pytest.fail(f"{how_many} publishers should wait for each other by now")


def _physical(connection: Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Where each row lies and which transaction wrote it: changes with any rewrite, even by equal values."""
    return {
        table: connection.execute(f"SELECT ctid::text, xmin::text FROM game.{table} ORDER BY 1").fetchall()
        for table in KEYS
    }


def _counters(connection: Connection[Any]) -> dict[str, tuple[int, int, int]]:
    """Rows inserted, updated and deleted per table since the database was made, as PostgreSQL counts them."""
    # A session reports its numbers as it ends, which may be a moment after its program has.
    while one(connection, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mlb-etl'"):
        time.sleep(0.02)
    rows = connection.execute(
        "SELECT relname::text, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables"
        " WHERE schemaname = 'game' AND relname LIKE 'live\\_game\\_%' AND relname NOT LIKE 'live\\_game\\_v1%'"
    )
    return {name: (inserted, updated, deleted) for name, inserted, updated, deleted in rows}
