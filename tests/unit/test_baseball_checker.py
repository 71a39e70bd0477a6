"""The checker of baseball: silent about a good game, and no rule of it sleeps."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import recordings
from tests.checker.baseball import RULES, problems
from tests.checker.baseball.box_score import BATTING, PITCHING
from tests.checker.baseball_mutations import MUTATIONS, pitches, plays
from tests.simulated import final, under_way

Node = dict[str, Any]

# What real scorers left wrong, by game and rule.
SLIPS = {
    (530856, "score_of_plays"): "a home run without the row of the batter",
    (530856, "innings_of_plays"): "a home run without the row of the batter",
    (746551, "times"): "pitches re-timed after the game end before they begin",
}


@pytest.fixture(scope="module")
def game() -> Node:
    """A simulated game that is over."""
    return final()


def test_a_simulated_game_is_baseball(game: Node) -> None:
    assert problems(game) == []


@pytest.mark.recordings
@pytest.mark.parametrize("recording", recordings.parameters(recordings.LIVE_FEED))
def test_a_recorded_game_is_baseball(recording: recordings.Recording) -> None:
    feed = recording.json
    found = problems(feed)
    assert [each for each in found if (feed["gamePk"], each.split(":")[0]) not in SLIPS] == []


@pytest.mark.parametrize("rule", MUTATIONS)
def test_each_rule_notices(game: Node, rule: str) -> None:
    wrong = copy.deepcopy(game)
    MUTATIONS[rule](wrong)
    assert rule in {problem.split(":")[0] for problem in problems(wrong)}


def test_the_situation_is_held_against_the_plays() -> None:
    feed = under_way()
    assert problems(feed) == []
    feed["liveData"]["linescore"]["outs"] = 3
    assert any(problem.startswith("situation: ") for problem in problems(feed))


def test_no_rule_is_left_out() -> None:
    assert {rule.__name__ for rule in RULES} == MUTATIONS.keys() | {"situation"}


def counters(feed: Node) -> list[tuple[Node, str]]:
    """Every number that the plays determine: counts, scores, lines of the box score, the line score."""
    found = [(play["count"], name) for play in plays(feed) for name in ("balls", "strikes", "outs")]
    found += [(play["result"], name) for play in plays(feed) for name in ("rbi", "awayScore", "homeScore")]
    found += [(event["count"], name) for event in pitches(feed) for name in ("balls", "strikes")]
    found += [
        (inning[side], name)
        for inning in feed["liveData"]["linescore"]["innings"]
        for side in ("away", "home")
        for name in ("runs", "hits", "errors", "leftOnBase")
        if name in inning[side]
    ]
    names = {"batting": BATTING, "pitching": PITCHING, "fielding": ("putOuts", "assists", "errors", "chances")}
    for side in ("away", "home"):
        for player in feed["liveData"]["boxscore"]["teams"][side]["players"].values():
            found += [
                (player["stats"][group], name) for group in names for name in names[group] if player["stats"][group]
            ]
    return [(node, name) for node, name in found if name in node]


@pytest.mark.unmeasured
@settings(max_examples=40, deadline=None)
@given(data=st.data(), by=st.sampled_from([-1, 1]))
def test_any_number_that_is_one_off_is_noticed(game: Node, data: st.DataObject, by: int) -> None:
    wrong = copy.deepcopy(game)
    numbers = counters(wrong)
    node, name = numbers[data.draw(st.integers(0, len(numbers) - 1))]
    node[name] += by
    assert problems(wrong)
