"""The archive: every capture in it with its own provenance, nothing replaced, nothing forgotten, whoever is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from psycopg.errors import CheckViolation

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.archive import Archivist, archive
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import KeptConnection
from mlb_data_platform.storage.objects import RAW_BUCKET
from mlb_data_platform.storage.raw import store
from statsapi_simulator.api.server import serve as serve_league
from statsapi_simulator.replay import Answer, serve
from tests.conftest import Cli, Database
from tests.integration.bucket import Bucket
from tests.integration.support import GAME, at, body, insert_game, insert_raw, one, see_again
from tests.synthetic import feed

SCHEDULE = "schedule.schedule"
NOT_ARCHIVED = f"""
    SELECT (SELECT count(*) FROM {GAME} WHERE object_key IS NULL)
         + (SELECT count(*) FROM metadata.raw_sightings WHERE object_key IS NULL)
"""


@pytest.fixture
def bucket(database: Database) -> Bucket:
    """The bucket, empty."""
    bucket = Bucket(database)
    bucket.clear()
    return bucket


def _path(game_pk: int) -> str:
    return f"/api/v1.1/game/{game_pk}/feed/live"


def _captured(connection: Connection[Any], game_pk: int, captured_at: datetime, content: bytes = b'{"is": "A"}') -> int:
    mapping = load_mapping(GAME)
    capture = Capture(mapping, {"game_pk": game_pk}, "http://api" + _path(game_pk), 200, captured_at, content)
    return store(connection, capture, lambda capture: None).raw_id


def test_two_off_days_asked_on_one_day_keep_their_own_parameters(mlb_etl: Cli, bucket: Bucket) -> None:
    days = ("2026-01-05", "2026-01-06")
    with serve_league(7, 2026, datetime(2026, 12, 1, tzinfo=UTC)) as url:
        for day in days:
            mlb_etl.ok("ingest", "mlb_schedule", "--date", day, MLB_STATSAPI_BASE_URL=url)
    records = bucket.records(f"raw/{SCHEDULE.replace('.', '/')}/")
    assert len({record["content_sha256"] for record in records}) == 1
    assert [json.loads(record["request_params"])["date"] for record in records] == [*days]


def test_sightings_are_in_the_archive_when_a_run_ends(
    mlb_etl: Cli, connection: Connection[Any], bucket: Bucket
) -> None:
    games = (7, 8, 9)
    flags = [word for game_pk in games for word in ("--game-pk", game_pk)]
    with serve([], {_path(game_pk): [Answer(body=body(feed(game_pk)))] for game_pk in games}) as url:
        for _ in range(3):
            mlb_etl.ok("ingest", "mlb_game", *flags, MLB_STATSAPI_BASE_URL=url, MLB_REQUESTS_PER_SECOND="100")
    assert one(connection, NOT_ARCHIVED) == 0
    records = bucket.records()
    assert len(records) == 9
    assert len({record["key"] for record in records}) == 3 + 2  # a response each, then all sightings of a run in one
    for record in records:
        game_pk = int(record["natural_key"]["game_pk"])
        assert (record["endpoint"], record["method"], record["status_code"]) == ("game", "live_game_v1", 200)
        assert json.loads(record["request_params"]) == {"game_pk": game_pk}
        assert record["source_url"] == url + _path(game_pk)
        assert record["content_sha256"] == sha256(body(feed(game_pk))).hexdigest()
    archived = connection.execute("SELECT captured_at, object_key FROM metadata.raw_sightings").fetchall()
    assert set(archived) == {(each["captured_at"], each["key"]) for each in records if each["stored_at"]}


def test_a_sighting_keeps_its_own_url(mlb_etl: Cli, connection: Connection[Any], bucket: Bucket) -> None:
    urls = []
    for _ in range(2):
        with serve([], {_path(7): [Answer(body=body(feed(7)))]}) as url:
            mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
            urls.append(url + _path(7))
    assert [record["source_url"] for record in bucket.records()] == urls


def test_a_run_that_cannot_archive_says_so_and_the_next_one_makes_up_for_it(
    mlb_etl: Cli, connection: Connection[Any], bucket: Bucket
) -> None:
    with serve([], {_path(7): [Answer(body=body(feed(7)))]}) as url:
        mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
        away = {"MLB_STATSAPI_BASE_URL": url, "MINIO_ENDPOINT": "127.0.0.1:1"}
        failed = mlb_etl("ingest", "mlb_game", "--game-pk", 7, **away)
        assert failed.exit_code == 1, failed.output
        assert f"s3://{RAW_BUCKET}/raw/game/live_game_v1/" in failed.err
        assert "Traceback" not in failed.err
        listed = json.loads(mlb_etl.ok("raw", "list", "--not-archived", "--json").out)
        assert [(each["kind"], each["natural_key"]) for each in listed] == [("sighting", {"game_pk": 7})]
        mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
    assert json.loads(mlb_etl.ok("raw", "list", "--not-archived", "--json").out) == []
    assert len(bucket.records()) == 3


def test_rows_and_sightings_of_plain_sql_are_archived_by_the_next_run(
    mlb_etl: Cli, connection: Connection[Any], bucket: Bucket
) -> None:
    raw_id = insert_game(connection, body(feed(8)), at(0))
    see_again(connection, raw_id, at(5))
    xacts = f"SELECT xact, (SELECT xact FROM metadata.raw_sightings) FROM {GAME} WHERE id = %s"
    before = connection.execute(xacts, (raw_id,)).fetchone()
    with serve([], {_path(7): [Answer(body=body(feed(7)))]}) as url:
        mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
    assert one(connection, NOT_ARCHIVED) == 0
    assert connection.execute(xacts, (raw_id,)).fetchone() == before  # who follows the tier does not see them anew
    row, sighting = (record for record in bucket.records() if record["natural_key"]["game_pk"] == "8")
    assert row["body"] is None
    assert row["data"] == one(connection, f"SELECT data::text FROM {GAME} WHERE id = %s", raw_id)
    assert row["content_sha256"] == sighting["content_sha256"] == sha256(body(feed(8))).hexdigest()
    assert (sighting["captured_at"], sighting["stored_at"]) == (at(5), at(0))
    assert sighting["source_url"] == row["source_url"]


class _Kept(KeptConnection):
    """The connection of the test."""

    def __init__(self, connection: Connection[Any]) -> None:
        super().__init__()
        self._only = connection

    def get(self) -> Connection[Any]:
        return self._only


def _damage(connection: Connection[Any], raw_id: int) -> None:
    connection.execute(f"UPDATE {GAME} SET body = 'no frame' WHERE id = %s", (raw_id,))


def test_a_damaged_row_is_named_at_the_end_of_a_run_and_keeps_back_no_other(
    connection: Connection[Any], bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlb_data_platform.storage.archive._SECONDS_BETWEEN", 0.0)
    damaged = [insert_game(connection, body(feed(game_pk)), at(game_pk)) for game_pk in (1, 2)]
    for raw_id in damaged:
        _damage(connection, raw_id)
    behind = insert_game(connection, body(feed(3)), at(3))
    see_again(connection, behind, at(4))
    off_day = {"url": "http://api/api/v1/schedule", "request_params": {"sportId": 1, "date": "2026-01-05"}}
    insert_raw(connection, SCHEDULE, body({"dates": []}), at(5), **off_day)
    archivist = Archivist([load_mapping(GAME), load_mapping(SCHEDULE)], _Kept(connection), bucket.write)
    archivist.keep_up()  # what else the run is asked for comes first
    assert [str(error) for error in archivist.finish()] == [
        f"{GAME}, rows {damaged[0]}, {damaged[1]}: column body holds no zstd frame;"
        " set it to NULL, then data is archived"
    ]
    assert one(connection, NOT_ARCHIVED) == len(damaged)
    assert one(connection, f"SELECT count(*) FROM {SCHEDULE} WHERE object_key IS NULL") == 0
    connection.execute(f"UPDATE {GAME} SET body = NULL WHERE id = ANY(%s)", (damaged,))
    assert archivist.finish() == []
    assert one(connection, NOT_ARCHIVED) == 0
    assert len(bucket.records()) == 5


def test_many_programs_that_keep_up_put_what_comes_into_the_same_objects(
    connection: Connection[Any], bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlb_data_platform.storage.archive._SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(
        "mlb_data_platform.storage.archive._SECONDS_IN_NO_HURRY", (datetime.now(UTC) - at(5)).total_seconds()
    )
    archivists = [Archivist([load_mapping(GAME)], _Kept(connection), bucket.write) for _ in range(3)]
    for game_pk, archivist in enumerate(archivists, start=1):
        insert_game(connection, body(feed(game_pk)), at(10))
        archivist.keep_up()
    assert bucket.keys() == []
    insert_game(connection, body(feed(4)), at(0))
    for archivist in archivists:
        archivist.keep_up()
    assert one(connection, NOT_ARCHIVED) == 0
    assert len(bucket.keys()) == 1


def test_a_database_that_is_read_only_is_an_error_worth_a_retry(connection: Connection[Any], bucket: Bucket) -> None:
    insert_game(connection, body(feed(1)), at(1))
    connection.execute("SET default_transaction_read_only = on")
    archivist = Archivist([load_mapping(GAME)], _Kept(connection), bucket.write)
    (error,) = archivist.finish()
    assert isinstance(error, TransientError)
    assert "read-only" in str(error)
    connection.execute("RESET default_transaction_read_only")
    assert archivist.finish() == []
    assert one(connection, NOT_ARCHIVED) == 0


def test_a_run_that_leaves_out_a_damaged_row_ends_with_2(
    mlb_etl: Cli, connection: Connection[Any], bucket: Bucket
) -> None:
    damaged = insert_game(connection, body(feed(8)), at(0))
    _damage(connection, damaged)
    with serve([], {_path(7): [Answer(body=body(feed(7)))]}) as url:
        for _ in range(2):  # the second one sees again what the first one stored
            finished = mlb_etl("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
            assert finished.exit_code == 2, finished.output
            (line,) = (line for line in finished.err.splitlines() if line.startswith("error: "))
            assert f"row {damaged}: " in line
    assert one(connection, NOT_ARCHIVED) == 1
    assert len(bucket.records()) == 2


def test_objects_that_are_full_leave_out_a_damaged_row_too(
    connection: Connection[Any], bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlb_data_platform.storage.archive._MOST_RECORDS", 2)
    ids = [insert_game(connection, body(feed(game_pk)), at(game_pk)) for game_pk in range(1, 7)]
    _damage(connection, ids[0])
    with pytest.raises(BadInputError, match=f"^{GAME}, row {ids[0]}: "):
        archive(connection, load_mapping(GAME), bucket.write)
    assert one(connection, NOT_ARCHIVED) == 1
    assert len(bucket.keys()) == 3


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "4000-01-01 BC", "1875-12-31 23:59Z", "9999-01-01Z"])
def test_a_capture_has_a_moment_that_every_program_can_read(
    mlb_etl: Cli, connection: Connection[Any], moment: str
) -> None:
    raw_id = insert_game(connection, body(feed(8)), at(0))
    for statement in (
        f"INSERT INTO {GAME} (game_pk, captured_at, data) VALUES (8, '{moment}', '{{}}')",
        f"UPDATE {GAME} SET captured_at = '{moment}'",
        f"INSERT INTO metadata.raw_sightings (raw_id, captured_at) VALUES ({raw_id}, '{moment}')",
    ):
        with pytest.raises(CheckViolation, match="captured_at_in_1876_to_9998"):
            connection.execute(statement.encode())
    (listed,) = json.loads(mlb_etl.ok("raw", "list", "--json").out)
    assert listed["raw_id"] == raw_id


def test_columns_of_one_table_alone_are_archived(connection: Connection[Any], bucket: Bucket) -> None:
    connection.execute(f"ALTER TABLE {GAME} ADD COLUMN start_timecode text, ADD COLUMN steps integer")
    raw_id = insert_game(connection, body(feed(8)), at(0))
    connection.execute(f"UPDATE {GAME} SET start_timecode = '20260702_010000', steps = 3 WHERE id = %s", (raw_id,))
    assert archive(connection, load_mapping(GAME), bucket.write) == 1
    (record,) = bucket.records()
    assert record["further"] == {"start_timecode": "20260702_010000", "steps": "3"}


def test_each_object_holds_the_captures_of_one_day(connection: Connection[Any], bucket: Bucket) -> None:
    for hours in (0, 1, 25, 50):
        _captured(connection, 1, at(60 * hours))
    assert archive(connection, load_mapping(GAME), bucket.write) == 3
    found = [(record["key"].split("/")[3], record["captured_at"]) for record in bucket.records()]
    assert [day for day, _ in found] == [f"date={moment:%Y-%m-%d}" for _, moment in found]
    assert len(bucket.keys()) == 3


def test_who_is_killed_between_object_and_mark_is_made_up_for(connection: Connection[Any], bucket: Bucket) -> None:
    for minutes in range(3):
        _captured(connection, 1, at(minutes))

    def write_and_die(key: str, container: bytes) -> None:
        bucket.write(key, container)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive(connection, load_mapping(GAME), write_and_die)
    assert one(connection, NOT_ARCHIVED) == 2
    _captured(connection, 1, at(3))
    assert archive(connection, load_mapping(GAME), bucket.write) == 3
    assert len(bucket.keys()) == 2  # the first one stays: nothing in the archive is replaced or removed
    marked = one(connection, "SELECT count(DISTINCT object_key) FROM metadata.raw_sightings")
    assert marked == 1


def test_many_at_once_archive_each_capture_once(
    database: Database, connection: Connection[Any], bucket: Bucket
) -> None:
    def store_and_archive(game_pk: int) -> None:
        with database.connect() as own:
            for minutes in range(10):
                _captured(own, game_pk, at(minutes))
            archive(own, load_mapping(GAME), bucket.write)
            waiting = "SELECT count(*) FROM metadata.raw_sightings s JOIN game.live_game_v1 r ON r.id = s.raw_id"
            assert one(own, f"{waiting} WHERE r.game_pk = %s AND s.object_key IS NULL", game_pk) == 0

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store_and_archive, range(1, 9)))
    moments = [(each["natural_key"]["game_pk"], each["captured_at"]) for each in bucket.records()]
    assert len(moments) == len(set(moments)) == 8 * 9


def test_the_same_capture_again_changes_nothing_however_late(connection: Connection[Any]) -> None:
    contents = (b'{"is": "A"}', b'{"is": "B"}')
    captures = [(contents[0], at(0)), (contents[0], at(1)), (contents[1], at(2)), (contents[0], at(3))]
    for content, moment in captures * 2:
        _captured(connection, 1, moment, content)
    assert one(connection, f"SELECT count(*) FROM {GAME}") == 3
    assert one(connection, "SELECT count(*) FROM metadata.raw_sightings") == 1


def test_a_response_that_is_refused_leaves_no_object(mlb_etl: Cli, bucket: Bucket) -> None:
    with serve([], {_path(7): [Answer(body=body({**feed(7), "copyright": "\0"}))]}) as url:
        assert mlb_etl("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url).exit_code == 2
    assert bucket.keys() == []


def test_captures_can_be_listed_and_shown(mlb_etl: Cli, database: Database, connection: Connection[Any]) -> None:
    content = json.dumps(feed(7), indent=3, ensure_ascii=False).encode()
    with serve([], {_path(7): [Answer(body=content)]}) as url:
        for _ in range(2):
            mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
    other = insert_game(connection, body(feed(8)), at(0))
    row, sighting = json.loads(mlb_etl.ok("raw", "list", GAME, "--game-pk", 7, "--json").out)
    assert (row["kind"], sighting["kind"]) == ("row", "sighting")
    assert row["raw_id"] == sighting["raw_id"]
    assert row["content_sha256"] == sha256(content).hexdigest()
    assert datetime.fromisoformat(sighting["captured_at"]) > datetime.fromisoformat(row["captured_at"])
    lines = mlb_etl.ok("raw", "list").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [str(other), str(row["raw_id"]), str(row["raw_id"])]
    assert _shown(mlb_etl, row["raw_id"]) == content
    connection.execute(f"UPDATE {GAME} SET body = NULL WHERE id = %s", (row["raw_id"],))  # as before there was a body
    assert _shown(mlb_etl, row["raw_id"]) == content
    assert json.loads(_shown(mlb_etl, other)) == feed(8)


def _shown(mlb_etl: Cli, raw_id: int) -> bytes:
    with mlb_etl.start("raw", "show", raw_id) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out.encode()


def test_bytes_that_cannot_be_written_are_no_success(mlb_etl: Cli, connection: Connection[Any]) -> None:
    raw_id = insert_game(connection, body(feed(8)), at(0))
    main = "from mlb_data_platform.cli.app import main; main()"
    program = [sys.executable, "-c", main, "raw", "show", str(raw_id)]
    with Path("/dev/full").open("wb") as full:
        finished = subprocess.run(program, env=mlb_etl.environment, stdout=full, stderr=subprocess.PIPE, check=False)
    assert finished.returncode == 1
    assert finished.stderr.decode() == "error: standard output: No space left on device\n"


def test_a_date_lists_what_is_of_that_date(mlb_etl: Cli, connection: Connection[Any]) -> None:
    for day in ("2026-07-01", "2026-07-02"):
        insert_raw(
            connection,
            SCHEDULE,
            body({"dates": []}),
            at(0) + timedelta(days=30),
            url="http://api/api/v1/schedule",
            request_params={"sportId": 1, "date": day},
        )
    (found,) = json.loads(mlb_etl.ok("raw", "list", "--date", "2026-07-02", "--json").out)
    assert found["endpoint"] == SCHEDULE
    assert found["natural_key"]["schedule_date"] == "2026-07-02"
