"""When the list of revisions is asked for, and when it is left alone."""

from __future__ import annotations

import pytest

from mlb_data_platform.documents.patch import MisfitError
from mlb_data_platform.errors import TransientError
from mlb_data_platform.live.follow.gaps import GapCheck


def test_a_list_that_was_away_for_a_while_is_asked_for_again_with_the_next_whole_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[list[str] | None] = [None, None, None, ["1", "2", "3"]]
    said: list[str] = []

    def revisions() -> list[str] | None:
        answer = answers.pop(0)
        if answer is None:
            raise TransientError("503")
        return answer

    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    gaps = GapCheck(revisions, said.append, speed=10.0)
    for _ in range(3):
        with pytest.raises(TransientError):
            gaps.check("1", ["3"], "a")
    gaps.check("1", ["3"], "a")
    assert len(answers) == 1, "given up"
    assert len(said) == 1
    gaps.whole("3", "a")
    gaps.check("1", ["3"], "a")
    assert len(answers) == 1, "it has been away for a moment only"
    now += 90
    gaps.whole("3", "a")
    with pytest.raises(MisfitError, match="left out the revisions 2"):
        gaps.check("1", ["3"], "a")
    assert len(said) == 1


def asked(told: set[str], reached: list[str], listed: list[str]) -> tuple[GapCheck, list[str], list[list[str]]]:
    """A check of one patch from revision 1, what it said, and how often it asked for the list."""
    said: list[str] = []
    lists: list[list[str]] = []

    def revisions() -> list[str]:
        lists.append(listed)
        return listed

    gaps = GapCheck(revisions, said.append)
    assert not gaps.needs_list(told)
    gaps.check("1", reached, "a", told)
    return gaps, said, lists


def test_what_a_channel_told_of_and_a_patch_led_over_needs_no_list() -> None:
    gaps, said, lists = asked({"2", "3", "4"}, ["2", "3"], ["1", "2", "3", "4"])
    assert (said, lists) == ([], [])
    assert gaps.needs_list(None)
    assert gaps.needs_list(set())


def test_what_a_channel_told_of_and_a_patch_did_not_lead_over_is_looked_up() -> None:
    with pytest.raises(MisfitError, match="left out the revisions 2"):
        asked({"2", "3"}, ["3"], ["1", "2", "3"])


def test_what_came_before_it_was_told_is_looked_up_and_no_fault_of_the_channel() -> None:
    gaps, said, lists = asked({"2"}, ["2", "3"], ["1", "2", "3"])
    assert (said, len(lists)) == ([], 1)
    assert not gaps.needs_list({"4"})


def test_a_channel_that_leaves_out_what_came_is_not_relied_on_any_more() -> None:
    gaps, said, lists = asked({"3"}, ["2", "3"], ["1", "2", "3"])
    assert len(lists) == 1
    assert said == ["the push channel does not tell of every revision: the API is asked which there are"]
    assert gaps.needs_list({"4"})
    gaps.check("3", ["4"], "b", {"4"})
    assert len(lists) == 2
