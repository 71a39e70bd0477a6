"""Old months of the raw tier leave their content to the archive, and everything that needs it goes on."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, LiteralString

import fastavro
import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.documents.document import canonical_sha256
from mlb_data_platform.documents.moment import document_at
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.archive_records import encode
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.partitions import leave_content, make_months
from mlb_data_platform.storage.raw import store
from mlb_data_platform.storage.retention import INDEX_BUCKET
from mlb_data_platform.storage.stored_body import packed
from tests.conftest import Cli, Database
from tests.histories import answer, ends
from tests.integration.bucket import Bucket
from tests.integration.rebuilt import all_rows
from tests.integration.support import (
    GAME,
    PATCHES,
    Platform,
    at,
    body,
    insert_game,
    insert_patch,
    one,
    see_again,
    used,
)
from tests.synthetic import feed
from tests.synthetic.captures import captures

PATCHED, SHOWN, BY_HAND = 993_001, 993_002, 993_003
MONTH = at(0).date().replace(day=1)
_OLD = (datetime.now(UTC).year - MONTH.year) * 12 + datetime.now(UTC).month - MONTH.month - 1
DETACH = {"MLB_RAW_MONTHS": str(max(_OLD, 1))}
_WITH_CONTENT = "SELECT count(*) FROM {} WHERE data IS NOT NULL"


pytestmark = pytest.mark.usefixtures("at_hand")


@pytest.fixture
def bucket(database: Database) -> Bucket:
    """The bucket, empty, and so is the one of the index."""
    Bucket(database, INDEX_BUCKET).clear()
    bucket = Bucket(database)
    bucket.clear()
    return bucket


@pytest.fixture
def at_hand(database: Database) -> Iterator[None]:
    """This process reads the archive of the tests."""
    with used(database):
        yield


@pytest.fixture
def old(connection: Connection[Any], platform: Platform, bucket: Bucket) -> list[bytes]:
    """An old month: captures with objects of their own, sightings, patches, rows of plain SQL; what was captured."""
    for name in (GAME, PATCHES):
        make_months(connection, name, [MONTH])
    contents = []
    for game_pk in (PATCHED, SHOWN):
        for minute, response in enumerate(captures(game_pk)):
            contents.append(body(response))
            url = f"http://api/api/v1.1/game/{game_pk}/feed/live"
            capture = Capture(load_mapping(GAME), {"game_pk": game_pk}, url, 200, at(minute), contents[-1])
            store(connection, capture, lambda each: bucket.write(each.object_key, encode(each)))
    see_again(connection, one(connection, f"SELECT max(id) FROM {GAME}"), at(30))
    for earlier, later, minute in _states(captures(PATCHED)[-1]):
        insert_patch(connection, answer([earlier, later]), at(minute), PATCHED, **ends(earlier, later))
    insert_game(connection, body(feed(BY_HAND)), at(0))
    platform.transform()
    return contents


def _states(first: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any], int]]:
    """Some states of a game, each with the one before it and the minute it was captured in."""
    states = [first]
    for number in (1, 2):
        state = deepcopy(states[-1])
        state["metaData"]["timeStamp"] = f"2099010{number}_000000"
        state["liveData"]["plays"]["allPlays"][number]["result"]["event"] = "Field Error"
        states.append(state)
    return [(earlier, later, 10 + number) for number, (earlier, later) in enumerate(pairwise(states))]


def _detach(mlb_etl: Cli, *names: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(mlb_etl.ok("raw", "detach", *names, "--json", **DETACH).out)
    return found


def _indexed(database: Database) -> list[int]:
    """The raw rows that the index in the bucket `archived-data` names."""
    index = Bucket(database, INDEX_BUCKET)
    containers = [io.BytesIO(index.read(key)) for key in index.keys()]  # noqa: SIM118 - it is no dict
    return sorted(each["raw_id"] for container in containers for each in fastavro.reader(container))


@pytest.mark.slow
def test_all_that_needs_old_content_finds_it_in_the_archive(
    mlb_etl: Cli, database: Database, connection: Connection[Any], old: Sequence[bytes]
) -> None:
    rows, listed = all_rows(connection), mlb_etl.ok("raw", "list", "--json").out
    ids = [raw_id for (raw_id,) in connection.execute(f"SELECT id FROM {GAME} ORDER BY id")]
    documents = [document_at(connection, load_mapping(GAME), {"game_pk": PATCHED}, at(minute)) for minute in range(13)]

    summary = _detach(mlb_etl)
    assert (summary["asked"], summary["done"], summary["rows"]) == (2, 2, len(old) + 1 + 2)
    assert summary["bytes_after"] < summary["bytes_before"] / 2
    for name in (GAME, PATCHES):
        assert one(connection, _WITH_CONTENT.format(name)) == 0
    all_ids = f"SELECT id FROM {GAME} UNION SELECT id FROM {PATCHES} ORDER BY 1"
    assert _indexed(database) == [raw_id for (raw_id,) in connection.execute(all_ids)]

    for raw_id, content in zip(ids, old, strict=False):
        assert mlb_etl.ok("raw", "show", raw_id).out.encode() == content
    without_objects = json.loads(listed), json.loads(mlb_etl.ok("raw", "list", "--json").out)
    assert [_but_objects(each) for each in without_objects[0]] == [_but_objects(each) for each in without_objects[1]]
    for minute, document in enumerate(documents):
        found = document_at(connection, load_mapping(GAME), {"game_pk": PATCHED}, at(minute))
        assert document is not None
        assert found is not None
        assert canonical_sha256(found.content) == canonical_sha256(document.content)
    mlb_etl.ok("transform", GAME, "--all", "--force")
    assert all_rows(connection) == rows
    connection.execute("UPDATE game.live_game_plays SET rbi = 4")
    mlb_etl.ok("rebuild", GAME, "--all")
    assert all_rows(connection) == rows

    assert _detach(mlb_etl)["asked"] == 0
    kept = json.loads(mlb_etl.ok("raw", "restore", GAME, PATCHES, "--json", **DETACH).out)
    assert (kept["rows"], kept["contents"], kept["sightings"]) == (0, 0, 0)
    restored = json.loads(mlb_etl.ok("raw", "restore", GAME, PATCHES, "--json").out)
    assert (restored["rows"], restored["contents"], restored["sightings"]) == (0, len(old) + 1 + 2, 0)
    assert connection.execute(f"SELECT data FROM {GAME} WHERE id = %s", [ids[0]]).fetchone() == (json.loads(old[0]),)


def test_the_month_is_one_like_others_afterwards(
    mlb_etl: Cli, connection: Connection[Any], platform: Platform, old: Sequence[bytes]
) -> None:
    _detach(mlb_etl)
    insert_game(connection, body(feed(PATCHED, revision=3)), at(20))
    platform.transform()
    assert one(connection, f"SELECT DISTINCT tableoid::regclass::text FROM {GAME}") == f"{GAME}_y{MONTH:%Ym%m}"
    assert _detach(mlb_etl, GAME)["rows"] == 1
    assert one(connection, _WITH_CONTENT.format(GAME)) == 0
    indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = 'live_game_v1_y{}'"
    later = f"{datetime.now(UTC):%Ym%m}"
    assert one(connection, indexes.format(f"{MONTH:%Ym%m}")) == one(connection, indexes.format(later))


def test_patches_without_hashes_are_linked_by_what_the_archive_holds(
    mlb_etl: Cli, connection: Connection[Any], platform: Platform, old: Sequence[bytes]
) -> None:
    connection.execute(f"UPDATE {PATCHES} SET base_sha256 = NULL, result_sha256 = NULL")
    expected = document_at(connection, load_mapping(GAME), {"game_pk": PATCHED})
    _detach(mlb_etl)
    found = document_at(connection, load_mapping(GAME), {"game_pk": PATCHED})
    assert expected is not None
    assert found is not None
    assert found.link.is_patch
    assert found.content == expected.content


def test_what_the_archive_does_not_give_back_stays(
    mlb_etl: Cli, connection: Connection[Any], bucket: Bucket, old: Sequence[bytes]
) -> None:
    key = one(connection, f"SELECT object_key FROM {GAME} WHERE object_key IS NOT NULL LIMIT 1")
    whole = bucket.read(key)
    for spoil in (lambda: bucket.write(key, whole[:-10]), lambda: bucket.remove(key)):
        spoil()
        finished = mlb_etl("raw", "detach", **DETACH)
        assert finished.exit_code == 2, finished.output
        assert key in finished.err
        assert one(connection, _WITH_CONTENT.format(GAME)) == len(old) + 1
    assert one(connection, _WITH_CONTENT.format(PATCHES)) == 0  # the other month went
    connection.execute(f"UPDATE {GAME} SET object_key = NULL WHERE object_key = %s", [key])
    _detach(mlb_etl)
    assert one(connection, _WITH_CONTENT.format(GAME)) == 0


def test_content_that_cannot_be_told_from_other_content_stays(
    mlb_etl: Cli, connection: Connection[Any], old: Sequence[bytes]
) -> None:
    connection.execute(f"UPDATE {GAME} SET content_sha256 = NULL, body = NULL WHERE game_pk = %s", [BY_HAND])
    connection.execute(f"UPDATE {GAME} SET data = data || '{{\"edited\": 1}}' WHERE game_pk = %s", [SHOWN])
    finished = mlb_etl("raw", "detach", GAME, **DETACH)  # somebody has changed what is archived otherwise
    assert finished.exit_code == 2, finished.output
    assert "does not hold its content" in finished.err
    connection.execute(f"UPDATE {GAME} SET object_key = NULL WHERE game_pk = %s", [SHOWN])
    _detach(mlb_etl)
    left = connection.execute(f"SELECT game_pk FROM {GAME} WHERE data IS NOT NULL").fetchall()
    assert left == [(BY_HAND,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {} SET data = data || '{{\"edited\": 1}}' WHERE id = %s",
        "UPDATE {} SET object_key = NULL WHERE id = %s",
        "UPDATE {} SET status_code = 599 WHERE id = %s",
    ],
)
def test_what_changes_after_it_was_read_back_keeps_its_content(
    change: LiteralString, connection: Connection[Any], old: Sequence[bytes]
) -> None:
    rows = f"SELECT id, format('%s %s', ctid, xmin) FROM {GAME} ORDER BY id"
    versions = dict(connection.execute(rows.encode()).fetchall())
    connection.execute(f"UPDATE {GAME} SET object_key = 'raw/somewhere'")
    versions = dict(connection.execute(rows.encode()).fetchall())
    changed = min(versions)
    connection.execute(SQL(change).format(Identifier(*GAME.split("."))), [changed])
    insert_game(connection, body(feed(BY_HAND, revision=1)), at(15))
    came = one(connection, f"SELECT max(id) FROM {GAME}")
    assert leave_content(connection, GAME, MONTH, list(versions.values()))
    kept = connection.execute(f"SELECT id FROM {GAME} WHERE data IS NOT NULL ORDER BY id").fetchall()
    assert kept == [(changed,), (came,)]


def test_bytes_that_somebody_changed_stay(mlb_etl: Cli, connection: Connection[Any], old: Sequence[bytes]) -> None:
    connection.execute(
        f"UPDATE {GAME} SET body = %s WHERE id = (SELECT min(id) FROM {GAME} WHERE body IS NOT NULL)", [packed(b"{}")]
    )
    finished = mlb_etl("raw", "detach", GAME, **DETACH)
    assert finished.exit_code == 2, finished.output
    assert "does not hold its content" in finished.err


def test_what_lies_in_the_default_partition_goes_too_and_what_is_granted_stays(
    mlb_etl: Cli, connection: Connection[Any], bucket: Bucket
) -> None:
    insert_game(connection, body(feed(BY_HAND)), at(0))
    assert one(connection, f"SELECT count(*) FROM {GAME}_default") == 1
    make_months(connection, GAME, [MONTH])
    connection.execute(f"GRANT SELECT ON {GAME}_y{MONTH:%Ym%m} TO PUBLIC")
    connection.execute(f"COMMENT ON TABLE {GAME}_y{MONTH:%Ym%m} IS 'mine'")
    assert _detach(mlb_etl, GAME)["rows"] == 1
    partition = f"'{GAME}_y{MONTH:%Ym%m}'::regclass"
    assert one(connection, f"SELECT obj_description({partition}) || relacl::text FROM pg_class WHERE oid = {partition}")


def test_who_reads_for_long_is_not_kept_waiting(
    mlb_etl: Cli, database: Database, connection: Connection[Any], old: Sequence[bytes]
) -> None:
    with database.connect(autocommit=False) as reader:
        reader.execute(f"SELECT count(*) FROM {GAME}")
        finished = mlb_etl("raw", "detach", GAME, **DETACH)
        assert finished.exit_code == 1, finished.output
        assert "it is read or written for too long; run this again" in finished.err
    assert one(connection, _WITH_CONTENT.format(GAME)) == len(old) + 1
    _detach(mlb_etl)


def test_without_the_setting_all_content_is_kept(
    mlb_etl: Cli, connection: Connection[Any], old: Sequence[bytes]
) -> None:
    finished = mlb_etl.ok("raw", "detach")
    assert "MLB_RAW_MONTHS is not set" in finished.err
    assert one(connection, _WITH_CONTENT.format(GAME)) == len(old) + 1


def _but_objects(listed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in listed.items() if name != "object_key"}
