"""Any captures, bad ones among them, in any order and in any batches, end in the tables of the newest good one.

And in one history: that of the good ones in order of their moments.

DESIGN section 7, guarantee 2.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests import recordings
from tests.checker import game
from tests.integration.history import compare_as_of, history_of, stamps_of
from tests.integration.support import GAME, Bench, applied, at, body, insert_game, leave_content, see_again
from tests.recordings import Recording
from tests.synthetic import captures

pytestmark = pytest.mark.unmeasured

Arrival = tuple[int, int, int | None, bool]

_game_pks = count(960_000)  # each example is a game of its own
_SYNTHETIC = captures(0)
# A real feed takes its time: what fails is shown as it was drawn.
_WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


def _spoiled(response: dict[str, Any]) -> list[dict[str, Any]]:
    """The same response as nothing acceptable: not flattenable, refused by a rule, of another game."""
    shapeless, refused = deepcopy(response), deepcopy(response)
    shapeless["liveData"]["plays"]["allPlays"] = {"0": {}}
    innings = refused["liveData"]["linescore"]["innings"]
    innings.append({"num": 99})
    return [shapeless, refused, response | {"gamePk": 1}]


@st.composite
def arrivals(draw: st.DrawFn, versions: int) -> list[Arrival]:
    """Draw captures in order of arrival: which version, captured in which minute, who transforms then, if any.

    And whether its row leaves its content to the archive before.
    """
    captured = draw(st.lists(st.integers(0, versions - 1), min_size=1, max_size=8))
    minutes = (
        draw(st.permutations(range(len(captured)))) if draw(st.booleans()) else [n // 2 for n in range(len(captured))]
    )
    # Mostly the one that remembers: it has something to remember only if it is not disturbed.
    who = st.sampled_from([None, 0, 1, 1, 1])
    leaves = st.sampled_from([False, False, True])
    further = (draw(st.lists(each, min_size=len(captured), max_size=len(captured))) for each in (who, leaves))
    return list(zip(captured, minutes, *further, strict=True))


# Of one moment the hash decides, and which hash is greater the game's number does.
_SEEN_AGAIN_AS_ANOTHER_COMES: list[list[Arrival]] = [
    [(first, 0, 0, False), (first, 1, 1, False), (second, 1, None, False)] for first, second in [(0, 5), (5, 0)]
]


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrived=arrivals(len(_SYNTHETIC)))
@example(arrived=_SEEN_AGAIN_AS_ANOTHER_COMES[0])
@example(arrived=_SEEN_AGAIN_AS_ANOTHER_COMES[1])
def test_synthetic_captures_converge(bench: Bench, arrived: list[Arrival]) -> None:
    _assert_converges(bench, _SYNTHETIC, arrived)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrived=arrivals(len(_SYNTHETIC) + 3))
def test_captures_that_are_refused_decide_nothing(bench: Bench, arrived: list[Arrival]) -> None:
    _assert_converges(bench, _SYNTHETIC, arrived)


_BY_GAME: dict[int, list[Recording]] = {}
for _recording in recordings.of(recordings.LIVE_FEED):
    if "live_snapshots" in _recording.file.parts:
        _BY_GAME.setdefault(int(_recording.url.split("/")[4]), []).append(_recording)


@pytest.mark.skipif(not _BY_GAME, reason=recordings.ABSENT)
@pytest.mark.parametrize("game_pk", list(_BY_GAME))
def test_recorded_captures_converge(bench: Bench, game_pk: int) -> None:
    versions = [recording.json for recording in _BY_GAME[game_pk]]

    @settings(max_examples=6, deadline=None, phases=_WITHOUT_SHRINKING)
    @given(arrived=arrivals(len(versions)))
    def converges(arrived: list[Arrival]) -> None:
        _assert_converges(bench, versions, arrived)

    converges()


def _assert_converges(bench: Bench, versions: list[dict[str, Any]], arrived: list[Arrival]) -> None:
    """`versions` are acceptable; the numbers after theirs stand for bad ones."""
    game_pk = next(_game_pks)
    good = [version | {"gamePk": game_pk} for version in versions]
    responses = [*good, *_spoiled(good[-1])]
    rows: dict[int, int] = {}
    moments: dict[tuple[datetime, str], int] = {}
    for version, minute, who, leaves in arrived:
        content = body(responses[version])
        if version in rows:  # what is stored already is only seen again
            if (at(minute), sha256(content).hexdigest()) not in moments:
                see_again(bench.connection, rows[version], at(minute))
        else:
            rows[version] = insert_game(bench.connection, content, at(minute), game_pk)
        moments[at(minute), sha256(content).hexdigest()] = version
        if leaves:
            leave_content(bench.connection, GAME, rows[version])
        if who is not None:
            bench.platforms[who].errors_of_transform(game_pk)
    errors = bench.platforms[-1].errors_of_transform(game_pk)
    assert bool(errors) == (moments[max(moments)] >= len(good)), "as long as the newest one is refused, it says so"
    acceptable = {moment: version for moment, version in moments.items() if version < len(good)}
    if acceptable:
        assert game.compare(bench.connection, responses[acceptable[max(acceptable)]]) == []
        _assert_history(
            bench, game_pk, responses, {moment: version for (moment, _), version in sorted(acceptable.items())}
        )
    else:
        assert applied(bench.connection, game_pk) is None


def _assert_history(bench: Bench, game_pk: int, responses: list[dict[str, Any]], versions: dict[datetime, int]) -> None:
    """The history is that of the acceptable captures in order; as of each of them the tables are its rows."""
    in_order = next(_game_pks)
    rows: dict[int, int] = {}
    for moment, version in sorted(versions.items()):
        assert compare_as_of(bench.connection, moment, responses[version]) == []
        if version in rows:
            see_again(bench.connection, rows[version], moment)
        else:
            content = body(responses[version] | {"gamePk": in_order})
            rows[version] = insert_game(bench.connection, content, moment, in_order)
        assert bench.platforms[0].errors_of_transform(in_order) == []
    assert history_of(bench.connection, game_pk) == history_of(bench.connection, in_order)
    assert stamps_of(bench.connection, game_pk) == stamps_of(bench.connection, in_order)
