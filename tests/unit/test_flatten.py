"""The flatten function, on a small mapping of its own: what it must do for any endpoint."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.simulated_api import ask

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Ignored, Mapping, Table
from mlb_data_platform.storage.stored_body import PlainBody
from mlb_data_platform.storage.tables import Rows, copy_columns
from mlb_data_platform.transform.flatten import Flattener
from mlb_data_platform.transform.raw_rows import RawRow

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
                    "kind": {"type": "text", "path": "type.code"},
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
            "records": {
                "description": "An array in an array of the same name, values of every type.",
                "rows": "$.groups[*].records[*].records[*]",
                "where": [
                    {"path": "type", "in": ["home", "away"]},
                    {"any": [{"path": "$.status.official", "present": True}, {"path": "streak", "equals": "W1"}]},
                ],
                "key": ["team_index", "record_index"],
                "columns": {
                    "team_index": {"type": "integer", "position": "$.groups[*].records"},
                    "record_index": {"type": "integer", "position": "$.groups[*].records[*].records"},
                    "team": {"type": "text", "of": "$.groups[*].records", "path": "team"},
                    "pct": {"type": "numeric", "path": ["pct", "streak"], "null_if": [".---", "W1"]},
                    "tags": {"type": "text[]", "path": "tags"},
                    "ranks": {"type": "integer[]", "path": "ranks", "null_if": ["-"]},
                    "more": {"type": "jsonb", "path": "more"},
                },
            },
            "entries": {
                "description": "Elements that are kept whole.",
                "rows": "$.entries[*]",
                "key": ["ordinal"],
                "columns": {
                    "ordinal": {"type": "integer", "position": "$.entries"},
                    "entry": {"type": "jsonb", "path": "@"},
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


def capture(body: bytes, game_pk: int = 7, **parameters: Any) -> RawRow:
    return RawRow(
        raw_id=3,
        captured_at=datetime(2026, 4, 20, tzinfo=UTC),
        valid_from=datetime(2026, 4, 19, tzinfo=UTC),
        content_sha256="ab",
        source_url="http://api/feed/7",
        parameters=parameters,
        natural_key={"game_pk": game_pk},
        body=PlainBody(body),
    )


def rows(feed: Any, table: str, **parameters: Any) -> list[list[str]]:
    """The rows of one table as COPY fields, in the mapping's order, without the stamp of the capture."""
    flattened = Flattener(MAPPING).flatten(capture(json.dumps(feed).encode(), **parameters))
    return [[row[name] for name in MAPPING.columns(table)] for row in copied(flattened, table)]


def copied(rows: Rows, table: str, mapping: Mapping = MAPPING) -> list[dict[str, str]]:
    """The rows of one table as COPY reads them: CSV in which a backslash escapes."""
    text = b"".join(lines.copy_text() for lines in rows.lines.get(table, [])).decode()
    lines = csv.reader(io.StringIO(text, newline=""), escapechar="\\", doublequote=False)
    return [dict(zip(copy_columns(mapping, table), line, strict=True)) for line in lines]


def test_the_first_path_with_a_value_gives_the_column() -> None:
    assert rows(FEED, "games") == [["7", "2018-07-01", "1"]]


def test_a_parameter_of_the_request_can_be_a_column() -> None:
    assert rows(FEED, "games", sportId=11)[0][2] == "11"


def test_elements_are_split_by_condition_and_keep_their_positions() -> None:
    assert rows(FEED, "pitches") == [["7", "0", "0", "A", "90", "5"], ["7", "1", "1", "B", "null", "null"]]
    assert rows(FEED, "actions") == [["7", "0", "1", "no key isPitch"], ["7", "1", "0", "null"]]


def test_an_object_that_is_null_has_columns_that_are_null() -> None:
    feed = {**FEED, "status": {**FEED["status"]}, "plays": [None, {"events": [None, {"isPitch": True, "data": None}]}]}
    assert rows(feed, "pitches") == [["7", "1", "1", "null", "null", "null"]]
    assert rows({**FEED, "teams": None, "plays": None, "info": None}, "games") == rows(FEED, "games")
    assert rows({**FEED, "teams": {"home": None, "away": {"players": {"ID1": None}}}}, "lineup") == []


def test_an_empty_object_is_no_row() -> None:
    assert rows(FEED, "hits") == [["7", "0", "0", "12.5", "null"]]


def test_an_object_that_holds_an_empty_object_is_a_row() -> None:
    feed = {**FEED, "plays": [{"events": [{"hit": {"type": {}}}, {"hit": {"angle": None}}]}]}
    assert rows(feed, "hits") == [["7", "0", "0", "null", "null"]]


def test_keys_of_maps_and_parts_of_numbers() -> None:
    assert rows(FEED, "lineup") == [["7", "home", "9", "1", "ID1"], ["7", "away", "1", "0", "ID3"]]


@pytest.mark.parametrize("order", ["first", "9.5"])
def test_a_part_of_what_is_no_number_is_refused(order: str) -> None:
    feed = {**FEED, "teams": {"home": {"players": {"ID1": {"order": order}}}}}
    with pytest.raises(BadInputError, match=f"order: a whole number was expected, found '{order}'"):
        rows(feed, "lineup")


def test_several_places_fill_one_table_and_text_is_escaped_for_copy() -> None:
    assert rows(FEED, "notes") == [
        ["7", "info", "0", "one"],
        ["7", "info", "1", "tab\there"],
        ["7", "info", "2", "back\\slash"],
        ["7", "extra", "1", "line\nbreak"],
    ]


def test_rows_carry_their_capture_and_the_version_table_its_content() -> None:
    flattened = Flattener(MAPPING).flatten(capture(json.dumps(FEED).encode()))
    began, seen = "2026-04-19T00:00:00+00:00", "2026-04-20T00:00:00+00:00"
    content = {"content_sha256": "ab", "mapping_sha256": MAPPING.sha256}
    version_stamp = {"captured_at": seen, "raw_id": "3", **content, "valid_from": began}
    assert copied(flattened, "games")[0].items() >= version_stamp.items()
    assert copied(flattened, "hits")[0].items() >= {"captured_at": began, "raw_id": "3"}.items()


def unseen(body: bytes | dict[str, Any], *, refused: bool = False) -> set[str]:
    """The paths that a process learns of one feed, `refused` or not."""
    flattener = Flattener(MAPPING)
    with pytest.raises(BadInputError) if refused else nullcontext():
        flattener.flatten(capture(body if isinstance(body, bytes) else json.dumps(body).encode()))
    return flattener.take_unseen()


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
    assert unseen(feed) == {"$.plays[*].events[*].odd", "$.teams.home.players.*.odd"}


def test_what_stands_below_an_ignored_path_is_not_unseen_though_something_there_is_read() -> None:
    ignored = [*MAPPING.ignore, Ignored(path="$.plays", reason="most of it is of no use")]
    flattener = Flattener(MAPPING.model_copy(update={"ignore": ignored}))
    plays = [{**FEED["plays"][0], "odd": 1}, *FEED["plays"][1:]]
    rows = flattener.flatten(capture(json.dumps({**FEED, "plays": plays}).encode()))
    assert rows == Flattener(MAPPING).flatten(capture(json.dumps(FEED).encode()))
    assert flattener.take_unseen() == set()


@pytest.mark.parametrize(
    "feed",
    [
        {"gamePk": 7, "status": {"official": "x"}, "new": 1, "info": {"not": "an array"}},
        {"gamePk": 8, "status": {"official": "x"}, "new": 1},
        {"gamePk": 7, "new": 1},
        {"gamePk": 7, "status": {"official": {"no": "date"}}, "new": 1},
    ],
    ids=["not shaped", "another game", "without a required path", "no single value"],
)
def test_an_unseen_path_of_a_refused_response_is_reported(feed: dict[str, Any]) -> None:
    assert unseen(feed, refused=True) == {"$.new"}
    in_parts = {**feed, "plays": [{"odd": 1}, {"events": [{"odd": 2}]}]}
    assert unseen(in_parts, refused=True) == {"$.new", "$.plays[*].odd", "$.plays[*].events[*].odd"}


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("line\nbreak", "$['line\\nbreak']"),
        ("a.b", "$['a.b']"),
        ("a[0]", "$['a[0]']"),
        ("`tick`", "$.`tick`"),
        ('say "so"', "$['say \"so\"']"),
        ("it's", "$['it\\'s']"),
        ("back\\slash", "$['back\\\\slash']"),
        ("\0", "$['\\u0000']"),
        ("", "$['']"),
        ("plays - at `$.plays`", "$['plays - at `$.plays`']"),
        ("__class__", "$.__class__"),
        ("k" * 10_000, f"$.{'k' * 200}…"),
    ],
)
def test_an_unseen_key_of_any_spelling_breaks_nothing(key: str, path: str) -> None:
    assert unseen({**FEED, key: 1}) == {path}
    assert rows({**FEED, key: 1}, "games") == rows(FEED, "games")


def test_keys_that_would_be_the_same_attribute_are_told_apart() -> None:
    assert unseen({**FEED, "-": 1, "key_2d": 2}) == {"$.-", "$.key_2d"}


def test_so_many_unseen_keys_that_they_are_data_break_nothing() -> None:
    flattener = Flattener(MAPPING)
    for start in (0, 100_000):
        body = json.dumps({**FEED, **{f"key {number}": 1 for number in range(start, start + 100_000)}}).encode()
        assert flattener.flatten(capture(body)).count["games"] == 1
    assert len(flattener.take_unseen()) == 1000


@pytest.mark.parametrize("depth", [200, 100_000])
@pytest.mark.parametrize("at", ["new", "info", "status"])
def test_what_is_nested_without_end_is_no_crash(at: str, depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    body = json.dumps(FEED | {at: "NESTED"}).encode().replace(b'"NESTED"', nested)
    with suppress(BadInputError):
        Flattener(MAPPING).flatten(capture(body))


def test_a_number_that_nothing_holds_is_no_crash_where_it_is_ignored() -> None:
    body = json.dumps(FEED | {"new": "NUMBER"}).encode().replace(b'"NUMBER"', b"1e999")
    assert unseen(body) == {"$.new"}


@pytest.mark.parametrize(
    ("feed", "reason"),
    [
        (b"<html>", "not JSON"),
        (b'{"gamePk": 7', "not JSON"),
        (b"[]", "not shaped as game.feed says"),
        (b'{"gamePk": 7, "status": {}}', "has no $.status"),
        (b'{"gamePk": 8, "status": {"official": "x"}}', "is of game_pk 8, asked for was 7"),
        (b'{"gamePk": 7, "status": {"official": {"a": 1}}}', "games.official_date: a single value was expected"),
        (b'{"gamePk": 7, "status": null}', "has no $.status"),
        (b'{"gamePk": 7, "status": {"official": "x"}, "plays": [null, {"events": 5}]}', "at `$.plays[1].events`"),
        (b'{"gamePk": 7, "status": {"official": "x"}, "plays": [5]}', "at `$.plays[0]`"),
    ],
)
def test_a_response_that_is_not_what_the_mapping_says_is_refused(feed: bytes, reason: str) -> None:
    with pytest.raises(BadInputError) as error:
        Flattener(MAPPING).flatten(capture(feed))
    assert reason in str(error.value)


LISTING = Mapping.model_validate(
    {
        "endpoint": "person",
        "method": "people",
        "schema_version": 1,
        "description": "People of one team, by date.",
        "request": {"path": "/people"},
        "natural_key": {
            "team": {"type": "text", "parameter": "team", "path": "$.people[*].teams.*.id"},
            "day": {"type": "text", "parameter": "day", "path": "$.sides['home','away'].day"},
        },
        "require": ["$.people[*].id", "$.sides['home','away'].id"],
        "version_table": "people",
        "tables": {
            "people": {
                "description": "People.",
                "rows": "$.people[*]",
                "key": ["person"],
                "columns": {"person": {"type": "integer", "path": "id"}},
            }
        },
    }
)
LISTED: dict[str, Any] = {
    "people": [{"id": 1, "teams": {"A": {"id": 5}}}, {"id": 2, "teams": {}}],
    "sides": {"home": {"id": 3, "day": "d"}},
}


NAMED = LISTING.model_copy(
    update={
        "require": [],
        "tables": {
            "people": Table.model_validate(
                {
                    "description": "People, whose columns are all plain.",
                    "rows": "$.people[*]",
                    "columns": {
                        "person": {"type": "integer", "path": "id"},
                        "name": {"type": "text", "path": "name"},
                        "age": {"type": "integer", "path": "age"},
                    },
                }
            )
        },
    }
)


@pytest.mark.parametrize(
    ("change", "team", "reason"),
    [
        ({}, "5", None),
        ({}, None, None),
        ({"people": [{"id": 1}]}, "6", None),
        ({}, "6", "is of team 5, asked for was 6"),
        ({"people": []}, "5", "has no $.people[*].id"),
        ({"people": [{"id": 1}, {}]}, "5", "has no $.people[*].id"),
        ({"people": [{"id": {}}]}, "5", "has no $.people[*].id"),
        ({"people": [{"id": 1, "teams": {"A": {"id": 5.0}}}]}, "5", None),
        ({"sides": {}}, "5", "has no $.sides['home','away'].id"),
        ({"sides": {"away": {"day": "d"}, "home": {"id": 3}}}, "5", "has no $.sides['home','away'].id"),
        ({"sides": {"away": {"id": 3, "day": "e"}}}, "5", "is of day e, asked for was d"),
        ({"sides": {"away": {"id": 3}}}, "5", "is of day nothing, asked for was d"),
    ],
)
def test_required_paths_and_natural_keys_may_go_through_arrays_and_maps(
    change: dict[str, Any], team: str | None, reason: str | None
) -> None:
    asked = replace(capture(json.dumps({**LISTED, **change}).encode()), natural_key={"team": team, "day": "d"})
    with pytest.raises(BadInputError, match=re.escape(reason)) if reason else nullcontext():
        assert Flattener(LISTING).flatten(asked).count["people"]


@pytest.mark.parametrize(
    ("person", "line"),
    [
        ({"id": "", "name": "x", "age": 2}, b'null,"x",2'),
        ({"id": 1, "name": "", "age": 2}, b'1,"",2'),
        ({"id": 1, "name": "6' 1\"", "age": ""}, b'1,"6\' 1\\"",null'),
    ],
    ids=["first", "text", "last"],
)
def test_an_empty_text_is_no_number_wherever_it_stands_in_its_row(person: dict[str, Any], line: bytes) -> None:
    body = json.dumps({"people": [person]}).encode()
    flattened = Flattener(NAMED).flatten(replace(capture(body), natural_key={"team": None, "day": None}))
    assert [each.text for each in flattened.lines["people"]] == [line]


def test_a_response_that_is_null_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"not shaped as person\.people says"):
        Flattener(NAMED).flatten(replace(capture(b"null"), natural_key={"team": None, "day": None}))


def test_a_response_without_a_row_of_what_was_asked_for_is_refused() -> None:
    asked = replace(capture(b'{"seasons": []}'), natural_key={"sport_id": "1", "season": "2026"})
    with pytest.raises(BadInputError, match=r"no row of season\.seasons_normalized: nothing it was asked for is in it"):
        Flattener(load_mapping("season.seasons")).flatten(asked)


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ([{"date": "2026-07-04", "games": []}], None),
        ([], None),
        ([{"date": "2026-07-03", "games": []}], "is of schedule_date 2026-07-03, asked for was 2026-07-04"),
    ],
)
def test_a_schedule_is_of_the_date_that_was_asked_for(dates: list[Any], reason: str | None) -> None:
    mapping = load_mapping("schedule.schedule")
    body = json.dumps({"dates": dates}).encode()
    asked = replace(capture(body, date="2026-07-04"), natural_key={"schedule_date": "2026-07-04", "sport_id": "1"})
    with pytest.raises(BadInputError, match=reason) if reason else nullcontext():
        assert Flattener(mapping).flatten(asked).count == {"daily_summary": 1}


def test_simulated_seasons_load_through_their_mapping() -> None:
    body = json.dumps(ask("/api/v1/seasons/all", datetime(2026, 7, 4, tzinfo=UTC))).encode()
    at = datetime(2026, 7, 4, tzinfo=UTC)
    capture = RawRow(1, at, at, "0" * 64, "", {"sportId": 1}, {}, PlainBody(body))
    flattener = Flattener(load_mapping("season.seasons"))
    assert flattener.flatten(capture).count == {"seasons_normalized": 15}
    assert not flattener.take_unseen()
