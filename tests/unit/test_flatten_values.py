"""The flatten function: what becomes of the values of a response, and which elements become rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.test_flatten import FEED, MAPPING, capture, copied, rows, unseen

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.coverage import unaccounted
from mlb_data_platform.mapping.models import Table
from mlb_data_platform.transform.flatten import Flattener

RECORD = {"type": "home", "streak": "W1"}


def records(*found: dict[str, Any], **more: Any) -> list[list[str]]:
    """The rows of these records, of the second group's third team."""
    return rows({**FEED, "groups": [{}, {"records": [{}, {}, {"team": "C", "records": found}]}], **more}, "records")


def test_arrays_of_one_name_are_told_apart_by_their_paths() -> None:
    assert [row[1:4] for row in records({}, RECORD, RECORD)] == [["2", "1", "C"], ["2", "2", "C"]]


def test_a_text_that_says_that_there_is_no_value_is_none() -> None:
    given = [{"pct": ".---"}, {"pct": ".512"}, {"pct": ".---", "streak": "L2"}, {"pct": 5.10}, {"pct": ""}]
    found = records(*(RECORD | each for each in given), status={"official": "2018-07-01"})
    assert [row[4] for row in found] == ["null", ".512", "L2", "5.1", "null"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["a", 'say "so"', "back\\slash", "line\nbreak"], '{"a","say \\"so\\"","back\\\\slash","line\nbreak"}'),
        (["", None, 1, True, 2.5], '{"",NULL,"1","true","2.5"}'),
        ([], "{}"),
        (None, "null"),
        ("", "null"),
    ],
)
def test_an_array_of_values_becomes_one_of_postgresql(value: Any, text: str) -> None:
    assert records({**RECORD, "tags": value})[0][5] == text


@pytest.mark.parametrize("value", ["x", 5, {"a": 1}, [[1]], [{"a": 1}]])
def test_what_is_no_array_of_values_is_refused(value: Any) -> None:
    with pytest.raises(BadInputError, match="tags: a list of single values was expected, found"):
        records({**RECORD, "tags": value})


def test_a_sentinel_may_stand_for_an_array() -> None:
    assert [row[6] for row in records({**RECORD, "ranks": "-"}, {**RECORD, "ranks": [3, None]})] == [
        "null",
        '{"3",NULL}',
    ]


@pytest.mark.parametrize("value", [{"a": [1.10, {"b": None}], "c": 'é "\n'}, [], {}, "text", 5, False])
def test_a_subtree_is_kept_as_it_is(value: Any) -> None:
    assert json.loads(records({**RECORD, "more": value})[0][7]) == value
    assert rows({**FEED, "entries": [value]}, "entries") == [["7", "0", json.dumps(value)]]


def test_what_is_null_is_no_subtree() -> None:
    assert [row[7] for row in records(RECORD, {**RECORD, "more": None})] == ["null", "null"]
    assert rows({**FEED, "entries": [None, 1]}, "entries") == [["7", "1", "1"]]


def test_all_that_stands_below_what_is_kept_is_known() -> None:
    record = {**RECORD, "more": {"any": {"odd key": [{"x": 1}]}}, "tags": ["a"]}
    feed = {**FEED, "groups": [{"records": [{"records": [record]}]}], "entries": [{"a": 1}]}
    assert unseen(feed) == set()
    assert unaccounted(MAPPING, feed) == unaccounted(MAPPING, FEED)


def test_rows_of_some_values_and_of_either_condition() -> None:
    other = {"type": "away", "streak": "L1"}
    assert len(records(RECORD, other, {"streak": "W1"}, {"type": ["home"]})) == 1
    assert len(records(RECORD, other, {"type": "all"}, status={"official": "2018-07-01"})) == 2


def test_all_of_a_response_can_be_kept() -> None:
    table = Table.model_validate(
        {"description": "All of it.", "rows": "$", "columns": {"document": {"type": "jsonb", "path": "$"}}}
    )
    whole = MAPPING.model_copy(update={"tables": {"games": table}, "common": {}, "require": [], "natural_key": {}})
    for document in ({"a": [1, {"b": None}]}, [1, 2]):
        body = json.dumps(document).encode()
        (row,) = copied(Flattener(whole).flatten(capture(body)), "games", whole)
        assert json.loads(row["document"]) == document
