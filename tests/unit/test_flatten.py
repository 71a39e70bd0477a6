"""The flatten function, on a small mapping of its own: what it must do for any endpoint."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.staging import Rows, copy_columns
from mlb_data_platform.transform.flatten import Capture, Flattener

MAPPING = Mapping.model_validate(
    {
        "endpoint": "game",
        "method": "feed",
        "schema_version": 1,
        "description": "A feed in small.",
        "request": {"path": "/feed/{game_pk}"},
        "natural_key": {"game_pk": {"type": "bigint", "parameter": "game_pk", "path": "$.gamePk"}},
        "require": ["$.gamePk", "$.status"],
        "version_table": "games",
        "common": {"game_pk": {"type": "bigint", "path": "$.gamePk"}},
        "tables": {
            "games": {
                "description": "One row.",
                "rows": "$",
                "columns": {
                    "official_date": {"type": "date", "path": ["status.official", "status.original"]},
                    "sport_id": {"type": "integer", "parameter": "sportId", "default": 1},
                },
            },
            "pitches": {
                "description": "Pitches.",
                "rows": "$.plays[*].events[*]",
                "where": [{"path": "isPitch", "equals": True}],
                "key": ["play", "event"],
                "columns": {
                    "play": {"type": "integer", "position": "plays"},
                    "event": {"type": "integer", "position": "events"},
                    "batter": {"type": "text", "of": "plays", "path": "batter"},
                    "speed": {"type": "double precision", "path": "data.speed"},
                    "zone": {"type": "integer", "path": "data.zone"},
                },
            },
            "actions": {
                "description": "All other events.",
                "rows": "$.plays[*].events[*]",
                "where": [{"path": "isPitch", "differs": True}],
                "key": ["play", "event"],
                "columns": {
                    "play": {"type": "integer", "position": "plays"},
                    "event": {"type": "integer", "position": "events"},
                    "note": {"type": "text", "path": "note"},
                },
            },
            "hits": {
                "description": "Objects that hang on events.",
                "rows": "$.plays[*].events[*].hit",
                "key": ["play", "event"],
                "columns": {
                    "play": {"type": "integer", "position": "plays"},
                    "event": {"type": "integer", "position": "events"},
                    "angle": {"type": "double precision", "path": "angle"},
                },
            },
            "lineup": {
                "description": "Both sides' players.",
                "rows": "$.teams['home','away'].players.*",
                "where": [{"path": "order", "present": True}],
                "key": ["side", "slot", "sequence"],
                "columns": {
                    "side": {"type": "text", "member": "teams"},
                    "slot": {"type": "integer", "path": "order", "divide_by": 100},
                    "sequence": {"type": "integer", "path": "order", "modulo": 100},
                    "id_key": {"type": "text", "member": "players"},
                },
            },
            "notes": {
                "description": "Rows from two places.",
                "key": ["kind", "ordinal"],
                "columns": {
                    "kind": {"type": "text"},
                    "ordinal": {"type": "integer"},
                    "text": {"type": "text", "path": "@"},
                },
                "sources": [
                    {"rows": "$.info[*]", "columns": {"kind": {"value": "info"}, "ordinal": {"position": "info"}}},
                    {
                        "rows": "$.extra[*]",
                        "columns": {"kind": {"value": "extra"}, "ordinal": {"position": "extra", "plus": 1}},
                    },
                ],
            },
        },
        "ignore": [{"path": "$..link", "reason": "an address of the API"}],
    }
)

FEED: dict[str, Any] = {
    "gamePk": 7,
    "status": {"original": "2018-07-01", "link": "/x"},
    "plays": [
        {
            "batter": "A",
            "events": [
                {"isPitch": True, "data": {"speed": 90, "zone": 5.0}, "hit": {"angle": 12.5}},
                {"note": "no key isPitch"},
            ],
        },
        {"batter": "B", "events": [{"isPitch": False, "data": None, "hit": {}}, {"isPitch": True, "data": None}]},
    ],
    "teams": {
        "home": {"players": {"ID1": {"order": "901"}, "ID2": {}}},
        "away": {"players": {"ID3": {"order": "100"}}},
    },
    "info": ["one", "tab\there", "back\\slash"],
    "extra": ["line\nbreak"],
}


def capture(body: bytes, game_pk: int = 7, **parameters: Any) -> Capture:
    return Capture(
        raw_id=3,
        captured_at=datetime(2026, 4, 19, tzinfo=UTC),
        content_sha256="ab",
        source_url="http://api/feed/7",
        parameters=parameters,
        natural_key={"game_pk": game_pk},
        body=body,
    )


def rows(feed: Any, table: str, **parameters: Any) -> list[list[str]]:
    """The rows of one table as COPY fields, in the mapping's order, without the stamp of the capture."""
    flattened = Flattener(MAPPING).flatten(capture(json.dumps(feed).encode(), **parameters))
    return [[row[name] for name in MAPPING.columns(table)] for row in copied(flattened, table)]


def copied(rows: Rows, table: str) -> list[dict[str, str]]:
    """The rows of one table as COPY reads them: CSV in which a backslash escapes."""
    text = b"".join(lines.copy_text() for lines in rows.lines.get(table, [])).decode()
    lines = csv.reader(io.StringIO(text, newline=""), escapechar="\\", doublequote=False)
    return [dict(zip(copy_columns(MAPPING, table), line, strict=True)) for line in lines]


def test_the_first_path_with_a_value_gives_the_column() -> None:
    assert rows(FEED, "games") == [["7", "2018-07-01", "1"]]


def test_a_parameter_of_the_request_can_be_a_column() -> None:
    assert rows(FEED, "games", sportId=11)[0][2] == "11"


def test_elements_are_split_by_condition_and_keep_their_positions() -> None:
    assert rows(FEED, "pitches") == [["7", "0", "0", "A", "90.0", "5"], ["7", "1", "1", "B", "null", "null"]]
    assert rows(FEED, "actions") == [["7", "0", "1", "no key isPitch"], ["7", "1", "0", "null"]]


def test_an_empty_object_is_no_row() -> None:
    assert rows(FEED, "hits") == [["7", "0", "0", "12.5"]]


def test_keys_of_maps_and_parts_of_numbers() -> None:
    assert rows(FEED, "lineup") == [["7", "home", "9", "1", "ID1"], ["7", "away", "1", "0", "ID3"]]


def test_several_places_fill_one_table_and_text_is_escaped_for_copy() -> None:
    assert rows(FEED, "notes") == [
        ["7", "info", "0", "one"],
        ["7", "info", "1", "tab\there"],
        ["7", "info", "2", "back\\slash"],
        ["7", "extra", "1", "line\nbreak"],
    ]


def test_rows_carry_their_capture_and_the_version_table_its_content() -> None:
    flattened = Flattener(MAPPING).flatten(capture(json.dumps(FEED).encode()))
    stamp = {"captured_at": "2026-04-19T00:00:00+00:00", "raw_id": "3"}
    assert (
        copied(flattened, "games")[0].items()
        >= {**stamp, "content_sha256": "ab", "mapping_sha256": MAPPING.sha256}.items()
    )
    assert copied(flattened, "hits")[0].items() >= stamp.items()


def test_an_unseen_path_is_reported_once_and_breaks_nothing() -> None:
    flattener = Flattener(MAPPING)
    feed = {**FEED, "new": {"thing": 1}, "status": {**FEED["status"], "later": 2}}
    body = json.dumps(feed).encode()
    first = flattener.flatten(capture(body))
    assert flattener.take_unseen() == {"$.new", "$.status.later"}
    flattener.flatten(capture(body))
    assert flattener.take_unseen() == set()
    assert first == Flattener(MAPPING).flatten(capture(json.dumps(FEED).encode()))


def test_an_unseen_key_inside_arrays_and_maps_has_a_path_without_positions() -> None:
    feed = json.loads(json.dumps(FEED))
    feed["plays"][1]["events"][0]["odd"] = 1
    feed["teams"]["home"]["players"]["ID1"]["odd"] = {}
    flattener = Flattener(MAPPING)
    flattener.flatten(capture(json.dumps(feed).encode()))
    assert flattener.take_unseen() == {
        "$.plays[*].events[*].odd",
        "$.teams.home.players.*.odd",
    }


@pytest.mark.parametrize(
    ("feed", "reason"),
    [
        (b"<html>", "not JSON"),
        (b'{"gamePk": 7', "not JSON"),
        (b"[]", "not shaped as game.feed says"),
        (b'{"gamePk": 7, "status": {}}', "has no $.status"),
        (b'{"gamePk": 8, "status": {"official": "x"}}', "is of game_pk 8, asked for was 7"),
        (b'{"gamePk": 7, "status": {"official": {"a": 1}}}', "games.official_date: a single value was expected"),
    ],
)
def test_a_response_that_is_not_what_the_mapping_says_is_refused(feed: bytes, reason: str) -> None:
    with pytest.raises(BadInputError) as error:
        Flattener(MAPPING).flatten(capture(feed))
    assert reason in str(error.value)
