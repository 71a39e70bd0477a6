"""Recorded answers of diffPatch: each leads, strictly applied, from its recorded base to the states recorded after."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from tests import recordings
from tests.histories import REVISION, revision
from tests.recordings import Recording

from mlb_data_platform.documents.document import canonical_sha256, read
from mlb_data_platform.documents.patch import MisfitError, patched

SNAPSHOTS = [each for each in recordings.of(recordings.LIVE_FEED) if "live_snapshots" in each.file.parts]
pytestmark = pytest.mark.skipif(not SNAPSHOTS, reason=recordings.ABSENT)


@cache
def _feeds_of(game: str) -> dict[str, bytes]:
    """The recorded feeds of a game by revision."""
    return {revision(each.json): each.body for each in SNAPSHOTS if _game(each) == game}


def _game(recording: Recording) -> str:
    return recording.url.split("/")[4]


PATCHES = [
    pytest.param(each, id=each.file.name.removesuffix(".json.gz"))
    for each in recordings.of(recordings.DIFF_PATCH)
    if each.start_timecode in _feeds_of(_game(each))  # one starts from a feed that is not recorded
]


@pytest.mark.parametrize("recording", PATCHES)
def test_a_recorded_patch_leads_to_the_recorded_states(recording: Recording) -> None:
    feeds = _feeds_of(_game(recording))
    document = read(feeds[str(recording.start_timecode)])
    for envelope in read(recording.body):
        document = patched(document, [envelope], REVISION)
        state = read(feeds[revision(document)])
        assert document == state
        assert canonical_sha256(document) == canonical_sha256(state)
        without_copyright = {name: value for name, value in state.items() if name != "copyright"}
        assert canonical_sha256(without_copyright) == canonical_sha256(document)
    at_once = patched(read(feeds[str(recording.start_timecode)]), read(recording.body), REVISION)
    assert canonical_sha256(at_once) == canonical_sha256(document)


@pytest.mark.parametrize("recording", PATCHES)
def test_a_recorded_patch_fits_no_later_state_of_its_game(recording: Recording) -> None:
    answer = read(recording.body)
    later = [feed for stamp, feed in _feeds_of(_game(recording)).items() if stamp > str(recording.start_timecode)]
    for feed in later if answer else ():  # one has nothing new
        with pytest.raises(MisfitError, match="envelope"):
            patched(read(feed), answer, REVISION)


def test_a_whole_feed_in_the_place_of_a_patch_is_told_by_its_type() -> None:
    fallbacks = [read(each.body) for each in SNAPSHOTS if "fullfallback" in each.file.name]
    assert fallbacks
    for feed in fallbacks:
        assert isinstance(feed, dict)
        assert "copyright" not in feed
        with pytest.raises(MisfitError, match="no list of envelopes"):
            patched({}, feed, REVISION)


def _with_point(text: str) -> float:
    return float(text)


def _without_point(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


@pytest.mark.parametrize("spelled", [_with_point, _without_point])
def test_the_hash_does_not_tell_apart_how_a_recorded_number_is_spelled(spelled: Callable[[str], float]) -> None:
    """Game 823717 has 319 in the patch of 19:14:05 and 319.0 in the feed of 19:14:58 for the distance of one hit."""
    for recording in SNAPSHOTS[:3]:
        other: Any = json.loads(recording.body, parse_float=spelled)
        assert canonical_sha256(other) == canonical_sha256(read(recording.body))
