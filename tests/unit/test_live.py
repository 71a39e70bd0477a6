"""What a follower decides: what to ask for next, how long to wait, whether a patch left something out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.live.follow.decision import Ask, Situation, is_parked, next_step, seconds_between
from mlb_data_platform.live.follow.followed import Followed
from mlb_data_platform.live.follow.gaps import gap
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.raw_endpoint import Follow
from statsapi_simulator.feed.status import game_statuses

CODES = ("P", "S", "I", "M", "O", "Q", "F", "R", "C", "D", "U", "T")


def _follow() -> Follow:
    patches = load_mapping("game.live_game_v1").patches
    assert patches is not None
    return patches.follow


FOLLOW = _follow()


def _document(code: str = "I", inning: int = 1, wait: Any = 10, state: str = "In Progress") -> dict[str, Any]:
    return {
        "metaData": {"wait": wait},
        "gameData": {"status": {"codedGameState": code, "detailedState": state, "abstractGameState": "Live"}},
        "liveData": {"linescore": {"currentInning": inning, "inningState": "Top"}},
    }


documents = st.builds(_document, st.sampled_from(CODES), st.integers(1, 12))
followed = documents.flatmap(
    lambda content: st.builds(
        Followed,
        content=st.sampled_from([content, None]),
        revision=st.just("20260702_010000"),
        sha256=st.just("0"),
        is_whole=st.booleans(),
        checked=st.integers(1, 12).map(lambda inning: (inning,)),
    )
)
situations = st.builds(
    Situation,
    document=st.none() | followed,
    answered=st.booleans(),
    reload=st.none() | st.just("a patch that does not fit"),
    since_whole=st.floats(0, 2000),
)


@given(situations)
def test_it_ends_only_with_a_whole_document_that_is_settled_or_was_found_parked(known: Situation) -> None:
    step = next_step(FOLLOW, known)
    document = known.document
    if step.ask is Ask.NOTHING:
        assert document is not None
        assert document.is_whole
        assert document.content is not None
        code = document.content["gameData"]["status"]["codedGameState"]
        assert code in ("F", "R", "C") or (code in ("D", "U", "T") and known.answered)
        assert is_parked(FOLLOW, document) == (code in ("D", "U", "T"))
    if step.ask is Ask.CHANGES:
        assert document is not None
        assert document.content is not None
        assert known.reload is None
        assert known.since_whole < 900
    else:
        assert step.reason


@given(situations)
def test_whatever_is_known_a_whole_document_leads_on(known: Situation) -> None:
    """After the whole document is there, it is not asked for again: the follower never goes round in circles."""
    content = known.document.content if known.document and known.document.content else _document()
    taken = Situation(Followed.whole(content, "20260702_010000", FOLLOW), answered=True)
    assert next_step(FOLLOW, taken).ask is not Ask.WHOLE


def test_what_the_api_calls_final_is_over_but_for_what_is_about_to_be() -> None:
    """A forfeited game is as final as a played one: coded R, not F."""
    final = {each["codedGameState"] for each in game_statuses().values() if each["abstractGameState"] == "Final"}
    about_to_be = {each["codedGameState"] for each in game_statuses().values() if "Game Over" in each["detailedState"]}
    over = final - about_to_be
    assert set(FOLLOW.settled) == over - {"D"}, "a postponed game is parked"
    live, game, schedule = map(load_job, ("mlb_live", "mlb_game", "mlb_schedule"))
    assert live.each
    assert game.each
    (of_game,), (of_schedule,) = game.ingests, schedule.ingests
    assert of_game.settled
    assert of_schedule.settled
    assert set(live.each.over["coded_game_state"]) == over - {"C", "D"}
    assert set(game.each.over["coded_game_state"]) == over - {"C", "D"}
    assert set(of_game.settled.values) == over - {"C", "D"}
    assert set(of_schedule.settled.values) == over


def test_what_makes_it_ask_for_the_whole_document() -> None:
    document = Followed.whole(_document(), "20260702_010000", FOLLOW)
    known = Situation(document, answered=True)
    assert next_step(FOLLOW, known).ask is Ask.CHANGES
    assert next_step(FOLLOW, replace(known, since_whole=901)).reason == "checked every 15 minutes"
    assert next_step(FOLLOW, replace(known, reload="it was old")).reason == "it was old"
    assert next_step(FOLLOW, replace(known, document=document.spoiled())).ask is Ask.WHOLE
    later = document.patched(_document(inning=2), "20260702_010010")
    assert next_step(FOLLOW, replace(known, document=later)).reason == "checked with each new currentInning"
    final = document.patched(_document("F", state="Final"), "20260702_010020")
    assert next_step(FOLLOW, replace(known, document=final)).reason == "it is Final (F)"
    game_over = document.patched(_document("O", state="Game Over"), "20260702_010020")
    assert next_step(FOLLOW, replace(known, document=game_over)).ask is Ask.CHANGES


def test_what_was_parked_once_is_asked_about_before_it_is_taken_for_that() -> None:
    suspended = Situation(Followed.whole(_document("U", state="Suspended"), "20260702_010000", FOLLOW))
    assert next_step(FOLLOW, suspended).ask is Ask.CHANGES
    assert next_step(FOLLOW, replace(suspended, answered=True)).ask is Ask.NOTHING


@given(st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.text()), st.booleans())
@example(wait=10**400, in_vain=False)
@example(wait=86_400, in_vain=True)
def test_the_pause_is_what_was_asked_for_between_a_second_and_a_minute(wait: Any, in_vain: bool) -> None:
    seconds = seconds_between(FOLLOW, _document(wait=wait), in_vain=in_vain) / (3 if in_vain else 1)
    assert 1 <= seconds <= 60
    if isinstance(wait, int | float) and not isinstance(wait, bool):
        assert seconds >= min(wait, 60)


@pytest.mark.parametrize(
    ("change", "seconds"),
    [
        ({}, 10.0),
        ({"wait": 5}, 5.0),
        ({"wait": None}, 10.0),
        ({"state": "Warmup"}, 30.0),
        ({"state": "Delayed"}, 30.0),
    ],
)
def test_little_is_asked_where_little_happens(change: dict[str, Any], seconds: float) -> None:
    assert seconds_between(FOLLOW, _document(**change)) == seconds
    assert seconds_between(FOLLOW, None) == 10.0
    assert seconds_between(FOLLOW, _document(), in_vain=True) == 30.0


revisions = st.lists(st.integers(10, 99).map(str), min_size=2, unique=True).map(sorted)


@given(revisions, st.data())
def test_a_patch_over_all_revisions_has_no_gap_however_far_behind_the_list_is(every: list[str], data: Any) -> None:
    start = data.draw(st.integers(0, len(every) - 2))
    end = data.draw(st.integers(start + 1, len(every) - 1))
    listed = every[: data.draw(st.integers(0, len(every)))]
    assert gap(listed, every[start], every[start + 1 : end + 1]) is None


@given(revisions.filter(lambda every: len(every) > 2), st.data())
def test_a_patch_that_lacks_a_revision_has_a_gap(every: list[str], data: Any) -> None:
    lost = data.draw(st.integers(1, len(every) - 2))
    reason = gap(every, every[0], [*every[1:lost], *every[lost + 1 :]])
    assert reason == f"it left out the revisions {every[lost]}"


def test_a_patch_of_another_document_leads_to_strange_revisions() -> None:
    reason = gap(["10", "20", "30"], "10", ["15", "20"])
    assert reason == "it led to the revisions 15, which are none of this document"
