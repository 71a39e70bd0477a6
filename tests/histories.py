"""Random histories of a document, and answers of a patch endpoint: for tests of the documents of any moment."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from mlb_data_platform.documents.document import canonical_sha256
from statsapi_simulator.patch import diff

REVISION = "$.metaData.timeStamp"
Json = dict[str, Any]

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.0, 1.0, 2.5, 1e22])
    | st.text("a/~1", max_size=2)
)
_KEYS = st.text("ab/~0", max_size=2)
_VALUES = st.recursive(
    _SCALARS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_KEYS, children, max_size=3),
    max_leaves=8,
)


@st.composite
def histories(draw: st.DrawFn, *, most: int = 6) -> list[Json]:
    """Draw the states of a document, each of a later revision than the one before: plays come, change, go and move."""
    plays: list[Any] = draw(st.lists(_VALUES, max_size=3))
    states = []
    for number in range(draw(st.integers(2, most))):
        if number:
            plays = deepcopy(plays)
            _edit(draw, plays)
        states.append({"copyright": "nobody's", "metaData": {"timeStamp": f"20260702_0100{number:02}"}, "plays": plays})
    return states


def _edit(draw: st.DrawFn, plays: list[Any]) -> None:
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, len(plays)))
        match draw(st.sampled_from(["add", "edit", "remove", "move"])):
            case "edit" if place < len(plays):
                plays[place] = draw(_VALUES)
            case "remove" if place < len(plays):
                del plays[place]
            case "move" if place < len(plays):
                plays.append(plays.pop(place))
            case _:
                plays.insert(place, draw(_VALUES))


def revision(document: Json) -> str:
    """Return the revision of a document of a history."""
    return str(document["metaData"]["timeStamp"])


def answer(states: list[Json]) -> list[Json]:
    """Return the patch that leads from the first of these states to the last: one envelope for each in between."""
    return [{"diff": diff(old, new)} for old, new in pairwise(states)]


def ends(old: Json, new: Json) -> dict[str, str | None]:
    """Return what a raw row says of the patch that leads from `old` to `new`."""
    return {
        "start_timecode": revision(old),
        "base_sha256": canonical_sha256(old),
        "result_sha256": canonical_sha256(new),
    }
