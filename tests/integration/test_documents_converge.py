"""Any captures of a game, patches among them, in any order: the documents of all moments, and the tables of the newest.

DESIGN section 5 and guarantee 2. What is expected is worked out here from which captures there are, by hash alone.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlb_data_platform.documents.document import Json, canonical_sha256
from mlb_data_platform.documents.moment import document_at
from mlb_data_platform.mapping.load import load_mapping
from tests.checker import game
from tests.histories import answer, ends, histories
from tests.integration.support import (
    GAME,
    PATCHES,
    Bench,
    applied,
    at,
    body,
    insert_game,
    insert_patch,
    leave_content,
    see_again,
)
from tests.synthetic import captures

pytestmark = pytest.mark.unmeasured

_game_pks = count(980_000)  # each example is a game of its own
_NAMES = ("start_timecode", "base_sha256", "result_sha256")


@dataclass(frozen=True)
class Captured:
    """A capture of a state in some minute: whole, or as a patch of the state `base`, of which its row says `known`."""

    minute: int
    state: int
    base: int | None = None
    known: tuple[str, ...] = _NAMES


@st.composite
def all_captured(draw: st.DrawFn, states: int) -> list[Captured]:
    """Draw captures in the order of their moments: whole, patches over one or several revisions, of two followers."""
    found = [Captured(0, 0)]
    for minute in range(1, draw(st.integers(2, 9))):
        state = draw(st.integers(0, states - 1))
        base = draw(st.integers(max(state - 3, 0), state)) if draw(st.integers(0, 3)) else state
        known = draw(st.sampled_from([_NAMES, _NAMES, _NAMES, _NAMES[:1], _NAMES[:2], _NAMES[1:]]))
        found.append(Captured(minute, state, base if base < state else None, known))
    return found


Arrival = tuple[Captured, int | None, bool]


@st.composite
def arrivals(draw: st.DrawFn, states: int) -> list[Arrival]:
    """Draw some of the captures of a game in any order.

    Each with who transforms then, if anybody, and whether its row leaves its content to the archive before.
    """
    captured = draw(all_captured(states))
    some = draw(st.lists(st.sampled_from(captured), unique=True, min_size=1))
    rest = [each for each in captured if each not in some]
    late = draw(st.permutations(rest)) if draw(st.booleans()) else []
    arrived = [*draw(st.permutations(some)), *late]
    who, leaves = st.sampled_from([None, None, 0, 1]), st.sampled_from([False, False, True])
    return [(each, draw(who), draw(leaves)) for each in arrived]


class Arrived:
    """The captures of a game that have come, and what follows from them."""

    def __init__(self, bench: Bench, states: list[Json]) -> None:
        self.game_pk = next(_game_pks)
        self.states = [state | {"gamePk": self.game_pk} for state in states]
        self._connection = bench.connection
        self._rows: dict[int, int] = {}  # of whole documents by state
        self._captured: list[Captured] = []

    def come(self, captured: Captured, *, leaves: bool) -> None:
        """Store a capture, with `leaves` in the archive alone; a whole document that is there already is seen again."""
        self._captured.append(captured)
        state = self.states[captured.state]
        if captured.base is not None:
            old = self.states[captured.base]
            columns = {name: value for name, value in ends(old, state).items() if name in captured.known}
            patch = answer(self.states[captured.base : captured.state + 1])
            raw_id = insert_patch(self._connection, patch, at(captured.minute), self.game_pk, **columns)
        elif captured.state in self._rows:
            raw_id = self._rows[captured.state]
            see_again(self._connection, raw_id, at(captured.minute))
        else:
            raw_id = insert_game(self._connection, body(state), at(captured.minute), self.game_pk)
            self._rows[captured.state] = raw_id
        if leaves:
            leave_content(self._connection, GAME if captured.base is None else PATCHES, raw_id)

    def state_at(self, minute: int) -> Json | None:
        """Return what the newest capture that leads to a document leads to."""
        until = sorted((each for each in self._captured if each.minute <= minute), key=lambda each: -each.minute)
        return next((self.states[each.state] for each in until if self._is_complete(each)), None)

    def newest_is_complete(self) -> bool:
        """Return whether the newest capture leads to a document."""
        return self._is_complete(max(self._captured, key=lambda each: each.minute))

    def _is_complete(self, captured: Captured) -> bool:
        return captured.base is None or any(
            self._is_complete(each)
            for each in self._captured
            if each.minute < captured.minute and each.state == captured.base
        )

    def check_documents(self) -> None:
        """Fail unless the document of every minute is the state of that minute."""
        mapping = load_mapping(GAME)
        for minute in range(-1, 10):
            found = document_at(self._connection, mapping, {"game_pk": self.game_pk}, at(minute))
            expected = self.state_at(minute)
            assert (found.content if found else None) == expected
            assert found is None or found.sha256 == canonical_sha256(self.states[self.states.index(found.content)])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(states=histories(most=6), data=st.data())
def test_the_document_of_every_moment_is_the_state_at_it(bench: Bench, states: list[Json], data: st.DataObject) -> None:
    arrived = Arrived(bench, states)
    for captured, look, leaves in data.draw(arrivals(len(states))):
        arrived.come(captured, leaves=leaves)
        if look:
            arrived.check_documents()
    arrived.check_documents()


def _feeds() -> list[Json]:
    feeds = [deepcopy(feed) for feed in captures(0)]
    plays = feeds[4]["liveData"]["plays"]
    del plays["allPlays"][-1], plays["scoringPlays"][-1:]  # plays go, and come back
    for number, feed in enumerate(feeds):
        feed["metaData"]["timeStamp"] = f"20260702_0100{number:02}"
    return feeds


_FEEDS = _feeds()


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrived_in_order=arrivals(len(_FEEDS)))
def test_the_tables_are_those_of_the_newest_document(bench: Bench, arrived_in_order: list[Arrival]) -> None:
    arrived = Arrived(bench, _FEEDS)
    for captured, who, leaves in arrived_in_order:
        arrived.come(captured, leaves=leaves)
        if who is not None:
            bench.platforms[who].errors_of_transform(arrived.game_pk)
    errors = bench.platforms[-1].errors_of_transform(arrived.game_pk)
    assert bool(errors) == (not arrived.newest_is_complete())
    newest = arrived.state_at(99)
    if newest is None:
        assert applied(bench.connection, arrived.game_pk) is None
    else:
        assert game.compare(bench.connection, newest) == []
