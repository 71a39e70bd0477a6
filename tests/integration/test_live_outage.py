"""How a follower rides out that the API or PostgreSQL is away, and how it ends when they stay away: with 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.documents.moment import document_at
from mlb_data_platform.errors import TransientError
from mlb_data_platform.live.follow import follower, run
from mlb_data_platform.live.follow.capture_buffer import CaptureBuffer, ReceivedCapture
from mlb_data_platform.live.lock import StandbyLock
from mlb_data_platform.live.patience import DATABASE_SECONDS, Patience
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import KeptConnection
from mlb_data_platform.storage.executions import Execution
from statsapi_simulator.replay import serve
from tests.conftest import Database
from tests.integration.support import GAME, one
from tests.integration.test_live_scripted import GAME_PK, Script, document_of
from tests.waiting import until


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[pytest.MonkeyPatch]:
    """Settings of services that are there, and of an API that is not."""
    for name, value in (database.environment | {"MLB_STATSAPI_BASE_URL": "http://127.0.0.1:1"}).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


def test_an_api_that_stays_away_is_an_error_worth_a_retry(nobody: pytest.MonkeyPatch) -> None:
    nobody.setattr(follower, "API_SECONDS", 0.0)
    execution = Execution()
    said: list[str] = []
    counts = run.follow(GAME_PK, settings(), execution, said.append)
    assert (execution.exit_code, execution.done) == (1, 0)
    assert f"http://127.0.0.1:1/api/v1.1/game/{GAME_PK}/feed/live" in str(execution.errors[0])
    assert counts["requests"] == 4


def test_a_database_that_stays_away_is_an_error_worth_a_retry(nobody: pytest.MonkeyPatch) -> None:
    nobody.setenv("POSTGRES_PORT", "1")
    settings.cache_clear()
    said: list[str] = []
    database = Patience(DATABASE_SECONDS, said.append)
    buffer = CaptureBuffer(KeptConnection(), database)
    buffer.keep(_capture())
    assert buffer.catch_up() is None
    assert "1 answers wait in memory; tried again" in said[0]
    buffer = CaptureBuffer(KeptConnection(), Patience(0.0, said.append))
    buffer.keep(_capture())
    with pytest.raises(TransientError, match="1 answers wait in memory"):
        buffer.finish()


def test_who_locks_a_raw_table_keeps_no_follower_from_asking(
    nobody: pytest.MonkeyPatch, connection: Connection[Any]
) -> None:
    settings.cache_clear()
    said: list[str] = []
    buffer = CaptureBuffer(KeptConnection(lock_seconds=1), Patience(DATABASE_SECONDS, said.append))
    buffer.keep(_capture())
    with connection.transaction():
        connection.execute("LOCK TABLE game.live_game_v1")
        buffer.catch_up()
    assert "1 answers wait in memory" in said[0]
    assert buffer.finish() is None
    assert one(connection, "SELECT count(*) FROM game.live_game_v1") == 1


def test_content_that_the_archive_has_lost_comes_back_when_a_follower_receives_it_again(
    nobody: pytest.MonkeyPatch, connection: Connection[Any]
) -> None:
    settings.cache_clear()
    buffer = CaptureBuffer(KeptConnection(), Patience(DATABASE_SECONDS, print))

    def received_again() -> None:
        buffer.keep(_capture())
        assert buffer.finish() is None

    received_again()
    content = one(connection, "SELECT data FROM game.live_game_v1")
    connection.execute(
        "UPDATE game.live_game_v1 SET data = NULL, body = NULL,"
        " object_key = regexp_replace(%s, '[0-9a-f]{64}', repeat('0', 64))",
        [_capture().capture.object_key],
    )
    received_again()
    assert one(connection, "SELECT data FROM game.live_game_v1") == content
    assert one(connection, "SELECT object_key FROM game.live_game_v1") is None, "it is to be archived"


def test_who_waits_for_a_database_does_not_say_that_it_waits_for_another_follower(nobody: pytest.MonkeyPatch) -> None:
    nobody.setenv("POSTGRES_PORT", "1")
    settings.cache_clear()
    said: list[str] = []
    with pytest.raises(TransientError, match=r"PostgreSQL at 127\.0\.0\.1:1"):
        StandbyLock(KeptConnection(), f"{GAME} {GAME_PK}", said.append, Patience(0.5, said.append)).take(list)
    assert [line.rpartition("; ")[2] for line in said] == ["tried again"]


def test_patience_with_the_database_does_not_begin_anew_when_the_lock_is_there(nobody: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    lock = StandbyLock(KeptConnection(), f"{GAME} {GAME_PK}", said.append, Patience(1.5, said.append))

    def begin() -> None:
        raise TransientError("it cannot read")

    with pytest.raises(TransientError, match="it cannot read"):
        lock.take(begin)
    assert said == ["it cannot read; tried again"]


def test_a_follower_that_cannot_read_yet_begins_when_it_can(
    nobody: pytest.MonkeyPatch, connection: Connection[Any]
) -> None:
    script = Script()
    script.whole(document_of(0, "F"))
    with _followed(nobody, script) as (said, start):
        with connection.transaction():
            connection.execute("LOCK TABLE game.live_game_v1")
            running = start()
            until(lambda: "tried again" in " ".join(said) or running.done(), "a first try")
        execution = running.result(timeout=60)
    assert (execution.errors, execution.done) == ([], 1)


def test_what_postgresql_cannot_hold_is_asked_for_anew_however_late_that_shows(
    nobody: pytest.MonkeyPatch, connection: Connection[Any]
) -> None:
    unfit, final = document_of(0), document_of(1, "F")
    unfit["gameData"]["weather"]["condition"] = "\0"
    script = Script()
    script.whole(unfit, final)
    script.changes(unfit, final)
    with _followed(nobody, script) as (said, start):
        with connection.transaction():
            connection.execute("LOCK TABLE game.live_game_v1, game.live_game_diff_patch_v1 IN EXCLUSIVE MODE")
            running = start()
            until(lambda: "Final, revision" in " ".join(said), "the end of the game")
        execution = running.result(timeout=60)
    assert execution.errors == []
    assert "jsonb cannot hold this response" in " ".join(said)
    kept = document_at(connection, load_mapping(GAME), {"game_pk": GAME_PK})
    assert kept is not None
    assert kept.content == final


def _capture() -> ReceivedCapture:
    mapping = load_mapping(GAME)
    return ReceivedCapture(Capture(mapping, {"game_pk": GAME_PK}, "http://api", 200, datetime.now(UTC), b"{}"))


@contextmanager
def _followed(
    environment: pytest.MonkeyPatch, script: Script
) -> Iterator[tuple[list[str], Callable[[], Future[Execution]]]]:
    """Give what a follower of the script says, and what starts it."""
    said: list[str] = []

    def follow() -> Execution:
        execution = Execution()
        run.follow(GAME_PK, settings(), execution, said.append)
        return execution

    with serve([], script.answers) as url, ThreadPoolExecutor() as pool:
        environment.setenv("MLB_STATSAPI_BASE_URL", url)
        environment.setenv("MLB_CLOCK_SPEED", "1000")
        environment.setenv("MLB_REQUESTS_PER_SECOND", "1000")
        environment.setattr(run, "_LOCK_SECONDS", 1)
        settings.cache_clear()
        yield said, lambda: pool.submit(follow)
