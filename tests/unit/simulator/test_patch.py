"""Patches: strict RFC 6902, exactly from the one document to the other, with the copies and moves of the real ones."""

from __future__ import annotations

import copy
import json
import time
from collections import Counter
from typing import Any

import jsonpatch
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from statsapi_simulator.patch import diff

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.0, -0.0, 1.0, 2.5])
    | st.text("a/~1", max_size=2)
)
KEYS = st.text("ab/~01", max_size=2)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda children: st.lists(children, max_size=5) | st.dictionaries(KEYS, children, max_size=5),
    max_leaves=30,
)


def _exact(value: Any) -> str:
    """JSON as text: 1, 1.0 and true differ, the order of keys does not matter."""
    return json.dumps(value, sort_keys=True)


def _applied(old: Any, operations: list[dict[str, Any]]) -> Any:
    return jsonpatch.apply_patch(copy.deepcopy(old), copy.deepcopy(operations))


@given(DOCUMENTS, DOCUMENTS)
@example([[1, 2], {"a": 3}], [[2], {"a": 3, "b": 1}])
@example({"a": 1, "b": True, "c": 1.0}, {"a": True, "b": 1.0, "c": 1})
@example({"a": [], "b": [[5], 6]}, {"a": [[5]], "b": [6]})
def test_a_patch_leads_from_any_document_to_any_other(old: Any, new: Any) -> None:
    assert _exact(_applied(old, diff(old, new))) == _exact(new)


@st.composite
def _edited(draw: st.DrawFn) -> tuple[Any, Any]:
    """A document and the same with elements taken out of some arrays and put into others."""
    arrays = draw(st.lists(st.lists(DOCUMENTS, max_size=4), min_size=2, max_size=4))
    old = {"arrays": arrays, "object": draw(st.dictionaries(KEYS, DOCUMENTS, max_size=4))}
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 3))):
        places = [*new["arrays"], new["object"]]
        source, target = draw(st.sampled_from(places)), draw(st.sampled_from(places))
        if source:
            key = draw(st.sampled_from(sorted(source))) if isinstance(source, dict) else draw(_index(source, -1))
            value = source.pop(key)
            if isinstance(target, dict):
                target[draw(KEYS)] = value
            else:
                target.insert(draw(_index(target, 0)), value)
    return old, new


def _index(array: list[Any], last: int) -> st.SearchStrategy[int]:
    return st.integers(0, len(array) + last)


@pytest.mark.unmeasured
@given(_edited())
def test_a_patch_survives_what_moves_between_arrays(documents: tuple[Any, Any]) -> None:
    old, new = documents
    assert _exact(_applied(old, diff(old, new))) == _exact(new)


@given(DOCUMENTS)
def test_nothing_new_is_no_operation(document: Any) -> None:
    assert diff(document, copy.deepcopy(document)) == []


@pytest.mark.parametrize(
    ("old", "new", "operations"),
    [
        ({"a": 1}, {"a": 2}, [{"op": "replace", "path": "/a", "value": 2}]),
        ({"a": 1}, {"a": 1.0}, [{"op": "replace", "path": "/a", "value": 1.0}]),
        ({"a": 1}, {"a": True}, [{"op": "replace", "path": "/a", "value": True}]),
        ({"a/b~": 1}, {}, [{"op": "remove", "path": "/a~1b~0"}]),
        ([1, 3], [1, 2, 3], [{"op": "add", "path": "/1", "value": 2}]),
        ([1, 2, 3, 4], [1, 4], [{"op": "remove", "path": "/1"}, {"op": "remove", "path": "/1"}]),
        ([], {}, [{"op": "replace", "path": "", "value": {}}]),
        (
            {"batters": [4, 5], "bench": [7, 8]},
            {"batters": [4, 5, 7], "bench": [8]},
            [{"op": "move", "path": "/batters/2", "from": "/bench/0"}],
        ),
        (
            {"bench": [7, 8], "pitchers": [4, 5]},
            {"bench": [8], "pitchers": [4, 7, 5]},
            [{"op": "move", "path": "/pitchers/1", "from": "/bench/0"}],
        ),
        (
            {"isTop": True, "play": {"index": 6}},
            {"isTop": True, "play": {"index": 6, "isOut": True, "runs": [6]}},
            [
                {"op": "copy", "path": "/play/isOut", "from": "/isTop"},
                {"op": "add", "path": "/play/runs", "value": [6]},
            ],
        ),
    ],
)
def test_the_operations_are_the_ones_one_would_write(old: Any, new: Any, operations: list[dict[str, Any]]) -> None:
    assert diff(old, new) == operations


def test_a_copied_value_is_never_one_that_shifts() -> None:
    old = {"shifts": [[], 5], "new": {}}
    new = {"shifts": [5], "new": {"five": 5}}
    operations = diff(old, new)
    assert Counter(each["op"] for each in operations) == {"remove": 1, "add": 1}
    assert _applied(old, operations) == new


def test_one_pitch_in_a_whole_feed_is_found_within_30_ms() -> None:
    plays = [
        {
            "about": {"atBatIndex": n},
            "events": [{"index": m, "pitch": {str(k): k * 1.5 for k in range(40)}} for m in range(6)],
        }
        for n in range(80)
    ]
    old = {"plays": plays, "players": {f"ID{n}": {str(k): f"value {k}" for k in range(80)} for n in range(60)}}
    new = copy.deepcopy(old)
    new["plays"][-1]["events"].append({"index": 6, "pitch": {"0": 0.0}})  # type: ignore[index]
    started = time.perf_counter()
    operations = diff(old, new)
    elapsed = time.perf_counter() - started
    assert [each["path"] for each in operations] == ["/plays/79/events/6"]
    assert elapsed < 0.15, "measured 7 ms; the rest is what a busy machine may take"
