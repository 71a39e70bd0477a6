"""A database is lost: the bucket alone gives back every capture, and with it every table."""

from __future__ import annotations

import io
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import fastavro
import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.load import all_mappings, load_mapping
from mlb_data_platform.storage.archive import archive
from mlb_data_platform.storage.archive_records import encode
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.raw import store
from statsapi_simulator.api.server import serve as serve_league
from statsapi_simulator.replay import Answer, serve
from tests.conftest import Cli, Database
from tests.integration.bucket import Bucket
from tests.integration.rebuilt import all_rows
from tests.integration.support import GAME, at, body, insert_game, one, see_again
from tests.synthetic import feed

SEASON, AFTER = 2026, datetime(2026, 12, 1, tzinfo=UTC)
OFF_DAYS = ("2026-01-05", "2026-01-06")
DAY = "2026-07-04"
_STAMPS = {"raw_id", "published_xid", "captured_at"}  # of tables; of version rows captured_at is compared all the same


@pytest.fixture
def bucket(database: Database) -> Bucket:
    """The bucket, empty."""
    bucket = Bucket(database)
    bucket.clear()
    return bucket


class Lost:
    """A new, migrated database beside the same bucket."""

    def __init__(self, database: Database) -> None:
        self.mlb_etl = Cli(database.environment)
        self.connection = database.connect()

    def restore(self, *arguments: object) -> dict[str, Any]:
        """Run `mlb-etl raw restore` and return its summary."""
        summary: dict[str, Any] = json.loads(self.mlb_etl.ok("raw", "restore", *arguments, "--json").out)
        return summary


@pytest.fixture
def lost(new_database: Callable[[], Database]) -> Iterator[Lost]:
    """What is left when the first database is gone."""
    lost = Lost(new_database())
    with lost.connection:
        yield lost


def _path(game_pk: int) -> str:
    return f"/api/v1.1/game/{game_pk}/feed/live"


def _raw_tier(connection: Connection[Any]) -> dict[str, list[tuple[str, ...]]]:
    """All captures with all columns but those that say when and by whom the row was written."""
    found = {}
    for mapping in all_mappings():
        raw = _rows(connection, mapping.name, {"id", "ingested_at", "xact"})
        query = SQL(
            "SELECT raw.captured_at, raw.content_sha256, {}, seen.captured_at, seen.schema_version, seen.source_url,"
            " seen.request_params, seen.status_code, seen.object_key"
            " FROM {} AS raw JOIN metadata.raw_sightings AS seen ON seen.raw_id = raw.id"
        ).format(SQL(", ").join(map(Identifier, mapping.natural_key)), Identifier(mapping.endpoint, mapping.method))
        sightings = sorted(tuple(map(repr, row)) for row in connection.execute(query))
        found |= {mapping.name: raw, f"sightings of {mapping.name}": sightings}
    return found


def _tables(connection: Connection[Any]) -> dict[str, list[tuple[str, ...]]]:
    """All tables, after every endpoint was transformed, without what names the capture that last changed a row."""
    found = {}
    for mapping in all_mappings():
        for table in mapping.tables:
            without = _STAMPS - {"captured_at"} if table == mapping.version_table else _STAMPS
            found[f"{mapping.endpoint}.{table}"] = _rows(connection, f"{mapping.endpoint}.{table}", without)
    return found


def _rows(connection: Connection[Any], table: str, without: set[str]) -> list[tuple[str, ...]]:
    cursor = connection.execute(SQL("SELECT * FROM {}").format(Identifier(*table.split("."))))
    names = [column.name for column in cursor.description or ()]
    kept = [position for position, name in enumerate(names) if name not in without]
    return sorted(tuple(repr(row[position]) for position in kept) for row in cursor)


def _transform_all(mlb_etl: Cli) -> None:
    for mapping in all_mappings():
        mlb_etl.ok("transform", mapping.name, "--all")


@pytest.mark.slow
@pytest.mark.unmeasured
def test_the_bucket_alone_gives_everything_back(
    mlb_etl: Cli,
    connection: Connection[Any],
    bucket: Bucket,
    lost: Lost,
    new_database: Callable[[], Database],
) -> None:
    with serve_league(7, SEASON, AFTER) as url:
        api = {"MLB_STATSAPI_BASE_URL": url, "MLB_REQUESTS_PER_SECOND": "100"}
        mlb_etl.ok("ingest", "mlb_season", "--season", SEASON, **api)
        for day in (*OFF_DAYS, DAY, DAY, OFF_DAYS[0]):
            mlb_etl.ok("ingest", "mlb_schedule", "--date", day, **api)
        mlb_etl.ok("transform", "schedule.schedule", "--all")
        for _ in range(2):
            mlb_etl.ok("ingest", "mlb_game", "--date", DAY, **api)
    first, second = body(feed(980_001, state="In Progress")), body(feed(980_001))
    with serve([], {_path(980_001): [Answer(body=each) for each in (first, second, first, first, second)]}) as url:
        for _ in range(5):
            mlb_etl.ok("ingest", "mlb_game", "--game-pk", 980_001, MLB_STATSAPI_BASE_URL=url)
    raw_id = insert_game(connection, body(feed(980_002)), at(-60 * 24 * 3000))  # by hand, and years ago
    see_again(connection, raw_id, at(0))
    archive(connection, load_mapping(GAME), bucket.write)
    _transform_all(mlb_etl)
    original = _raw_tier(connection)
    assert len(original["schedule.schedule"]) == 3
    assert len(original["sightings of schedule.schedule"]) == 2
    assert len(original[f"sightings of {GAME}"]) > 10

    summary = lost.restore()
    rows = sum(len(rows) for name, rows in original.items() if not name.startswith("sightings"))
    sightings = sum(len(rows) for name, rows in original.items() if name.startswith("sightings"))
    assert (summary["rows"], summary["sightings"]) == (rows, sightings)
    assert summary["asked"] == summary["done"] == len(bucket.keys())
    assert _raw_tier(lost.connection) == original
    assert one(lost.connection, "SELECT count(*) FROM game.live_game_v1_default") == 0
    _transform_all(lost.mlb_etl)
    assert _tables(lost.connection) == _tables(connection)

    again = lost.restore()
    assert (again["rows"], again["sightings"], again["done"]) == (0, 0, summary["done"])
    assert _raw_tier(lost.connection) == original

    drill = Lost(new_database())
    with drill.connection:
        drill.mlb_etl.ok("rebuild", "--from", "archive")
        assert _tables(drill.connection) == _tables(connection)
        assert all_rows(drill.connection, "raw_id") == all_rows(connection, "raw_id")
        assert _raw_tier(drill.connection) == original


def test_only_what_is_missing_is_added(mlb_etl: Cli, connection: Connection[Any], bucket: Bucket) -> None:
    for minutes, game_pk in enumerate((1, 1, 2, 2, 3, 3)):
        _captured(connection, bucket, game_pk, at(minutes))
    archive(connection, load_mapping(GAME), bucket.write)
    original = _raw_tier(connection)
    connection.execute(f"DELETE FROM {GAME} WHERE game_pk = 2")
    connection.execute("DELETE FROM metadata.raw_sightings WHERE captured_at < %s", (at(2),))
    connection.execute("DELETE FROM metadata.raw_sightings WHERE raw_id NOT IN (SELECT id FROM game.live_game_v1)")
    summary = json.loads(mlb_etl.ok("raw", "restore", GAME, "--json").out)
    assert (summary["rows"], summary["sightings"]) == (1, 2)
    assert _raw_tier(connection) == original


def _captured(
    connection: Connection[Any], bucket: Bucket, game_pk: int, captured_at: datetime, content: bytes | None = None
) -> str:
    """Store a capture as ingest does; return the key of its object."""
    url = "http://api" + _path(game_pk)
    content = content or body({"gamePk": game_pk})
    capture = Capture(load_mapping(GAME), {"game_pk": game_pk}, url, 200, captured_at, content)
    store(connection, capture, lambda capture: bucket.write(capture.object_key, encode(capture)))
    return capture.object_key


def test_a_damaged_object_is_named_and_keeps_back_no_other(
    connection: Connection[Any], bucket: Bucket, lost: Lost
) -> None:
    keys = [_captured(connection, bucket, game_pk, at(game_pk)) for game_pk in range(1, 31)]
    for game_pk in range(1, 31):
        _captured(connection, bucket, game_pk, at(game_pk + 60))
    archive(connection, load_mapping(GAME), bucket.write)
    spoilt = keys[4]
    whole = bucket.read(spoilt)
    bucket.write(spoilt, whole[:-20])
    bucket.write("raw/game/live_game_v1/date=2026-07-02/README.txt", b"not a response")
    bucket.write("raw/chess/match/date=2026-07-02/README.txt", b"not a game of ours")
    bucket.write("raw/game/live_game_v1/date=0001-01-01/" + spoilt.rpartition("/")[2], whole)
    for stray in ("raw/readme.txt", "raw/game/stray.txt"):
        bucket.write(stray, b"not a response")

    finished = lost.mlb_etl("raw", "restore")
    assert finished.exit_code == 2, finished.output
    assert "Traceback" not in finished.err
    lines = finished.err.splitlines()
    assert [line for line in lines if spoilt in line and "damaged" in line]
    assert [line for line in lines if "1 of its sightings are of content that no row holds" in line]
    assert [line for line in lines if "README.txt: is no key of the archive" in line]
    assert [line for line in lines if "s3://raw-data/raw/chess/match/: there is no mapping 'chess.match'" in line]
    for stray in ("raw/readme.txt", "raw/game/stray.txt"):
        assert [line for line in lines if f"{stray}: is no key of the archive" in line]
    assert [line for line in lines if "date=0001-01-01/" in line and "1876" in line]
    assert not one(lost.connection, "SELECT count(*) FROM pg_class WHERE relname ~ '^live_game_v1_y0001'")
    numbers = re.search(r"raw restore: (\d+) of (\d+) done, (\d+) failed", finished.out)
    assert numbers is not None
    done, asked, failed = map(int, numbers.groups())
    assert (done + failed, failed) == (asked, 7)
    assert one(lost.connection, f"SELECT count(*) FROM {GAME}") == 29
    assert one(lost.connection, "SELECT count(*) FROM metadata.raw_sightings") == 29
    assert one(lost.connection, "SELECT exit_code FROM metadata.job_executions") == 2

    bucket.write(spoilt, whole)
    mended = lost.mlb_etl("raw", "restore", GAME)
    assert mended.exit_code == 2, mended.output  # what does not belong there
    assert _raw_tier(lost.connection) == _raw_tier(connection)


def test_an_object_that_does_not_fit_keeps_back_no_other(
    connection: Connection[Any], bucket: Bucket, lost: Lost
) -> None:
    for game_pk in range(1, 6):
        _captured(connection, bucket, game_pk, at(game_pk))
    refused = Capture(load_mapping(GAME), {"game_pk": 7}, "http://api", 200, at(7), b'{"is": "\\u0000"}')
    bucket.write(refused.object_key, encode(refused))  # of an earlier version, which put the object first
    finished = lost.mlb_etl("raw", "restore", GAME)
    assert finished.exit_code == 2, finished.output
    (line,) = finished.err.splitlines()[-1:]
    assert f"{refused.object_key}: does not fit {GAME}" in line
    assert _raw_tier(lost.connection) == _raw_tier(connection)


def test_rows_of_plain_sql_without_a_hash_are_told_apart_by_their_data(
    connection: Connection[Any], bucket: Bucket, lost: Lost
) -> None:
    for content in ('{"is": "A"}', '{"is": "B"}', '{"is": "B"}'):  # in one transaction now() is one moment
        insert = f"INSERT INTO {GAME} (game_pk, captured_at, data) VALUES (7, %s, %s)"
        connection.execute(insert, (at(0), content))
    raw_id = one(connection, f"SELECT min(id) FROM {GAME}")
    see_again(connection, raw_id, at(1))
    archive(connection, load_mapping(GAME), bucket.write)
    assert lost.restore(GAME)["rows"] == 2
    found = lost.connection.execute(f"SELECT data->>'is' FROM {GAME} ORDER BY 1").fetchall()
    assert found == [("A",), ("B",)]
    assert one(lost.connection, "SELECT count(*) FROM metadata.raw_sightings") == 1
    again = lost.restore(GAME)
    assert (again["rows"], again["sightings"]) == (0, 0)


def test_objects_of_earlier_versions_are_restored(bucket: Bucket, lost: Lost) -> None:
    capture = Capture(load_mapping(GAME), {"game_pk": 7}, "http://api" + _path(7), 200, at(0), body(feed(7)))
    key = f"raw/game/live_game_v1/date=2026-07-02/{capture.content_sha256}.avro"
    old = {
        "type": "record",
        "name": "Response",
        "namespace": "mlb_data_platform.raw",
        "fields": [
            *({"name": name, "type": "string"} for name in ("endpoint", "method")),
            {"name": "schema_version", "type": "int"},
            {"name": "natural_key", "type": {"type": "map", "values": ["null", "string"]}},
            {"name": "captured_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            *({"name": name, "type": "string"} for name in ("source_url", "request_params")),
            {"name": "status_code", "type": "int"},
            {"name": "content_sha256", "type": "string"},
            {"name": "body", "type": "bytes"},
        ],
    }
    container = io.BytesIO()
    fastavro.writer(container, old, [{**capture.provenance, "body": capture.body}], codec="deflate")
    bucket.write(key, container.getvalue())
    assert lost.restore()["rows"] == 1
    row = lost.connection.execute(f"SELECT game_pk, captured_at, data, object_key FROM {GAME}").fetchone()
    assert row == (7, at(0), feed(7), key)


def test_two_at_once_and_an_ingest_beside_them_add_each_capture_once(
    connection: Connection[Any], bucket: Bucket, lost: Lost
) -> None:
    captures = [(game_pk, at(game_pk + 100 * times)) for times in range(3) for game_pk in range(1, 40)]
    for game_pk, moment in captures:
        _captured(connection, bucket, game_pk, moment)
    archive(connection, load_mapping(GAME), bucket.write)
    restoring = [lost.mlb_etl.start("raw", "restore", GAME) for _ in range(2)]
    for game_pk, moment in captures:
        _captured(lost.connection, bucket, game_pk, moment)
    for process in restoring:
        with process:
            _, err = process.communicate(timeout=120)
            assert process.returncode == 0, err
    moments = "SELECT game_pk, captured_at FROM game.live_game_v1 UNION ALL SELECT game_pk, s.captured_at"
    moments += " FROM metadata.raw_sightings s JOIN game.live_game_v1 r ON r.id = s.raw_id ORDER BY 2, 1"
    expected = connection.execute(moments).fetchall()
    assert lost.connection.execute(moments).fetchall() == expected
    assert len(expected) == len(captures)


def test_a_restore_that_is_killed_goes_on_where_it_stopped(
    connection: Connection[Any], bucket: Bucket, lost: Lost
) -> None:
    for game_pk in range(1, 201):
        _captured(connection, bucket, game_pk, at(game_pk))
        _captured(connection, bucket, game_pk, at(game_pk) + timedelta(days=1))
    archive(connection, load_mapping(GAME), bucket.write)
    with lost.mlb_etl.start("raw", "restore", GAME) as process:
        while one(lost.connection, f"SELECT count(*) FROM {GAME}") == 0:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert one(lost.connection, f"SELECT count(*) FROM {GAME}") < 200
    lost.restore(GAME)
    assert _raw_tier(lost.connection) == _raw_tier(connection)


def test_an_empty_bucket_is_no_success(bucket: Bucket, lost: Lost) -> None:
    for arguments in ((), (GAME,)):
        finished = lost.mlb_etl("raw", "restore", *arguments)
        assert finished.exit_code == 2, finished.output
        assert "there is nothing to restore" in finished.err


def test_without_object_store_a_retry_may_help(lost: Lost) -> None:
    finished = lost.mlb_etl("raw", "restore", MINIO_ENDPOINT="127.0.0.1:1")
    assert finished.exit_code == 1, finished.output
    assert "127.0.0.1:1" in finished.err
    assert "Traceback" not in finished.err


def test_an_object_that_cannot_be_read_keeps_back_no_other(
    connection: Connection[Any], bucket: Bucket, lost: Lost
) -> None:
    keys = [_captured(connection, bucket, game_pk, at(game_pk)) for game_pk in range(1, 31)]
    with bucket.failing(keys[4]) as endpoint:
        finished = lost.mlb_etl("raw", "restore", GAME, MINIO_ENDPOINT=endpoint)
    assert finished.exit_code == 1, finished.output
    assert "raw restore: 29 of 30 done, 1 failed" in finished.out
    (line,) = (line for line in finished.err.splitlines() if line.startswith("error: "))
    assert f"s3://raw-data/{keys[4]} at {endpoint}: " in line
    assert one(lost.connection, f"SELECT count(*) FROM {GAME}") == 29
    assert lost.restore(GAME)["rows"] == 1


@pytest.mark.slow
def test_a_restore_ends_when_no_object_can_be_read(connection: Connection[Any], bucket: Bucket, lost: Lost) -> None:
    keys = [_captured(connection, bucket, game_pk, at(game_pk)) for game_pk in range(1, 201)]
    with bucket.failing(*keys) as endpoint:
        finished = lost.mlb_etl("raw", "restore", GAME, MINIO_ENDPOINT=endpoint)
    assert finished.exit_code == 1, finished.output
    (line,) = (line for line in finished.err.splitlines() if line.startswith("error: "))
    assert "5 objects in a row could not be read" in line
    assert endpoint in line
