"""What is published as a change leaves the tables as staged rows do, whatever comes: odd values, gaps, nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from tests.conftest import Database
from tests.integration.support import GAME, Platform, at, insert_game
from tests.synthetic import captures

pytestmark = pytest.mark.unmeasured

_game_pks = count(970_000)  # each example is a game of its own
_STATES = captures(0)
_GONE = object()
_ODD = [
    *(
        "",
        "null",
        "\\N",
        "\\.",
        "a\n\\.\nb",
        '"',
        "\\",
        "\u0001",
        "\r\n",
        "é漢🎉",
        "]\n[",
        "{",
        "%s %(a)s",
        "\x7f",
        "  x ",
    ),
    *(0, -0.0, 5, 5.0, "5", "5.0", 1e22, 0.1 + 0.2, 1e300, 2**31, -1, True, None, [], {}, [1], {"a": 1}, _GONE),
]


@dataclass(frozen=True)
class Program:
    """One that publishes, and its database."""

    connection: Connection[Any]
    platform: Platform

    def publish(self, game_pk: int, content: bytes, minute: int) -> tuple[list[str], dict[str, list[Any]]]:
        """Publish a capture; return what is said of it, and all rows of the game."""
        insert_game(self.connection, content, at(minute), game_pk)
        errors = [str(error) for error in self.platform.errors_of_transform(game_pk)]
        return errors, {table: self._rows(table, game_pk) for table in load_mapping(GAME).tables}

    def _rows(self, table: str, game_pk: int) -> list[Any]:
        query = f"SELECT (to_jsonb(t) - 'published_xid')::text FROM game.{table} t WHERE game_pk = %s ORDER BY 1"
        return self.connection.execute(query, [game_pk]).fetchall()


@pytest.fixture(scope="module")
def programs(new_database: Callable[[], Database]) -> Iterator[tuple[Program, Program]]:
    """One that remembers what it published, and one that compares with the tables each time."""
    a, b = new_database(), new_database()
    with (
        a.connect() as connection,
        b.connect() as other,
        a.connect(autocommit=False) as session,
        b.connect(autocommit=False) as other_session,
    ):
        yield Program(connection, Platform(session, remembers=1)), Program(other, Platform(other_session))


Change = tuple[float, object]
changes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(_ODD)), max_size=3)
arrivals = st.lists(st.tuples(st.integers(0, len(_STATES) - 1), changes), min_size=2, max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrived=arrivals)
def test_both_ways_leave_the_same(programs: tuple[Program, Program], arrived: list[tuple[int, list[Change]]]) -> None:
    game_pk = next(_game_pks)
    for minute, (state, changed) in enumerate(arrived):
        response = deepcopy(_STATES[state]) | {"gamePk": game_pk}
        for where, value in changed:
            _change(response, where, value)
        content = json.dumps(response).encode()
        remembering, comparing = (program.publish(game_pk, content, minute) for program in programs)
        assert remembering == comparing


def _change(response: dict[str, Any], where: float, value: object) -> None:
    """Put `value` in the place of one of the leaves of a response."""
    leaves = [leaf for part in ("gameData", "liveData") for leaf in _leaves(response[part])]
    holder, key = leaves[int(where * len(leaves))]
    if value is _GONE:
        del holder[key]
    else:
        holder[key] = deepcopy(value)  # two values may be the same one, and one come into the other


def _leaves(node: Any) -> Iterator[tuple[Any, Any]]:
    """The holder and the key of each value below a node that is neither an object nor an array."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if isinstance(value, dict | list):
            yield from _leaves(value)
        else:
            yield node, key
