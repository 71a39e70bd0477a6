"""A follower whose API, database, cache or object store does not do what it should."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from psycopg import Connection

from mlb_data_platform.live.cadence import CHECKS_THE_WHOLE_EVERY as FOLLOWER_CHECKS_EVERY
from mlb_data_platform.services.access import ensure_access
from mlb_data_platform.services.environment import services_folder
from mlb_data_platform.services.postgres import Postgres
from mlb_data_platform.services.redis import Redis
from mlb_data_platform.services.s3 import S3
from statsapi_simulator.api.faults import Fault
from tests.conftest import Cli, Database
from tests.integration.followed_game import SPEED, SimulatedGame, check_kept, simulated_game, summary
from tests.integration.support import one
from tests.integration.test_live_follow import NOT_ARCHIVED, TWICE

pytestmark = pytest.mark.unmeasured


@pytest.fixture
def game() -> Iterator[SimulatedGame]:
    with simulated_game(timedelta(minutes=45)) as game:
        yield game


def _faults(*faults: dict[str, Any]) -> list[Fault]:
    return msgspec.convert(list(faults), list[Fault])


def _patches(kind: str, rate: float) -> dict[str, Any]:
    return {"kind": kind, "rate": rate, "path": "diffPatch"}


FAULTS = {
    "patches that do not fit": [
        *(_patches(kind, 0.1) for kind in ("duplicate", "reorder", "bad_patch", "wrong_game")),
        _patches("gap", 0.5),
    ],
    "old answers, and whole documents": [
        _patches("lag", 0.3),
        _patches("fallback", 0.2),
        {"kind": "stale", "rate": 0.7, "path": "feed/live$"},
    ],
    "no answers": [{"kind": kind, "rate": 0.04} for kind in ("5xx", "reset", "cut", "html", "429")],
}
COUNTED = {"patches that do not fit": "misfits", "old answers, and whole documents": "fallbacks", "no answers": "full"}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_kept_is_right_whatever_the_api_answers(
    name: str, game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    follower = game.start(mlb_etl)
    game.server.faults.set(_faults(*FAULTS[name]))
    game.end(connection)
    counts, _ = summary(follower)
    game.server.faults.set([])
    assert counts[COUNTED[name]] > 0
    assert counts["patches"] > 0
    check_kept(connection, game, every=8)
    assert one(connection, TWICE) == 0


def test_services_that_restart_cost_nothing(game: SimulatedGame, mlb_etl: Cli, database: Database) -> None:
    follower = game.start(mlb_etl)
    with database.connect() as connection:
        game.until_kept(connection, 2)
    folder = services_folder(Path(database.environment["MLB_STATE_DIR"]))
    services = [kind(folder, ensure_access(folder)[kind.name]) for kind in (Postgres, Redis, S3)]
    for service in services:
        service.stop()
    time.sleep(0.5)
    for service in services:
        service.start()
    with database.connect() as connection:
        game.end(connection)
    counts, said = summary(follower)
    assert "answers wait in memory" in said
    assert "all is well again, after" in said
    with database.connect() as connection:
        assert check_kept(connection, game, every=8) == counts["patches"] + counts["full"]
        assert one(connection, TWICE) == 0
        assert one(connection, NOT_ARCHIVED) == 0


def test_a_database_that_is_read_only_for_a_while_costs_nothing(
    game: SimulatedGame, mlb_etl: Cli, database: Database
) -> None:
    """As a standby is, until it takes over."""
    follower = game.start(mlb_etl)
    assert follower.stderr is not None
    with database.connect() as connection:
        game.until_kept(connection, 2)
        _sessions_anew(connection, "SET default_transaction_read_only = on")
        while "answers wait in memory" not in (line := follower.stderr.readline()):
            assert line, "it ended"
        time.sleep(2)  # as often as it records how far it is
        _sessions_anew(connection, "RESET default_transaction_read_only")
        game.end(connection)
        counts, said = summary(follower)
        assert "all is well again, after" in said
        assert check_kept(connection, game, every=8) == counts["patches"] + counts["full"]
        assert one(connection, TWICE) == 0
        assert one(connection, NOT_ARCHIVED) == 0


def _sessions_anew(connection: Connection[Any], setting: str) -> None:
    """Let all others begin anew, with another setting."""
    connection.execute(f"ALTER DATABASE {connection.info.dbname} {setting}")
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_an_object_store_that_stays_away_is_an_error_at_the_end(
    game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    follower = game.start(mlb_etl, MINIO_ENDPOINT="127.0.0.1:1")
    game.end(connection, 3)
    out, err = follower.communicate(timeout=180)
    assert follower.returncode == 1
    assert "ended: Final (F)" in err
    assert "error: s3://raw-data/raw/game/live_game_v1/" in err
    assert "Traceback" not in err
    assert msgspec.json.decode(out)["patches"] > 0
    check_kept(connection, game, every=20)
    summary(game.start(mlb_etl))
    assert one(connection, NOT_ARCHIVED) == 0


def test_a_correction_in_place_is_noticed(game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]) -> None:
    follower = game.start(mlb_etl)
    game.until_kept(connection, 2)
    game.pause()
    time.sleep(1)  # what was under way has arrived
    game.correct()
    time.sleep(FOLLOWER_CHECKS_EVERY / SPEED + 1)
    game.end(connection, 3)
    counts, said = summary(follower)
    assert counts["corrections"] == 1
    assert "corrected in place" in said
    assert one(connection, TWICE) == 0
    check_kept(connection, game, every=1000)
