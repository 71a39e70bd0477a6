"""Endpoints that nobody has: what their mappings say is what happens, without PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests import invented_endpoints
from tests.invented_endpoints import EVALUATIONS, SQUAD, Endpoint
from tests.plain_flatten import plain_rows
from tests.unit.test_flatten_as_plainly_read import flattened_of, spelled

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest.requests import ApiRequest
from mlb_data_platform.ingest.validate import validate
from mlb_data_platform.mapping.coverage import unaccounted
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.statsapi.client import MixedUpError, Response
from mlb_data_platform.storage.capture import natural_key
from mlb_data_platform.storage.stored_body import PlainBody
from mlb_data_platform.transform.flatten import Flattener
from mlb_data_platform.transform.raw_rows import RawRow


def capture(mapping: Mapping, parameters: dict[str, Any], response: Any) -> RawRow:
    """A capture of one response."""
    body, key = json.dumps(response).encode(), natural_key(mapping, parameters)
    at = datetime(2026, 7, 4, tzinfo=UTC)
    return RawRow(1, at, at, "ab", "http://api/x", parameters, key, PlainBody(body))


def checked(mapping: Mapping, parameters: dict[str, Any], response: Any) -> None:
    """Check a response as ingest does."""
    answer = Response("http://api/x", 200, datetime.now(UTC), json.dumps(response).encode())
    validate(ApiRequest(mapping, parameters, "/x"), answer)


@pytest.mark.parametrize("endpoint", invented_endpoints.ALL, ids=lambda endpoint: endpoint.name)
def test_a_response_becomes_the_rows_that_are_read_plainly(endpoint: Endpoint, tmp_path: Path) -> None:
    mapping = endpoint.mapping(tmp_path)
    checked(mapping, endpoint.parameters, endpoint.response)
    found = flattened_of(Flattener(mapping), capture(mapping, endpoint.parameters, endpoint.response))
    expected = plain_rows(mapping, json.dumps(endpoint.response).encode(), endpoint.parameters)
    assert spelled(found) == spelled(expected)
    assert {table: len(rows) for table, rows in found.items()} == {
        table: len(rows) for table, rows in endpoint.rows.items()
    }
    assert unaccounted(mapping, endpoint.response) == set()


@pytest.mark.parametrize(
    ("response", "checking", "flattening"),
    [
        ({}, "JSON, but not an array", "Expected `array`, got `object`"),
        (None, "JSON, but not an array", "Expected `array`, got `null`"),
        ([{"moveIndex": 0}, {}], r"\$\[\*\]\.moveIndex is missing", r"the response has no \$\[\*\]\.moveIndex"),
        ([None], r"\$\[\*\]\.moveIndex is missing", r"the response has no \$\[\*\]\.moveIndex"),
    ],
)
def test_what_is_to_be_an_array_is_one(tmp_path: Path, response: Any, checking: str, flattening: str) -> None:
    text = f'require: ["$[*].moveIndex"]\n{EVALUATIONS.text}'
    mapping = replace(EVALUATIONS, text=text).mapping(tmp_path)
    with pytest.raises(BadInputError, match=checking):
        checked(mapping, EVALUATIONS.parameters, response)
    with pytest.raises(BadInputError, match=flattening):
        Flattener(mapping).flatten(capture(mapping, EVALUATIONS.parameters, response))


def test_the_api_says_what_is_wrong_with_an_object_in_an_array_s_stead(tmp_path: Path) -> None:
    error = {"messageNumber": 10, "message": "Object not found"}
    with pytest.raises(BadInputError, match="the API says 'Object not found'"):
        checked(EVALUATIONS.mapping(tmp_path), EVALUATIONS.parameters, error)


def test_unseen_keys_of_an_array_s_elements_are_told(tmp_path: Path) -> None:
    mapping = EVALUATIONS.mapping(tmp_path)
    response = [*EVALUATIONS.response, {"moveIndex": 9, "odd": 1, "chance": {"draw": 1}}]
    flattener = Flattener(mapping)
    rows = flattener.flatten(capture(mapping, EVALUATIONS.parameters, response))
    assert rows.count == {"evaluated_matches": 1, "evaluated_moves": 3, "evaluated_lines": 2}
    assert flattener.take_unseen() == unaccounted(mapping, response) == {"$[*].odd", "$[*].chance.draw"}


def test_each_element_is_of_what_was_asked_for(tmp_path: Path) -> None:
    mapping = SQUAD.mapping(tmp_path)
    checked(mapping, SQUAD.parameters, {"squad": []})  # nobody: nothing there says whose it is
    for whose, named in (({"parentClubId": 8}, "8"), ({}, "nothing")):
        response = {"squad": [*SQUAD.response["squad"], {"person": {"id": 3}, **whose}]}
        with pytest.raises(MixedUpError, match=rf"asked for clubId 7, but \$\.squad\[\*\]\.parentClubId is {named}"):
            checked(mapping, SQUAD.parameters, response)
        with pytest.raises(BadInputError, match=f"the response is of club_id {named}, asked for was 7"):
            Flattener(mapping).flatten(capture(mapping, SQUAD.parameters, response))
