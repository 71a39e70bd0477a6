"""From the Stats API to the raw tier: what is stored, what never is, and what happens when two come at once."""

from __future__ import annotations

import gzip
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.raw import Stored, store
from statsapi_simulator.replay import Answer, serve
from tests import recordings
from tests.conftest import Cli, Database
from tests.integration.support import GAME, at, body, one
from tests.synthetic import feed

A, B = b'{"gamePk": 1, "is": "A"}', b'{"gamePk": 1, "is": "B"}'


def _path(game_pk: int) -> str:
    return f"/api/v1.1/game/{game_pk}/feed/live"


def _good(game_pk: int) -> Answer:
    return Answer(body=body(feed(game_pk)))


def _store(connection: Connection[Any], content: bytes, captured_at: datetime, game_pk: int = 1) -> Stored:
    capture = Capture(
        load_mapping(GAME), {"game_pk": game_pk}, "http://api" + _path(game_pk), 200, captured_at, content
    )
    return store(connection, capture, lambda capture: capture.object_key)


def _captures(connection: Connection[Any]) -> list[tuple[str, datetime]]:
    """All captures in the raw tier: content and moment, rows and sightings alike."""
    return connection.execute(
        """
        SELECT content_sha256, captured_at FROM game.live_game_v1
        UNION ALL
        SELECT content_sha256, sighting.captured_at
        FROM metadata.raw_sightings AS sighting JOIN game.live_game_v1 AS raw ON raw.id = sighting.raw_id
        ORDER BY 2, 1
        """
    ).fetchall()


def test_a_response_is_kept_exactly_with_where_it_comes_from(
    mlb_etl: Cli, database: Database, connection: Connection[Any]
) -> None:
    content = json.dumps(feed(7), indent=3, ensure_ascii=False).encode()
    asked: list[str] = []
    before = datetime.now(UTC)
    with serve([], {_path(7): [Answer(body=content)]}, asked) as url:
        mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
    assert asked == [_path(7)]
    row = connection.execute(
        "SELECT game_pk, source_url, request_params, status_code, content_sha256, data, schema_version,"
        " captured_at, ingested_at, tableoid::regclass::text, object_key FROM game.live_game_v1"
    ).fetchone()
    assert row is not None
    *known, captured_at, ingested_at, partition, object_key = row
    hashed = sha256(content).hexdigest()
    assert known == [
        7,
        url + _path(7),
        {"game_pk": 7},
        200,
        hashed,
        json.loads(content),
        load_mapping(GAME).schema_version,
    ]
    assert before < captured_at < ingested_at
    assert partition == f"{GAME}_y{captured_at:%Ym%m}"
    assert object_key.startswith(f"raw/game/live_game_v1/date={captured_at:%Y-%m-%d}/{captured_at:%H%M%S.%f}-{hashed}-")
    (record,) = _objects(database).records(object_key)
    assert record["body"] == content
    assert connection.execute("SELECT job, status, exit_code, asked, done FROM metadata.job_executions").fetchall() == [
        ("ingest mlb_game", "succeeded", 0, 1, 1)
    ]


def _objects(database: Database) -> ObjectStore:
    names = ("MINIO_ENDPOINT", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY")
    return ObjectStore(Settings.model_validate({name.lower(): database.environment[name] for name in names}))


def test_an_object_that_is_not_there_is_named(database: Database) -> None:
    objects = _objects(database)
    capture = Capture(load_mapping(GAME), {"game_pk": 1}, "http://api", 200, at(0), A)
    (record,) = objects.records(objects.put(capture))
    assert record["body"] == A
    absent = capture.object_key.replace("date=", "date=1")
    with pytest.raises(BadInputError, match=rf"s3://raw-data/{absent} at .*NoSuchKey"):
        objects.records(absent)


def test_more_objects_than_one_answer_lists_are_all_listed(database: Database) -> None:
    objects = _objects(database)
    keys = {f"many/objects/{number:04}.avro" for number in range(1100)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: objects.write(key, b"none"), keys))
    assert set(objects.keys("many/objects/")) == keys
    assert list(objects.keys("many/", below=False)) == ["many/objects/"]
    assert list(objects.keys("none/")) == []


def test_unchanged_content_adds_a_sighting_and_no_copy(mlb_etl: Cli, connection: Connection[Any]) -> None:
    with serve([], {_path(7): [_good(7)]}) as url:
        mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
        again = mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, "--json", MLB_STATSAPI_BASE_URL=url)
    summary = json.loads(again.out)
    assert (summary["new"], summary["unchanged"], summary["done"]) == (0, 1, 1)
    assert one(connection, "SELECT count(*) FROM game.live_game_v1") == 1
    assert len(_captures(connection)) == 2


BAD = {
    11: (Answer(body=b'{"messageNumber": 1, "message": "Internal error occurred"}'), "the API says 'Internal error"),
    12: (Answer(body=b'{"messageNumber": 2, "message": "Game data couldn\'t be found"}'), "the API says 'Game data"),
    13: (Answer(body=b"<html>Bad Gateway</html>"), "HTML"),
    14: (Answer(body=body(feed(14))[:5000]), "cut short"),
    15: (Answer(body=body(feed(15)), cut_after=5000), "without sending complete message body"),
    16: (_good(17), r"asked for game_pk 16, but $.gamePk is 17"),
    18: (Answer(404, b'{"messageNumber": 2}'), "HTTP 404"),
    19: (Answer(body=b'{"gamePk": 19}'), "is missing, which game.live_game_v1 requires"),
    20: (Answer(body=body({**feed(20), "copyright": "\0"})), "jsonb cannot hold"),
}


def test_a_bad_answer_is_one_clear_line_and_no_row_and_stops_no_other_game(
    mlb_etl: Cli, connection: Connection[Any]
) -> None:
    games = [*BAD, 7, 8]
    answers = {_path(game_pk): [answer] for game_pk, (answer, _) in BAD.items()}
    answers |= {_path(game_pk): [_good(game_pk)] for game_pk in (7, 8)}
    flags = [word for game_pk in games for word in ("--game-pk", game_pk)]
    with serve([], answers) as url:
        finished = mlb_etl("ingest", "mlb_game", *flags, MLB_STATSAPI_BASE_URL=url, MLB_REQUESTS_PER_SECOND="100")
    assert finished.exit_code == 1, finished.output
    assert "Traceback" not in finished.err
    for game_pk, (_, reason) in BAD.items():
        (line,) = [line for line in finished.err.splitlines() if f"game_pk={game_pk}:" in line]
        assert url + _path(game_pk) in line
        assert reason in line
    assert connection.execute("SELECT game_pk FROM game.live_game_v1 ORDER BY 1").fetchall() == [(7,), (8,)]
    assert one(connection, "SELECT exit_code FROM metadata.job_executions") == 1


@pytest.mark.parametrize(("game_pk", "exit_code"), [(13, 1), (16, 2)])
def test_the_exit_code_says_whether_a_retry_may_help(mlb_etl: Cli, game_pk: int, exit_code: int) -> None:
    with serve([], {_path(game_pk): [BAD[game_pk][0]]}) as url:
        finished = mlb_etl("ingest", "mlb_game", "--game-pk", game_pk, MLB_STATSAPI_BASE_URL=url)
    assert finished.exit_code == exit_code, finished.output


def test_without_object_store_there_is_no_row(mlb_etl: Cli, connection: Connection[Any]) -> None:
    with serve([], {_path(7): [_good(7)]}) as url:
        finished = mlb_etl(
            "ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url, MINIO_ENDPOINT="127.0.0.1:1"
        )
    assert finished.exit_code == 1, finished.output
    assert "at 127.0.0.1:1" in finished.err
    assert one(connection, "SELECT count(*) FROM game.live_game_v1") == 0


def test_the_same_capture_of_many_processes_at_once_is_one_row(database: Database, connection: Connection[Any]) -> None:
    def ingest(minutes: int) -> Stored:
        with database.connect() as own:
            return _store(own, A, at(minutes))

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(ingest, range(8)))
    assert sum(each.is_new for each in stored) == 1
    assert len({each.raw_id for each in stored}) == 1
    assert one(connection, "SELECT count(*) FROM game.live_game_v1") == 1
    assert [moment for _, moment in _captures(connection)] == [at(minutes) for minutes in range(8)]


def test_content_that_returns_is_a_new_row_and_the_same_capture_twice_is_nothing(connection: Connection[Any]) -> None:
    stored = [_store(connection, *capture) for capture in ((A, at(0)), (B, at(1)), (A, at(2)), (A, at(2)))]
    assert [each.is_new for each in stored] == [True, True, True, False]
    assert one(connection, "SELECT count(*) FROM game.live_game_v1") == 3
    assert one(connection, "SELECT count(*) FROM metadata.raw_sightings") == 0


def test_whatever_the_order_of_arrival_each_capture_is_there_once(connection: Connection[Any]) -> None:
    captures = [(A, at(0)), (A, at(1)), (B, at(2)), (B, at(3)), (A, at(4))]
    expected = [(sha256(content).hexdigest(), moment) for content, moment in captures]
    for order in itertools.permutations(captures):
        connection.execute("TRUNCATE game.live_game_v1, metadata.raw_sightings")
        for content, moment in order:
            _store(connection, content, moment)
        assert _captures(connection) == expected, order


def test_another_game_with_the_same_content_is_another_row(connection: Connection[Any]) -> None:
    assert _store(connection, A, at(0), game_pk=1).is_new
    assert _store(connection, A, at(0), game_pk=2).is_new


def test_natural_keys_without_a_path_are_those_of_the_parameters(mlb_etl: Cli, connection: Connection[Any]) -> None:
    folder = recordings.folder()
    if folder is None:
        pytest.skip(recordings.ABSENT)
    with serve([folder]) as url:
        for _ in range(2):
            mlb_etl.ok("ingest", "mlb_schedule", "--date", "2026-04-19", MLB_STATSAPI_BASE_URL=url)
    assert one(connection, "SELECT count(*) FROM schedule.schedule") == 1
    assert one(connection, "SELECT request_params FROM schedule.schedule") == {"sportId": 1, "date": "2026-04-19"}
    assert one(connection, "SELECT count(*) FROM metadata.raw_sightings") == 1


def test_a_missing_table_is_named_before_anything_is_asked(mlb_etl: Cli, connection: Connection[Any]) -> None:
    connection.execute("DROP TABLE game.live_game_v1 CASCADE")
    asked: list[str] = []
    with serve([], {_path(7): [_good(7)]}, asked) as url:
        finished = mlb_etl("ingest", "mlb_game", "--game-pk", 7, MLB_STATSAPI_BASE_URL=url)
    assert finished.exit_code == 2, finished.output
    assert '"game.live_game_v1" does not exist; run: mlb-etl db migrate' in finished.err
    assert asked == []


def test_what_was_captured_can_be_replayed(mlb_etl: Cli, connection: Connection[Any], tmp_path: Path) -> None:
    folder = {"PYMLB_STATSAPI__BASE_FILE_PATH": str(tmp_path)}
    with serve([], {_path(7): [_good(7)]}) as url:
        mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, "--stub-mode", "capture", MLB_STATSAPI_BASE_URL=url, **folder)
    (entry,) = json.loads((tmp_path / "manifest.json").read_bytes())
    assert gzip.decompress((tmp_path / entry["file"]).read_bytes()) == body(feed(7))
    mlb_etl.ok("ingest", "mlb_game", "--game-pk", 7, STUB_MODE="replay", **folder)
    assert len(_captures(connection)) == 2
    absent = mlb_etl("ingest", "mlb_game", "--game-pk", 8, "--stub-mode", "replay", **folder)
    assert absent.exit_code == 2, absent.output


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["mlb_game", "--date", "19.4.2026"], "--date: '19.4.2026' is not a date like 2026-04-19"),
        (["mlb_game"], "give one of --game-pk, --date, --season"),
        (["mlb_gme", "--game-pk", "1"], "mlb_game"),
        (["mlb_season", "--season", "26"], "--season: 26 is not a year like 2026"),
    ],
)
def test_bad_flags_are_refused_before_any_work(
    mlb_etl: Cli, connection: Connection[Any], flags: list[str], problem: str
) -> None:
    finished = mlb_etl("ingest", *flags)
    assert finished.exit_code == 2, finished.output
    assert problem in finished.err
    assert "Traceback" not in finished.err
    assert one(connection, "SELECT count(*) FROM metadata.job_executions") == 0


def _schedule(day: str) -> Answer:
    return Answer(body=body({"dates": [{"date": day, "totalGames": 0, "games": []}]}))


def test_a_schedule_of_another_date_is_asked_for_again_and_never_kept(
    mlb_etl: Cli, connection: Connection[Any]
) -> None:
    asked: list[str] = []
    day, other = "2026-04-19", "2026-04-18"
    with serve([], {"/api/v1/schedule": [_schedule(other)]}, asked) as url:
        refused = mlb_etl("ingest", "mlb_schedule", "--date", day, MLB_STATSAPI_BASE_URL=url)
    assert refused.exit_code == 2, refused.output
    assert f"asked for date {day}, but $.dates[*].date is {other}" in refused.err
    assert len(asked) > 1, "a cache may have mixed up two"
    assert one(connection, "SELECT count(*) FROM schedule.schedule") == 0
    with serve([], {"/api/v1/schedule": [_schedule(other), _schedule(day)]}) as url:
        mlb_etl.ok("ingest", "mlb_schedule", "--date", day, MLB_STATSAPI_BASE_URL=url)
    assert connection.execute("SELECT schedule_date, sport_id FROM schedule.schedule").fetchall() == [(day, "1")]
