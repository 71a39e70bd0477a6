"""A follower that is told of what is new asks at once; one that is not told any more asks as often as ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from psycopg import Connection

from statsapi_simulator.api.faults import Fault
from tests.conftest import Cli
from tests.integration.followed_game import SimulatedGame, check_kept, simulated_game, summary
from tests.integration.support import one
from tests.integration.test_live_follow import PATCHES, TWICE

pytestmark = pytest.mark.unmeasured


@pytest.fixture
def game() -> Iterator[SimulatedGame]:
    with simulated_game(timedelta(minutes=35)) as game:
        game.environment["MLB_PUSH_URL"] = game.url.replace("http://", "ws://")
        yield game


def _asked_when_told(connection: Connection[Any]) -> int:
    return int(one(connection, f"SELECT count(*) FROM {PATCHES} WHERE request_params ? 'pushUpdateId'"))


@pytest.mark.slow
def test_what_is_told_is_asked_for_at_once(game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]) -> None:
    counts, said = summary(game.start(mlb_etl))
    assert "the push channel is open" in said
    check_kept(connection, game, every=8)
    assert one(connection, TWICE) == 0
    assert _asked_when_told(connection) > counts["patches"] / 2
    assert _lists(game) < counts["patches"] / 2, "what it told of is not looked up"


@pytest.mark.slow
def test_a_patch_that_leaves_out_what_was_told_is_noticed(
    game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    game.server.faults.set(msgspec.convert([{"kind": "gap", "path": "diffPatch"}], list[Fault]))
    follower = game.start(mlb_etl)
    clock = game.server.league.clock
    for captures in (4, 6, 8):
        game.until_kept(connection, captures)
        clock.set(clock.now() + timedelta(minutes=3), 0)  # so that a patch has several revisions
    counts, _ = summary(follower)
    assert counts["misfits"] > 0
    check_kept(connection, game)
    assert one(connection, TWICE) == 0


def _lists(game: SimulatedGame) -> int:
    """How often the list of revisions was asked for."""
    paths = game.server.traffic.report()["paths"]
    return sum(times for path, times in paths.items() if path.endswith("/timestamps"))


SAID = {
    "silent": "the push channel is silent: polling",
    "refused": "the push channel is away (server rejected WebSocket connection: HTTP ",
    "dropped": "the push channel is away (",
    "duplicate": "the push channel is open",
}


@pytest.mark.parametrize("kind", SAID)
def test_a_channel_that_fails_costs_no_change(
    kind: str, game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]
) -> None:
    game.server.faults.set(msgspec.convert([{"kind": kind, "path": "push/subscribe"}], list[Fault]))
    follower = game.start(mlb_etl)
    game.end(connection)
    _, said = summary(follower)
    assert SAID[kind] in said
    check_kept(connection, game, every=8)
    assert one(connection, TWICE) == 0
    assert (_asked_when_told(connection) > 0) == (kind in ("dropped", "duplicate"))
