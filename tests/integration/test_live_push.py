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


@pytest.fixture
def game() -> Iterator[SimulatedGame]:
    with simulated_game(timedelta(minutes=35)) as game:
        game.environment["MLB_PUSH_URL"] = game.url.replace("http://", "ws://")
        yield game


def _asked_when_told(connection: Connection[Any]) -> int:
    return int(one(connection, f"SELECT count(*) FROM {PATCHES} WHERE request_params ? 'pushUpdateId'"))


def test_what_is_told_is_asked_for_at_once(game: SimulatedGame, mlb_etl: Cli, connection: Connection[Any]) -> None:
    counts, said = summary(game.start(mlb_etl))
    assert "the push channel is open" in said
    check_kept(connection, game, every=8)
    assert one(connection, TWICE) == 0
    assert _asked_when_told(connection) > counts["patches"] / 2


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
