"""How a follower ends when the API or PostgreSQL stays away: with 1, so that another one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.errors import TransientError
from mlb_data_platform.live import lock
from mlb_data_platform.live.follow import follower, run
from mlb_data_platform.live.follow.capture_buffer import CaptureBuffer, GivenUpError, ReceivedCapture
from mlb_data_platform.live.lock import StandbyLock
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import KeptConnection
from mlb_data_platform.storage.executions import Execution
from tests.conftest import Database
from tests.integration.support import GAME, one

GAME_PK = 970_001


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
    buffer = CaptureBuffer(KeptConnection(), said.append, patience=0.0)
    capture = Capture(load_mapping(GAME), {"game_pk": GAME_PK}, "http://api", 200, datetime.now(UTC), b"{}")
    buffer.keep(ReceivedCapture(capture))
    assert "what comes is kept in memory" in said[0]
    with pytest.raises(GivenUpError, match="1 answers are lost"):
        buffer.finish()


def test_who_locks_a_raw_table_keeps_no_follower_from_asking(
    nobody: pytest.MonkeyPatch, connection: Connection[Any]
) -> None:
    settings.cache_clear()
    said: list[str] = []
    buffer = CaptureBuffer(KeptConnection(lock_seconds=1), said.append)
    capture = Capture(load_mapping(GAME), {"game_pk": GAME_PK}, "http://api", 200, datetime.now(UTC), b"{}")
    with connection.transaction():
        connection.execute("LOCK TABLE game.live_game_v1")
        buffer.keep(ReceivedCapture(capture))
    assert "what comes is kept in memory" in said[0]
    buffer.finish()
    assert one(connection, "SELECT count(*) FROM game.live_game_v1") == 1


def test_who_waits_for_a_database_does_not_say_that_it_waits_for_another_follower(nobody: pytest.MonkeyPatch) -> None:
    nobody.setenv("POSTGRES_PORT", "1")
    nobody.setattr(lock, "DATABASE_SECONDS", 0.5)
    settings.cache_clear()
    said: list[str] = []
    with pytest.raises(TransientError, match=r"PostgreSQL at 127\.0\.0\.1:1"):
        StandbyLock(KeptConnection(), f"{GAME} {GAME_PK}", said.append).take()
    assert said == []
