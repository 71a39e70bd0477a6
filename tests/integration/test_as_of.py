"""The tables as of any moment: before a capture, at it, at one that is refused, and now."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import Connection

from tests.integration.history import compare_as_of
from tests.integration.support import Platform, at, body, insert_game, one
from tests.synthetic import feed

pytestmark = pytest.mark.unmeasured

GAME_PK = 987_001
FIRST = feed(GAME_PK)


def second() -> dict[str, Any]:
    response = deepcopy(FIRST)
    response["liveData"]["plays"]["allPlays"][0]["result"]["event"] = "Field Error"
    response["liveData"]["linescore"]["innings"].pop()
    return response


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_at_a_refused_capture_they_are_those_of_the_one_before(
    connection: Connection[Any], platform: Platform, order: tuple[int, ...]
) -> None:
    responses = [FIRST, FIRST | {"gameData": {}}, second()]
    for number in order:
        insert_game(connection, body(responses[number]), at(number), GAME_PK)
        platform.errors_of_transform()
    assert compare_as_of(connection, at(0), FIRST) == []
    assert compare_as_of(connection, at(1), FIRST) == []
    assert compare_as_of(connection, at(1.99), FIRST) == []
    assert compare_as_of(connection, at(2), second()) == []
    assert compare_as_of(connection, datetime.now(UTC), second()) == []
    before = at(-0.01)
    for table in ("live_game_metadata", "live_game_plays", "live_game_linescore_innings"):
        assert one(connection, f"SELECT count(*) FROM game.{table}_as_of(%s)", before) == 0
