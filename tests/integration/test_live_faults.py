"""A follower whose API, database, cache or object store does not do what it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from psycopg import Connection

from mlb_data_platform.services.access import ensure_access
from mlb_data_platform.services.environment import services_folder
from mlb_data_platform.services.postgres import Postgres
from mlb_data_platform.services.redis import Redis
from mlb_data_platform.services.s3 import S3
from mlb_data_platform.services.service import Service
from statsapi_simulator.api.faults import Fault
from tests.conftest import Cli, Database
from tests.integration.followed_game import SimulatedGame, check_kept, simulated_game, summary
from tests.integration.support import one
from tests.integration.test_live_follow import NOT_ARCHIVED, TWICE


@pytest.fixture
def game() -> Iterator[SimulatedGame]:
    with simulated_game(timedelta(minutes=30)) as game:
        yield game


def _faults(*faults: dict[str, Any]) -> list[Fault]:
    return msgspec.convert(list(faults), list[Fault])


def _patches(kind: str, rate: float) -> dict[str, Any]:
    return {"kind": kind, "rate": rate, "path": "diffPatch"}


FAULTS = {
    "patches that do not fit": (
        [_patches(kind, 0.1) for kind in ("duplicate", "reorder", "bad_patch", "wrong_game")],
        {"misfits"},
    ),
    "patches that lack a revision": ([_patches("gap", 1)], {"misfits"}),
    "patches that are late, or whole documents": ([_patches("lag", 0.3), _patches("fallback", 0.2)], {"fallbacks"}),
    "old documents": ([{"kind": "stale", "rate": 0.7, "path": "feed/live$"}], set()),
    "no answers": ([{"kind": kind, "rate": 0.04} for kind in ("5xx", "reset", "cut", "html", "429")], set()),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_kept_is_right_whatever_the_api_answers(
    name: str, game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    faults, counted = FAULTS[name]
    follower = game.start(mlb_etl)
    game.server.faults.set(_faults(*faults))
    counts, _ = summary(follower)
    game.server.faults.set([])
    assert all(counts[each] > 0 for each in counted), counts
    check_kept(connection, game, every=8)
    assert one(connection, TWICE) == 0
    assert counts["patches"] > 0 or name == "patches that lack a revision"


def test_an_api_that_lists_no_revisions_is_followed_all_the_same(
    game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    game.server.faults.set(_faults({"kind": "wrong_game", "path": "timestamps"}))
    summary(game.start(mlb_etl))
    check_kept(connection, game, every=8)


@pytest.mark.parametrize("kind", [Postgres, Redis, S3])
def test_a_service_that_restarts_costs_nothing(
    kind: type[Service], game: SimulatedGame, mlb_etl: Cli, database: Database
) -> None:
    folder = services_folder(Path(database.environment["MLB_STATE_DIR"]))
    service = kind(folder, ensure_access(folder)[kind.name])
    follower = game.start(mlb_etl)
    with database.connect() as connection:
        game.until_kept(connection, 3)
    service.stop()
    service.start()
    summary(follower)
    with database.connect() as connection:
        check_kept(connection, game, every=8)
        assert one(connection, TWICE) == 0
        assert one(connection, NOT_ARCHIVED) == 0


def test_an_object_store_that_stays_away_is_an_error_at_the_end(
    game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    follower = game.start(mlb_etl, MINIO_ENDPOINT="127.0.0.1:1")
    out, err = follower.communicate(timeout=60)
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
    game.until_kept(connection, 3)
    game.correct()
    counts, said = summary(follower)
    assert one(connection, TWICE) == 0
    check_kept(connection, game, every=1000)
