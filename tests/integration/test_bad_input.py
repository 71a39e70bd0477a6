"""What is not the response that was asked for never becomes a row, and keeps no other game from being loaded."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.storage.stored_body import packed
from statsapi_simulator.replay import Answer, serve
from tests.checker import game
from tests.conftest import Cli, Finished
from tests.integration.support import GAME, Platform, applied, at, body, insert_game, one
from tests.synthetic import feed

pytestmark = pytest.mark.unmeasured

BAD, GOOD, OTHER = 950_001, 950_002, 950_003
_HTML = b"<!doctype html><html><head><title>HTTP Status 404</title></head><body>Not Found</body></html>"


def _error(number: int, message: str) -> bytes:
    return f'{{"messageNumber" : {number}, "message" : "{message}"}}'.encode()


# What the API answers in place of a feed, and a word of the reason that is given for it.
BAD_ANSWERS = {
    950_101: (Answer(body=_error(2, "Game data couldn't be found")), "couldn't be found"),
    950_102: (Answer(body=_error(1, "Internal error occurred")), "Internal error"),
    950_103: (Answer(HTTPStatus.NOT_FOUND, _error(2, "Game data couldn't be found")), "404"),
    950_104: (Answer(body=_HTML, headers={"Content-Type": "text/html"}), "HTML"),
    950_105: (Answer(HTTPStatus.NOT_FOUND, _HTML, {"Content-Type": "text/html"}), "404"),
    950_106: (Answer(body=body(feed(950_106)), cut_after=20_000), ""),
    950_107: (Answer(body=body(feed(950_107))[:20_000]), "20000 bytes"),
    950_108: (Answer(body=body(feed(OTHER))), str(OTHER)),
    950_109: (Answer(body=b"[]"), "object"),
    950_110: (Answer(body=b""), ""),
    950_111: (Answer(body=body(feed(950_111) | {"liveData": {}})), "$.liveData"),
}


def test_bad_answers_are_no_rows_and_stop_no_other_game(connection: Connection[Any], mlb_etl: Cli) -> None:
    bad = {game_pk: answer for game_pk, (answer, _) in BAD_ANSWERS.items()}
    with _api({**bad, GOOD: Answer(body=body(feed(GOOD)))}) as ingest:
        finished = ingest(mlb_etl, *bad, GOOD)
    assert finished.exit_code == 1, "some are worth a retry"
    for game_pk, (_, reason) in BAD_ANSWERS.items():
        _assert_one_line(finished, game_pk, reason)
    assert connection.execute("SELECT game_pk FROM game.live_game_v1").fetchall() == [(GOOD,)]
    mlb_etl.ok("transform", GAME, "--all")
    assert game.compare(connection, feed(GOOD)) == []


@pytest.mark.parametrize("game_pk", [950_101, 950_108, 950_111], ids=["unknown game", "another game", "no plays"])
def test_retry_is_useless(game_pk: int, mlb_etl: Cli) -> None:
    with _api({game_pk: BAD_ANSWERS[game_pk][0]}) as ingest:
        assert ingest(mlb_etl, game_pk).exit_code == 2


def test_recorded_error_bodies_are_no_rows(recordings_folder: Path, connection: Connection[Any], mlb_etl: Cli) -> None:
    files = sorted((recordings_folder / "other/errors").glob("*.json.gz"))
    answers = {600_000 + number: Answer(body=gzip.decompress(file.read_bytes())) for number, file in enumerate(files)}
    with _api({**answers, GOOD: Answer(body=body(feed(GOOD)))}) as ingest:
        finished = ingest(mlb_etl, *answers, GOOD)
    assert finished.exit_code != 0
    for game_pk in answers:
        _assert_one_line(finished, game_pk, "")
    assert connection.execute("SELECT game_pk FROM game.live_game_v1").fetchall() == [(GOOD,)]


def test_run_is_recorded_as_failed(connection: Connection[Any], mlb_etl: Cli) -> None:
    with _api({BAD: Answer(body=_HTML), GOOD: Answer(body=body(feed(GOOD)))}) as ingest:
        ingest(mlb_etl, BAD, GOOD)
    job = connection.execute(
        "SELECT status, exit_code, asked, done, error FROM metadata.job_executions WHERE job LIKE 'ingest%'"
    ).fetchone()
    assert job is not None
    assert job[:4] == ("failed", 1, 2, 1)
    assert str(BAD) in job[4]


def test_duplicate_key_is_refused_and_other_games_are_published(connection: Connection[Any], mlb_etl: Cli) -> None:
    broken = feed(BAD)
    broken["liveData"]["linescore"]["innings"][1]["num"] = 1
    insert_game(connection, body(broken), at(0))
    insert_game(connection, body(feed(GOOD)), at(1))
    finished = mlb_etl("transform", GAME, "--all")
    assert finished.exit_code == 2, finished.output
    assert f"game_pk {BAD}" in finished.err
    assert "Traceback" not in finished.err
    assert applied(connection, BAD) is None
    assert game.compare(connection, feed(GOOD)) == []
    failed = connection.execute(
        "SELECT table_name, level FROM metadata.data_quality_results WHERE NOT passed AND level = 'error'"
    ).fetchall()
    assert failed == [("live_game_linescore_innings", "error")]


def test_missing_key_is_refused_and_the_last_good_version_stays(
    connection: Connection[Any], platform: Platform
) -> None:
    insert_game(connection, body(feed(BAD)), at(0))
    platform.transform()
    broken = feed(BAD, revision=1)
    del broken["liveData"]["boxscore"]["officials"][0]["officialType"]
    insert_game(connection, body(broken), at(1))
    (error,) = platform.errors_of_transform()
    assert error.exit_code == 2
    assert game.compare(connection, feed(BAD)) == []
    insert_game(connection, body(feed(BAD, revision=2)), at(2))
    platform.transform()
    assert game.compare(connection, feed(BAD, revision=2)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made["gameData"]["venue"].update(id="not a number"),
        lambda made: made["gameData"]["datetime"].update(officialDate="2026-02-30"),
        lambda made: made["liveData"]["plays"].update(allPlays={"0": {}}),
        lambda made: made["liveData"]["plays"]["allPlays"][0]["result"].update(rbi=10**30),
        lambda made: made["liveData"]["boxscore"]["teams"]["home"]["players"]["ID990102"].update(battingOrder="x"),
    ],
    ids=["text for a number", "no such date", "object for an array", "number too large", "no number in the order"],
)
def test_value_of_another_type_refuses_that_game_only(
    spoil: Callable[[dict[str, Any]], None], connection: Connection[Any], platform: Platform
) -> None:
    broken = feed(BAD)
    spoil(broken)
    insert_game(connection, body(broken), at(0))
    insert_game(connection, body(feed(GOOD)), at(1))
    (error,) = platform.errors_of_transform()
    assert error.exit_code == 2
    assert str(BAD) in str(error)
    assert "\n" not in str(error)
    assert applied(connection, BAD) is None
    assert game.compare(connection, feed(GOOD)) == []


def test_raw_row_of_another_game_is_refused(connection: Connection[Any], platform: Platform) -> None:
    """A stranger's row says it is one game and holds another: it must not replace that other game's rows."""
    insert_game(connection, body(feed(GOOD)), at(0))
    insert_game(connection, body(feed(GOOD, state="Scheduled")), at(1), game_pk=BAD)
    (error,) = platform.errors_of_transform()
    assert error.exit_code == 2
    assert game.compare(connection, feed(GOOD)) == []


def test_path_nobody_has_seen_loads_and_is_recorded(connection: Connection[Any], mlb_etl: Cli) -> None:
    grown = feed(GOOD)
    grown["gameData"]["brandNew"] = {"depth": [1, 2]}
    for play in grown["liveData"]["plays"]["allPlays"]:
        play["about"]["mood"] = "tense"
    raw_id = insert_game(connection, body(grown), at(0))
    mlb_etl.ok("transform", GAME, "--all")
    assert game.compare(connection, grown) == []
    drift = connection.execute("SELECT endpoint, path, raw_id FROM metadata.schema_drift ORDER BY path").fetchall()
    assert [(endpoint, raw) for endpoint, _, raw in drift] == [(GAME, raw_id)] * 2
    assert "brandNew" in drift[0][1]
    assert "mood" in drift[1][1]


def test_unseen_path_is_recorded_whatever_becomes_of_the_games_beside_it(
    connection: Connection[Any], mlb_etl: Cli
) -> None:
    grown, broken = feed(GOOD), feed(BAD)
    grown["gameData"]["brandNew"] = 1
    broken["liveData"]["linescore"]["innings"][0]["num"] = 99
    insert_game(connection, body(grown), at(0))
    insert_game(connection, body(broken), at(0))
    finished = mlb_etl("transform", GAME, "--all")
    assert finished.exit_code == 2
    assert "live_game_linescore_innings.inning_between" in finished.err
    assert connection.execute("SELECT path FROM metadata.schema_drift").fetchall() == [("$.gameData.brandNew",)]
    assert connection.execute("SELECT game_pk FROM game.live_game_metadata").fetchall() == [(GOOD,)]


def test_unseen_paths_of_a_refused_response_are_recorded(connection: Connection[Any], mlb_etl: Cli) -> None:
    moved = feed(BAD)
    moved["gameData"]["where.it\nnow is"] = moved["gameData"].pop("venue")
    raw_id = insert_game(connection, body(moved), at(0))
    finished = mlb_etl("transform", GAME, "--all")
    assert finished.exit_code == 2
    assert "the response has no $.gameData.venue.id" in finished.err
    assert connection.execute("SELECT path, raw_id FROM metadata.schema_drift").fetchall() == [
        ("$.gameData['where.it\\nnow is']", raw_id)
    ]


def test_damaged_bytes_of_a_raw_row_cost_that_game_alone(connection: Connection[Any], mlb_etl: Cli) -> None:
    for game_pk in (BAD, GOOD):
        insert_game(connection, body(feed(game_pk)), at(0))
    connection.execute("UPDATE game.live_game_v1 SET body = 'damaged' WHERE game_pk = %s", [BAD])
    finished = mlb_etl("transform", GAME, "--all")
    assert finished.exit_code == 2
    assert f"game_pk {BAD}" in finished.err
    assert "zstd" in finished.err
    assert connection.execute("SELECT game_pk FROM game.live_game_metadata").fetchall() == [(GOOD,)]


def test_bytes_that_no_longer_say_what_data_says_are_forgotten(connection: Connection[Any], platform: Platform) -> None:
    insert_game(connection, body(feed(GOOD)), at(0))
    connection.execute("UPDATE game.live_game_v1 SET body = %s", [packed(body(feed(GOOD)))])
    connection.execute("UPDATE game.live_game_v1 SET data = jsonb_set(data, '{gameData,venue,name}', '\"Elsewhere\"')")
    platform.transform()
    assert one(connection, "SELECT name FROM game.live_game_venue_details") == "Elsewhere"


def test_synthetic_feed_has_no_unknown_paths(connection: Connection[Any], platform: Platform) -> None:
    insert_game(connection, body(feed(GOOD)), at(0))
    insert_game(connection, body(feed(OTHER, shape=2018)), at(0))
    platform.transform()
    assert connection.execute("SELECT path FROM metadata.schema_drift").fetchall() == []


def test_game_never_captured_is_no_silent_success(connection: Connection[Any], mlb_etl: Cli) -> None:
    insert_game(connection, body(feed(GOOD)), at(0))
    finished = mlb_etl("transform", GAME, "--game-pk", GOOD, "--game-pk", BAD)
    assert finished.exit_code != 0
    assert f"game_pk {BAD}" in finished.err
    assert one(connection, "SELECT count(*) FROM game.live_game_metadata") == 1


Ingest = Callable[..., Finished]


@contextmanager
def _api(answers: dict[int, Answer]) -> Iterator[Ingest]:
    """A Stats API with these answers; yields what ingests games from it."""
    paths = {f"/api/v1.1/game/{game_pk}/feed/live": [answer] for game_pk, answer in answers.items()}

    with serve(answers=paths) as url:

        def ingest(mlb_etl: Cli, *game_pks: int) -> Finished:
            games = [word for game_pk in game_pks for word in ("--game-pk", str(game_pk))]
            return mlb_etl("ingest", "mlb_game", *games, MLB_STATSAPI_BASE_URL=url)

        yield ingest


def _assert_one_line(finished: Finished, game_pk: int, reason: str) -> None:
    """Exactly one line names the game, and it has URL and reason; nothing looks like a crash."""
    lines = [line for line in finished.err.splitlines() if str(game_pk) in line]
    assert len(lines) == 1, finished.output
    assert f"/api/v1.1/game/{game_pk}/feed/live" in lines[0]
    assert reason in lines[0]
    assert "Traceback" not in finished.err
