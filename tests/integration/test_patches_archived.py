"""Patches in the archive: many to an object, with what their rows say of them, and back from it with every document."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.documents.moment import document_at
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.archive import archive
from mlb_data_platform.storage.archive_records import encode
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.raw import Ends, store, store_patch
from statsapi_simulator.replay import Answer, serve
from tests.checker import game
from tests.conftest import Cli, Database
from tests.histories import Json, answer, ends, revision
from tests.integration.bucket import Bucket
from tests.integration.support import GAME, PATCHES, Platform, at, body, insert_patch, one
from tests.synthetic import captures

GAME_PK = 990_001
COLUMNS = (
    "game_pk, captured_at, start_timecode, base_sha256, result_sha256, source_url, request_params, status_code,"
    " schema_version, content_sha256, object_key, data"
)


@pytest.fixture
def bucket(database: Database) -> Bucket:
    """The bucket, empty."""
    bucket = Bucket(database)
    bucket.clear()
    return bucket


def _states() -> list[Json]:
    states = [deepcopy(feed) for feed in captures(GAME_PK)]
    for number, state in enumerate(states):
        state["metaData"]["timeStamp"] = f"20260702_0100{number:02}"
    return states


def _captured(endpoint: Any, content: bytes, minutes: float, **parameters: str) -> Capture:
    url = f"http://api/api/v1.1/game/{GAME_PK}/feed/live"
    return Capture(endpoint, {"game_pk": GAME_PK, **parameters}, url, 200, at(minutes), content)


def _follow(connection: Connection[Any], bucket: Bucket, states: list[Json]) -> list[int]:
    """Store a whole document, and a patch for each further state, as a follower does; return the patches' raw ids."""
    mapping = load_mapping(GAME)
    whole = _captured(mapping, body(states[0]), 0)
    store(connection, whole, lambda capture: bucket.write(capture.object_key, encode(capture)))
    raw_ids = []
    for number in range(1, len(states)):
        old, new = states[number - 1 : number + 1]
        patch = _captured(
            mapping.patch_endpoint,
            body(answer([old, new])),
            number,
            startTimecode=revision(old),  # type: ignore[arg-type]
        )
        named = Ends(**ends(old, new))  # type: ignore[arg-type]
        stored = store_patch(connection, patch, named)
        assert stored.is_new
        again = store_patch(connection, patch, named)
        assert (again.raw_id, again.is_new) == (stored.raw_id, False)
        raw_ids.append(stored.raw_id)
    return raw_ids


def _rows(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT {COLUMNS} FROM {PATCHES} ORDER BY captured_at").fetchall()


def _documents(connection: Connection[Any], minutes: int) -> list[Json | None]:
    found = (
        document_at(connection, load_mapping(GAME), {"game_pk": GAME_PK}, at(minute)) for minute in range(-1, minutes)
    )
    return [each.content if each else None for each in found]


def test_the_bucket_alone_gives_back_every_document(
    connection: Connection[Any], bucket: Bucket, mlb_etl: Cli, new_database: Callable[[], Database]
) -> None:
    states = _states()
    raw_ids = _follow(connection, bucket, states[:-1])
    old, new = states[-2:]
    insert_patch(connection, answer([old, new]), at(len(states) - 1), GAME_PK, start_timecode=revision(old))
    waiting = json.loads(mlb_etl.ok("raw", "list", PATCHES, "--not-archived", "--json").out)
    assert [each["raw_id"] for each in waiting][:-1] == raw_ids
    shown = mlb_etl.ok("raw", "show", raw_ids[0]).out
    assert shown.encode() == body(answer(states[0:2]))  # type: ignore[arg-type]

    patch_endpoint = load_mapping(GAME).patch_endpoint
    assert patch_endpoint is not None
    assert archive(connection, patch_endpoint, bucket.write) == len(states) - 1
    assert one(connection, f"SELECT count(*) FROM {PATCHES} WHERE object_key IS NULL") == 0
    keys = bucket.keys(f"raw/{PATCHES.replace('.', '/')}/")
    assert len(keys) == 1, "many to an object"

    expected = [None, *states]
    assert _documents(connection, len(states)) == expected
    lost = new_database()
    summary = json.loads(Cli(lost.environment).ok("raw", "restore", "--json").out)
    assert summary["rows"] == len(states)
    with lost.connect() as restored:
        assert _rows(restored) == _rows(connection)
        assert one(restored, f"SELECT count(body) FROM {PATCHES}") == len(raw_ids)
        assert one(restored, f"SELECT count(*) FROM {PATCHES}_default") == 0
        assert _documents(restored, len(states)) == expected
        with lost.connect(autocommit=False) as other:
            Platform(other).transform()
        assert game.compare(restored, states[-1]) == []


def test_the_ingest_of_documents_archives_patches_that_wait_and_makes_their_months(
    connection: Connection[Any], bucket: Bucket, mlb_etl: Cli
) -> None:
    states = _states()
    insert_patch(connection, answer(states[0:2]), at(1), GAME_PK, **ends(states[0], states[1]))
    months = f"SELECT count(*) FROM pg_inherits WHERE inhparent = '{PATCHES}'::regclass"
    made = one(connection, months)
    newest = one(connection, "SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = %s::regclass"
                             " AND inhrelid::regclass::text !~ 'default'", PATCHES)  # fmt: skip
    connection.execute(f"DROP TABLE {newest}")
    path = f"/api/v1.1/game/{GAME_PK}/feed/live"
    with serve([], {path: [Answer(body=body(states[1]))]}) as url:
        mlb_etl.ok("ingest", "mlb_game", "--game-pk", GAME_PK, MLB_STATSAPI_BASE_URL=url)
    assert one(connection, months) == made
    (record,) = bucket.records(f"raw/{PATCHES.replace('.', '/')}/")
    assert record["further"] == ends(states[0], states[1])
