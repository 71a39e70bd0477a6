"""Months of the raw tables: made in a moment or not at all, and filled from DEFAULT without a row lost or seen anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Event, Thread
from typing import Any

import pytest
from psycopg import Connection
from psycopg.errors import LockNotAvailable

from mlb_data_platform.settings import SQL_DIR
from mlb_data_platform.storage.partitions import coming_months, make_months
from statsapi_simulator.replay import Answer, serve
from tests.conftest import Cli, Database
from tests.integration.support import GAME, body, drop_schemas, insert_game, one, see_again
from tests.synthetic import feed

MAY = date(2018, 5, 1)
MADE = "SELECT metadata.make_raw_partition('game.live_game_v1', %s)"
ROWS = f"SELECT * FROM {GAME} ORDER BY id"
DEFAULT_ROWS = f"SELECT count(*) FROM {GAME}_default"


def _may(day: int) -> datetime:
    return datetime(2018, 5, day, 23, 30, tzinfo=UTC)


@contextmanager
def _read_for_long(database: Database) -> Iterator[None]:
    """An analyst's query over the whole raw table, as long as the block."""
    with database.connect(autocommit=False) as analyst:
        analyst.execute(f"SELECT count(*) FROM {GAME}")
        yield


def _drop_coming_months(connection: Connection[Any]) -> None:
    for month in coming_months():
        connection.execute(f"DROP TABLE IF EXISTS {GAME}_y{month:%Ym%m}".encode())


def test_an_ingest_does_not_wait_for_a_long_query(
    mlb_etl: Cli, database: Database, connection: Connection[Any]
) -> None:
    _drop_coming_months(connection)
    with serve([], {f"/api/v1.1/game/{n}/feed/live": [Answer(body=body(feed(n)))] for n in (7, 8)}) as url:
        with _read_for_long(database):
            mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
        assert one(connection, DEFAULT_ROWS) == 1
        before = connection.execute(ROWS).fetchall()
        mlb_etl.ok("ingest", "mlb_game", "--game-pk", 8, MLB_STATSAPI_BASE_URL=url)
    assert one(connection, DEFAULT_ROWS) == 0
    assert connection.execute(ROWS).fetchall()[:1] == before
    partitions = connection.execute(f"SELECT DISTINCT tableoid::regclass::text FROM {GAME}").fetchall()
    assert partitions == [(f"{GAME}_y{datetime.now(UTC):%Ym%m}",)]


def test_who_reads_never_waits_behind_a_month_that_cannot_be_made(
    database: Database, connection: Connection[Any]
) -> None:
    with _read_for_long(database), database.connect() as maker:
        with pytest.raises(LockNotAvailable):
            maker.execute(MADE, (MAY,))
        done = Event()
        maintenance = Thread(target=lambda: (make_months(maker, GAME, [MAY]), done.set()))
        maintenance.start()
        longest = 0.0
        while not done.is_set():
            started = time.monotonic()
            connection.execute(f"SELECT count(*) FROM {GAME}")
            longest = max(longest, time.monotonic() - started)
        maintenance.join()
    assert one(connection, "SELECT to_regclass(%s) IS NULL", f"{GAME}_y2018m05")
    print(f"a reader waited for {1000 * longest:.0f} ms at most")


def test_migrate_moves_what_lies_in_default_as_it_is(mlb_etl: Cli, connection: Connection[Any]) -> None:
    ids = [insert_game(connection, body(feed(game_pk)), _may(game_pk)) for game_pk in range(1, 11)]
    connection.execute(f"UPDATE {GAME} SET body = 'exact', object_key = 'somewhere' WHERE game_pk < 5")
    april = insert_game(connection, body(feed(11)), datetime(2018, 4, 30, 23, 59, 59, 999999, tzinfo=UTC))
    for raw_id in ids:
        see_again(connection, raw_id, _may(30))
    before = connection.execute(ROWS).fetchall()
    snapshot = one(connection, "SELECT pg_current_snapshot()::text")
    assert one(connection, DEFAULT_ROWS) == 11
    mlb_etl.ok("db", "migrate")
    assert one(connection, DEFAULT_ROWS) == 0
    assert connection.execute(ROWS).fetchall() == before  # ids, xact, body and all
    assert one(connection, f"SELECT count(*) FROM {GAME}_y2018m05") == 10
    assert one(connection, f"SELECT id FROM {GAME}_y2018m04") == april
    anew = f"SELECT count(*) FROM {GAME} WHERE NOT pg_visible_in_snapshot(xact, %s::pg_snapshot)"
    assert one(connection, anew, snapshot) == 0
    mlb_etl.ok("db", "migrate")


def test_a_month_is_like_any_partition(connection: Connection[Any]) -> None:
    insert_game(connection, body(feed(1)), _may(1))
    make_months(connection, GAME, [MAY])
    year_before = "FOR VALUES FROM ('2017-05-01 00:00Z') TO ('2017-06-01 00:00Z')"
    connection.execute(f"CREATE TABLE {GAME}_y2017m05 PARTITION OF {GAME} {year_before}")
    assert _shape(connection, f"{GAME}_y2018m05") == _shape(connection, f"{GAME}_y2017m05")
    raw_id = insert_game(connection, body(feed(2)), _may(2))
    connection.execute(f"UPDATE {GAME} SET body = 'exact'")
    connection.execute(f"UPDATE {GAME} SET data = '{{}}' WHERE id = %s", (raw_id,))
    bodies = dict(connection.execute(f"SELECT game_pk, body FROM {GAME}").fetchall())
    assert bodies == {1: b"exact", 2: None}  # the trigger is there


def _shape(connection: Connection[Any], table: str) -> list[tuple[Any, ...]]:
    """Columns, indexes, constraints and triggers, without the month's own name and bounds."""
    rows = connection.execute(
        """
        SELECT attname::text, format_type(atttypid, atttypmod), attnotnull, attgenerated::text, attstorage::text,
               attcompression::text, pg_get_expr(adbin, adrelid)
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = %(table)s::text::regclass AND attnum > 0
        UNION ALL SELECT pg_get_indexdef(indexrelid), parent.inhparent::regclass::text,
               indisprimary, '', '', '', ''
        FROM pg_index LEFT JOIN pg_inherits parent ON parent.inhrelid = indexrelid
        WHERE indrelid = %(table)s::text::regclass
        UNION ALL SELECT tgname::text, tgfoid::regproc::text, true, '', '', '', ''
        FROM pg_trigger WHERE tgrelid = %(table)s::text::regclass
        """,
        {"table": table},
    )
    month = table.rpartition("_")[2]
    return sorted(tuple(str(value).replace(month, "") for value in row) for row in rows)


def test_no_reader_and_no_follower_misses_a_row_that_is_being_moved(
    database: Database, connection: Connection[Any]
) -> None:
    for game_pk in range(1, 31):
        insert_game(connection, body(feed(game_pk)), _may(game_pk))
    counts: list[int] = []
    with database.connect(autocommit=False) as mover:
        mover.execute(MADE, (MAY,))  # not committed yet: who reads now waits
        readers = [Thread(target=lambda: counts.append(_count(database))) for _ in range(4)]
        for reader in readers:
            reader.start()
        while one(connection, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") < len(readers):
            time.sleep(0.01)
    for reader in readers:
        reader.join()
    assert counts == [30] * 4


def _count(database: Database) -> int:
    with database.connect() as connection:
        return int(one(connection, f"SELECT count(*) FROM {GAME}"))


def test_rows_that_come_while_a_month_is_filled_are_not_lost(database: Database, connection: Connection[Any]) -> None:
    stop = Event()
    inserted = []

    def insert() -> None:
        with database.connect() as own:
            for game_pk in range(1, 10_000):
                inserted.append(insert_game(own, b'{"gamePk": 1}', _may(1 + game_pk % 30), game_pk=game_pk))
                if stop.is_set():
                    return

    writer = Thread(target=insert)
    writer.start()
    while len(inserted) < 50:
        time.sleep(0.01)
    assert make_months(connection, GAME, [MAY]) == []
    stop.set()
    writer.join()
    assert one(connection, f"SELECT count(DISTINCT id) FROM {GAME}_y2018m05") == len(inserted)
    assert one(connection, DEFAULT_ROWS) == 0


def test_migrate_says_which_month_a_long_query_keeps_it_from_making(
    mlb_etl: Cli, database: Database, connection: Connection[Any]
) -> None:
    insert_game(connection, body(feed(1)), _may(1))
    with _read_for_long(database):
        finished = mlb_etl("db", "migrate")
    assert finished.exit_code == 1, finished.output
    assert f"{GAME} 2018-05" in finished.err
    assert "Traceback" not in finished.err
    mlb_etl.ok("db", "migrate")
    assert one(connection, DEFAULT_ROWS) == 0


def test_an_ingest_leaves_much_work_to_migrate(connection: Connection[Any]) -> None:
    for game_pk in (1, 2, 3):
        insert_game(connection, body(feed(game_pk)), _may(game_pk))
    assert make_months(connection, GAME, [MAY], most_rows=2) == []
    assert one(connection, DEFAULT_ROWS) == 3
    assert make_months(connection, GAME, [MAY], most_rows=3) == []
    assert one(connection, DEFAULT_ROWS) == 0


def test_captures_that_shared_an_object_are_archived_again(connection: Connection[Any]) -> None:
    drop_schemas(connection, "metadata", "staging")
    migrations = sorted((SQL_DIR / "migrations").glob("000[1-7]_*.sql"))
    for file in migrations[:-1]:  # a database of the version before, whose keys did not say what was asked for
        connection.execute(file.read_bytes())
    for game_pk, key, exact in (
        (1, "shared", b"A"),
        (2, "shared", b"A"),
        (3, "own", b"B"),
        (4, "old", None),
        (5, "old", None),
    ):
        raw_id = insert_game(connection, body(feed(game_pk)), _may(game_pk))
        connection.execute(f"UPDATE {GAME} SET object_key = %s, body = %s WHERE id = %s", (key, exact, raw_id))
    connection.execute(migrations[-1].read_bytes())
    keys = connection.execute(f"SELECT game_pk, object_key FROM {GAME} ORDER BY 1").fetchall()
    # Where the bytes are in the object alone, it stays named.
    assert keys == [(1, None), (2, None), (3, "own"), (4, "old"), (5, "old")]
