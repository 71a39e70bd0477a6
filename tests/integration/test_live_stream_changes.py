"""What came since an offset is found by the indexes of transactions, however much there is in the raw tier."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.live.stream.change_feed import ChangeFeed
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.partitions import make_months
from tests.conftest import Database
from tests.integration.streamed_date import DAY
from tests.integration.support import GAME, PATCHES, at, body, insert_game, insert_patch, one, see_again

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]

# As many transactions as rows, as followers make them; of a server that counted further than this one.
GAMES, LOOKS = 2_250, 20
SEASON = f"""
INSERT INTO schedule.games (game_pk, schedule_date, sport_id, captured_at, raw_id)
SELECT g, date '2026-04-01' + g / 15, 1, now(), 1 FROM generate_series(0, {GAMES - 1}) g;
INSERT INTO {PATCHES} (game_pk, captured_at, data, xact)
SELECT g, timestamptz '2026-04-01Z' + g / 15 * interval '1 day' + n * interval '1 minute', '[]',
       (1000000000 + g * 20 + n)::text::xid8
FROM generate_series(0, {GAMES - 1}) g, generate_series(1, 20) n;
INSERT INTO {GAME} (game_pk, captured_at, data, xact)
SELECT g, timestamptz '2026-04-01Z' + g / 15 * interval '1 day' + n * interval '9 minutes', '[]',
       (1000000000 + g * 10 + n)::text::xid8
FROM generate_series(0, {GAMES - 1}) g, generate_series(1, 10) n;
INSERT INTO metadata.raw_sightings (raw_id, captured_at, xact)
SELECT id, captured_at + interval '1 second', xact FROM {GAME};
"""


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_look_reads_what_is_new(database: Database, connection: Connection[Any], analyzed: bool) -> None:
    for table in (GAME, PATCHES):
        make_months(connection, table, [date(2026, month, 1) for month in range(4, 9)])
    connection.execute(SEASON)
    if analyzed:
        connection.execute("ANALYZE")
    feed = ChangeFeed(load_mapping(GAME), DAY)
    with database.connect() as stream, database.connect(autocommit=False) as open_one:
        insert_game(open_one, b'{"gamePk": 1}', at(0))
        offset = feed.now(stream)
        before = _rows_read(connection)
        game_pk = one(connection, "SELECT min(game_pk) FROM schedule.games WHERE schedule_date = %s", DAY)
        first = {"gamePk": game_pk}
        for minute in range(LOOKS):
            see_again(connection, insert_game(connection, body(first | {"minute": minute}), at(minute)), at(minute + 1))
            insert_patch(connection, [], at(minute), game_pk)
            arrivals = feed.since(stream, offset)
            assert arrivals.games == (game_pk,)
            offset = arrivals.offset
        stream.execute("SELECT pg_stat_force_next_flush()")
        assert (_rows_read(connection) - before) / LOOKS < 100  # of 67,500


def test_rows_are_of_the_transactions_since(database: Database, connection: Connection[Any]) -> None:
    feed = ChangeFeed(load_mapping(GAME), DAY)
    connection.execute(
        "INSERT INTO schedule.games (game_pk, schedule_date, sport_id, captured_at, raw_id)"
        " SELECT g, %s, 1, now(), 1 FROM generate_series(1, 3) g",
        [DAY],
    )
    with database.connect(autocommit=False) as one_open, database.connect(autocommit=False) as another_open:
        insert_game(one_open, b'{"gamePk": 1}', at(0))
        start = feed.now(connection)
        insert_game(another_open, b'{"gamePk": 2}', at(0))
        insert_game(connection, b'{"gamePk": 3}', at(0))
        first = feed.since(connection, start)
        assert first.games == (3,)
        one_open.commit()
        second = feed.since(connection, first.offset)
        assert second.games == (1,)
        another_open.rollback()
        assert feed.since(connection, second.offset).games == ()
    feed.save(connection, second.offset)
    assert feed.saved_offset(connection) == second.offset
    feed.save(connection, first.offset)
    assert feed.saved_offset(connection) == first.offset


def _rows_read(connection: Connection[Any]) -> int:
    """How many rows of the raw tier were read."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT pg_stat_clear_snapshot()")
    return int(
        one(
            connection,
            "SELECT sum(seq_tup_read + idx_tup_fetch)::bigint FROM pg_stat_user_tables"
            " WHERE relname LIKE 'live_game_v1%%' OR relname LIKE 'live_game_diff_patch_v1%%'"
            " OR relname = 'raw_sightings'",
        )
    )
