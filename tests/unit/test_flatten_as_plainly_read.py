"""The generated walk against the plain reading of a mapping, whatever stands in a response: a property test."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import recordings
from tests.plain_flatten import Refused, plain_rows
from tests.unit.test_flatten import MAPPING, capture

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.places import Place, places
from mlb_data_platform.transform.flatten import Flattener
from mlb_data_platform.transform.raw_rows import RawRow

pytestmark = pytest.mark.unmeasured

FLATTENER = Flattener(MAPPING)
LIVE = Flattener(load_mapping("game.live_game_v1"))
SINGLE = st.sampled_from([None, "", "x", "901", 'say "so"', "é\n", "[", "{}", 0, 7, -3, 7.0, 7.5, 1e-7])
MORE = st.sampled_from([True, False, [], {}, [1], {"a": 1}])


def response(place: Place) -> st.SearchStrategy[Any]:
    """Anything that can stand at a place and below: members that are null or missing, arrays and maps of any length."""
    if place.elements is not None:
        return st.none() | st.lists(response(place.elements), max_size=3)
    if place.values is not None:
        return st.none() | st.dictionaries(st.sampled_from(["ID1", "ID2", "x"]), response(place.values))
    if place.members:
        members = {name: response(child) for name, child in place.members.items()}
        return st.none() | st.fixed_dictionaries({}, optional=members)
    return SINGLE if place.types == {"double precision"} else st.one_of(SINGLE, SINGLE, SINGLE, MORE)


def flattened(flattener: Flattener, body: bytes, game_pk: int) -> dict[str, list[list[Any]]]:
    """The rows of each table that has any, as plain_rows gives them."""
    return flattened_of(flattener, capture(body, game_pk))


def flattened_of(flattener: Flattener, row: RawRow) -> dict[str, list[list[Any]]]:
    """The same of any capture."""
    rows = flattener.flatten(row).lines
    return {
        table: [json.loads(f"[{line}]") for each in rows[table] for line in each.text.decode().split("\n")]
        for table in flattener.mapping.tables
        if table in rows
    }


def spelled(rows: dict[str, list[list[Any]]]) -> str:
    """As text, which tells 1 from 1.0 and from true."""
    return json.dumps(rows)


@given(response(places(MAPPING)).filter(bool))
@settings(max_examples=400, deadline=None)
def test_any_response_becomes_the_rows_that_are_read_plainly(feed: dict[str, Any]) -> None:
    feed |= {"gamePk": 7, "status": {**(feed.get("status") or {}), "original": "2018-07-01"}}  # what MAPPING requires
    body = json.dumps(feed).encode()
    try:
        expected = plain_rows(MAPPING, body, {})
    except Refused:
        with pytest.raises(BadInputError, match="expected, found"):
            FLATTENER.flatten(capture(body))
    else:
        assert spelled(flattened(FLATTENER, body, 7)) == spelled(expected)


@pytest.mark.recordings
@pytest.mark.parametrize("recording", recordings.parameters(recordings.LIVE_FEED))
def test_a_recorded_feed_becomes_the_rows_that_are_read_plainly(recording: recordings.Recording) -> None:
    found = flattened(LIVE, recording.body, recording.json["gamePk"])
    assert spelled(found) == spelled(plain_rows(LIVE.mapping, recording.body, {}))
