"""The bucket alone: tables come back before the content of the raw rows that they are of."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping, load_raw_endpoint
from mlb_data_platform.storage.archive import archive
from mlb_data_platform.storage.archive_records import encode
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.raw import store
from tests.conftest import Cli, Database
from tests.histories import answer, ends
from tests.integration.bucket import Bucket
from tests.integration.rebuilt import all_rows
from tests.integration.support import GAME, PATCHES, Platform, at, body, insert_patch, one, see_again
from tests.synthetic.captures import captures

GAMES = range(992_001, 992_007)
_WITHOUT_CONTENT = f"SELECT count(*) FROM {GAME} WHERE data IS NULL"


@pytest.fixture
def bucket(database: Database) -> Bucket:
    """The bucket, empty."""
    bucket = Bucket(database)
    bucket.clear()
    return bucket


@pytest.fixture
def archived(connection: Connection[Any], platform: Platform, bucket: Bucket) -> list[str]:
    """Games with several captures, sightings and patches, in tables and archive; the keys of their objects."""
    keys = [
        _captured(connection, bucket, game_pk, minute, response)
        for game_pk in GAMES
        for minute, response in enumerate(captures(game_pk))
    ]
    see_again(connection, one(connection, f"SELECT min(id) FROM {GAME}"), at(0) + timedelta(seconds=1))
    last = captures(GAMES[0])[-1]
    patched = deepcopy(last)
    patched["metaData"]["timeStamp"] = "20990101_000000"
    patched["liveData"]["plays"]["allPlays"][0]["result"]["event"] = "Field Error"
    insert_patch(connection, answer([last, patched]), at(9), GAMES[0], **ends(last, patched))
    for name in (GAME, PATCHES):
        archive(connection, load_raw_endpoint(name), bucket.write)
    platform.transform()
    return keys


def _captured(connection: Connection[Any], bucket: Bucket, game_pk: int, minute: int, response: Any) -> str:
    url = f"http://api/api/v1.1/game/{game_pk}/feed/live"
    capture = Capture(load_mapping(GAME), {"game_pk": game_pk}, url, 200, at(minute), body(response))
    store(connection, capture, lambda each: bucket.write(each.object_key, encode(each)))
    return capture.object_key


def test_history_and_patches_come_back(
    archived: list[str], connection: Connection[Any], new_database: Callable[[], Database]
) -> None:
    lost = new_database()
    with lost.connect() as empty:
        for names in ([GAME], []):
            Cli(lost.environment).ok("rebuild", *names, "--from", "archive")
            assert all_rows(empty, "raw_id") == all_rows(connection, "raw_id")
            assert one(empty, _WITHOUT_CONTENT) == 0
            assert one(empty, f"SELECT count(*) FROM {GAME}") == len(archived)


def test_killed_on_the_way_it_goes_on(
    archived: list[str], connection: Connection[Any], new_database: Callable[[], Database]
) -> None:
    lost = new_database()
    with lost.connect() as empty, Cli(lost.environment).start("rebuild", "--from", "archive") as process:
        while one(empty, "SELECT count(*) FROM game.live_game_metadata") == 0:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # the tables are first
        assert one(empty, _WITHOUT_CONTENT) > 0
        Cli(lost.environment).ok("rebuild", "--from", "archive")
        assert all_rows(empty, "raw_id") == all_rows(connection, "raw_id")
        assert one(empty, _WITHOUT_CONTENT) == 0


def test_an_object_that_is_damaged_or_gone_is_named_and_keeps_back_no_other(
    archived: list[str], bucket: Bucket, connection: Connection[Any], new_database: Callable[[], Database]
) -> None:
    newest = [key for number, key in enumerate(archived) if number % 7 == 6]
    spoilt = {key: bucket.read(key) for key in (newest[0], newest[3])}  # of the first one there is a patch
    for key, whole in spoilt.items():
        bucket.write(key, whole[:-20])
    lost = new_database()
    with lost.connect() as empty:
        finished = Cli(lost.environment)("rebuild", "--from", "archive")
        assert finished.exit_code == 2, finished.output
        for key in spoilt:
            assert [line for line in finished.err.splitlines() if key in line and "damaged" in line]
        assert one(empty, "SELECT count(*) FROM game.live_game_metadata") == len(GAMES)
        assert one(empty, "SELECT count(*) FROM metadata.rejected_captures") == 0
        assert one(empty, _WITHOUT_CONTENT) == len(spoilt)
        for key, whole in spoilt.items():
            bucket.write(key, whole)
        Cli(lost.environment).ok("rebuild", "--from", "archive")
        assert all_rows(empty, "raw_id") == all_rows(connection, "raw_id")
        assert one(empty, _WITHOUT_CONTENT) == 0


def test_an_object_that_is_lost_takes_no_game_back(
    archived: list[str], bucket: Bucket, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    connection.execute(f"UPDATE {GAME} SET data = NULL, body = NULL")
    rows = all_rows(connection)
    lost = archived[13]
    whole = bucket.read(lost)
    bucket.remove(lost)
    for command in (("rebuild", GAME, "--all"), ("transform", GAME, "--all", "--force")):
        finished = mlb_etl(*command)
        assert finished.exit_code == 2, finished.output
        assert lost in finished.err
        assert all_rows(connection) == rows
    bucket.write(lost, whole)
    mlb_etl.ok("rebuild", GAME, "--all")
    assert all_rows(connection) == rows


def test_a_wrong_key_refuses_no_game(archived: list[str], new_database: Callable[[], Database]) -> None:
    """What is no fault of a capture must not be held against it."""
    lost = new_database()
    with lost.connect() as empty:
        Cli(lost.environment).ok("raw", "restore", GAME)
        empty.execute(f"UPDATE {GAME} SET data = NULL, body = NULL")
        finished = Cli(lost.environment)("transform", GAME, "--all", MINIO_SECRET_KEY="wrong")
        assert finished.exit_code == 2, finished.output
        assert one(empty, "SELECT count(*) FROM metadata.rejected_captures") == 0
        Cli(lost.environment).ok("transform", GAME, "--all")


def test_an_empty_bucket_is_no_success(bucket: Bucket, mlb_etl: Cli) -> None:
    finished = mlb_etl("rebuild", "--from", "archive")
    assert finished.exit_code == 2, finished.output
    assert "there is nothing to restore" in finished.err
