"""Operations of RFC 6902, as jsonpatch applies them, and all or none of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import jsonpatch
import jsonpointer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlb_data_platform.documents.operations import UnfitError, apply

KEYS = st.sampled_from(["a", "b", "0", "1", "-", "", "~", "/", "01", "é"])
SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0, 2.5, "", "ab"])
VALUES = st.recursive(
    SCALARS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children, max_size=3),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)


def _pointers(node: Any, pointer: str = "") -> Iterator[str]:
    """The pointers to all that stands in a document, and to places where nothing does."""
    yield pointer
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in members:
        yield from _pointers(child, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
    yield from (f"{pointer}/{token}" for token in ("new", "-", "7", "00", "~2"))


@st.composite
def patches(draw: st.DrawFn) -> tuple[Any, list[Any]]:
    """Draw a document and operations on it, which mostly fit it."""
    document = draw(DOCUMENTS)
    pointers = st.sampled_from(list(_pointers(document)))
    operations = [
        {
            "op": draw(st.sampled_from(["add", "remove", "replace", "move", "copy", "test"])),
            "path": draw(pointers),
            "from": draw(pointers),
            "value": draw(VALUES),
        }
        for _ in range(draw(st.integers(1, 4)))
    ]
    return document, operations


@settings(max_examples=300)
@given(patches())
def test_operations_do_what_they_do_by_jsonpatch(drawn: tuple[Any, list[Any]]) -> None:
    document, operations = drawn
    before = deepcopy(document)
    try:
        expected = jsonpatch.apply_patch(document, operations)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
        expected = None
    given_operations = deepcopy(operations)
    if isinstance(expected, dict):
        found = apply(document, operations)
        assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)
    else:
        with pytest.raises(UnfitError, match=r"operation \d of \d \(\w+ .*\): "):
            apply(document, operations)
        assert json.dumps(document, sort_keys=True) == json.dumps(before, sort_keys=True)
    assert operations == given_operations


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (
            {"op": "replace", "path": "/plays/3/event", "value": 1},
            r"\(replace /plays/3/event\): .* at .3. in it",
        ),
        ({"op": "remove", "path": "/score"}, "nothing stands there"),
        ({"op": "add", "path": "/plays/9", "value": 1}, "the array there has only 1 elements"),
        ({"op": "add", "path": "/plays/01", "value": 1}, "'01' is no index of an array"),
        ({"op": "add", "path": "/plays/٣", "value": 1}, "is no index of an array"),
        ({"op": "add", "path": "/plays/" + "9" * 5000, "value": 1}, "is no index of an array"),
        ({"op": "add", "path": "plays", "value": 1}, "'path' is no JSON pointer"),
        ({"op": "add", "path": "/name/first", "value": 1}, "neither object nor array"),
        ({"op": "add", "path": "/a"}, "it has no 'value'"),
        ({"op": "copy", "path": "/a"}, "'from' is no JSON pointer"),
        ({"op": "move", "from": "/plays", "path": "/plays/0"}, "cannot be moved into itself"),
        ({"op": "test", "path": "/name", "value": "other"}, "the value there is another one"),
        ({"op": "remove", "path": ""}, "it leaves no object"),
        ({"op": "append", "path": "/name", "value": ""}, "is none of add, remove, replace, move, copy, test"),
        ({"op": ["add"], "path": "/name", "value": ""}, "is none of"),
        ("add", "is none of"),
    ],
)
def test_what_does_not_fit_is_told(operation: Any, reason: str) -> None:
    document = {"name": "x", "plays": [{"event": "Walk"}]}
    with pytest.raises(UnfitError, match=f"operation 2 of 2.*{reason}"):
        apply(document, [{"op": "add", "path": "/plays/0/rbi", "value": 1}, operation])
    assert document == {"name": "x", "plays": [{"event": "Walk"}]}


def test_a_value_that_is_nested_too_deep_changes_nothing() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    document = {"a": 1}
    with pytest.raises(UnfitError, match="operation 2 of 2"):
        apply(document, [{"op": "remove", "path": "/a"}, {"op": "add", "path": "/b", "value": value}])
    assert document == {"a": 1}
