"""`mlb-etl schema draft`: a first mapping that holds every path of the responses it is made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlb_data_platform.drafting.draft import draft
from mlb_data_platform.drafting.names import column_names, singular, snake_case
from mlb_data_platform.drafting.responses import DraftResponse, read_responses
from mlb_data_platform.drafting.shape import shape_of
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.load import all_jobs, load_job
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.coverage import unaccounted
from mlb_data_platform.mapping.load import all_mappings, load_mapping_file
from mlb_data_platform.mapping.models import Mapping

PARK = {
    "id": 7,
    "name": "The Park",
    "link": "/api/v1/parks/7",
    "location": {"city": "Town", "defaultCoordinates": {"latitude": 1.5}},
    "opened": "1999-04-08",
    "active": True,
    "fields": [{"number": 1, "surface": "Grass"}, {"number": 2, "surface": None}],
    "tags": ["old", "small"],
    "gates": {"ID3": {"name": "North"}, "ID4": {"name": "South"}},
    "dugouts": {"home": {"seats": 30}, "away": {"seats": 28}},
    "note": None,
    "nothing": [],
}
PARKS = DraftResponse(
    {"copyright": "…", "parks": [PARK, {"id": 8, "name": "Other"}]},
    "/api/v1/parks",
    {"parkIds": "7,8", "season": "2026"},
)


def drafted(folder: Path, name: str, *responses: DraftResponse, **pruned: str) -> tuple[Mapping, Job]:
    """The mapping and the job of a draft, as they load from where they would be written."""
    files = draft(name, responses, dict(pruned), all_mappings(), all_jobs())
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    mapping, job, _ = files
    return load_mapping_file(folder / mapping), load_job(folder / job)


def columns(mapping: Mapping, table: str) -> dict[str, str]:
    return {name: column.type for name, column in mapping.columns(table).items()}


def test_a_draft_loads_and_accounts_for_every_path(tmp_path: Path) -> None:
    mapping, _ = drafted(tmp_path, "park.parks", PARKS)
    assert unaccounted(mapping, PARKS.document) == set()
    assert {path.path for path in mapping.ignore} == {"$..copyright", "$..link", "$.parks[*].nothing"}


def test_arrays_maps_and_sides_become_tables_with_the_keys_of_their_parents(tmp_path: Path) -> None:
    mapping, _ = drafted(tmp_path, "park.parks", PARKS)
    assert {name: mapping.key(name) for name in mapping.tables} == {
        "parks_normalized": ("season", "park_id"),  # parks is the raw table
        "park_fields": ("season", "park_id", "number"),
        "park_gates": ("season", "park_id", "gate_key"),
        "park_dugouts": ("season", "park_id", "side"),
    }
    assert mapping.version_table == "parks_normalized"


def test_columns_have_the_names_of_the_feed_and_the_types_of_all_responses(tmp_path: Path) -> None:
    heavier = DraftResponse({"parks": [{"id": 2**40, "name": 5, "location": {"defaultCoordinates": {"latitude": 2}}}]})
    mapping, _ = drafted(tmp_path, "park.parks", PARKS, DraftResponse(heavier.document, PARKS.path, PARKS.parameters))
    assert columns(mapping, "parks_normalized") == {
        "season": "integer",
        "park_id": "bigint",
        "name": "text",
        "city": "text",
        "latitude": "double precision",
        "opened": "date",
        "active": "boolean",
        "tags": "text[]",
        "note": "text",
    }


def test_what_is_pruned_is_ignored_with_its_reason(tmp_path: Path) -> None:
    mapping, _ = drafted(tmp_path, "park.parks", PARKS, **{"$.parks[*].location": "nobody wants to know"})
    assert "city" not in columns(mapping, "parks_normalized")
    assert {each.path: each.reason for each in mapping.ignore}["$.parks[*].location"] == "nobody wants to know"
    assert unaccounted(mapping, PARKS.document) == set()


def test_what_only_the_position_tells_apart_is_told_by_it(tmp_path: Path) -> None:
    twice = {"games": [{"gamePk": 1, "events": [{"text": "out"}, {"text": "out"}]}]}
    mapping, _ = drafted(tmp_path, "day.log", DraftResponse(twice, "/api/v1/log", {"date": "2026-07-08"}))
    assert mapping.key("game_events") == ("date", "game_pk", "event_index")


def test_the_catalogue_is_looked_up_and_what_repeats_the_question_is_checked(tmp_path: Path) -> None:
    response = DraftResponse(
        {"teamId": 7, "roster": [{"person": {"id": 1}}]}, "/api/v1/teams/7/roster", {"date": "2026-07-08"}
    )
    mapping, job = drafted(tmp_path, "team.roster", response)
    assert mapping.request.catalogue == "Team.roster" or mapping.request.path == "/api/v1/teams/{team_id}/roster"
    assert mapping.natural_key["team_id"].type == "bigint"
    assert job.each is not None
    assert job.each.key == {"team_id": ["home_team_id", "away_team_id"]}
    assert "{date}" in job.ingests[0].parameters.values()
    assert job.check.columns["team_id"] == "{team_id}"


def test_a_response_that_is_an_array_and_a_key_that_repeats_on_the_way(tmp_path: Path) -> None:
    plays = [{"atBatIndex": n, "events": [{"text": "x", "events": [{"code": "B"}, {"code": "B"}]}]} for n in (0, 1)]
    response = DraftResponse(plays, "/api/v1/game/7/log", {})
    mapping, _ = drafted(tmp_path, "game.log", response)
    assert mapping.tables["log_normalized"].rows == "$[*]"
    assert mapping.key("log_event_events") == ("game_id", "at_bat_index", "event_index", "index_1")
    assert mapping.tables["log_event_events"].columns["index_1"].position == "$[*].events[*].events"
    assert unaccounted(mapping, plays) == set()


def test_what_no_table_is_known_to_list_is_asked_for_as_it_was(tmp_path: Path) -> None:
    response = DraftResponse({"people": [{"id": 5}]}, "/api/v1/people", {"personIds": "5,6"})
    _, job = drafted(tmp_path, "person.person", response)
    assert job.each is None
    assert job.keys["person_id"].default == [5, 6]
    assert job.tasks["ingest"].argv == ["ingest", "mlb_person", "{keys}"]
    assert "`person_ids`" in job.doc
    assert job.check.columns == {"person_id": "{person_id}"}


def test_several_items_are_asked_for_together_where_the_question_was_so(tmp_path: Path) -> None:
    response = DraftResponse({"venues": [{"id": 1, "name": "A"}]}, "/api/v1/venues", {"venueIds": "1"})
    mapping, job = drafted(tmp_path, "venue.venues", response)
    assert mapping.unit == ("venue_id",)
    assert mapping.natural_key["venue_ids"].many == "venue_id"
    assert job.each is not None
    assert (job.each.key, job.each.batch) == ({"venue_id": "venue_id"}, 50)


def test_how_much_of_it_was_asked_for_is_asked_for_again(tmp_path: Path) -> None:
    asked = {"venueIds": "1,2", "hydrate": "location,timezone"}
    _, job = drafted(tmp_path, "venue.venues", DraftResponse({"venues": [{"id": 1}]}, "/api/v1/venues", asked))
    assert job.ingests[0].parameters == {"venueIds": "{venue_id}", "hydrate": "location,timezone"}
    assert job.each is not None
    assert job.each.if_none == "skip"


def test_who_asks_about_several_at_once_by_a_singular_name_asks_for_them_together(tmp_path: Path) -> None:
    asked = {"leagueId": "103,104", "season": "2026"}
    _, job = drafted(
        tmp_path, "attendance.leagues", DraftResponse({"records": [{"a": 1}]}, "/api/v1/attendance", asked)
    )
    assert job.ingests[0].parameters == {"leagueId": "103,104", "season": "{season}"}
    assert job.keys == {}


def test_what_every_request_says_names_no_item_of_a_date(tmp_path: Path) -> None:
    asked = {"sportId": "1", "season": "2026"}
    _, job = drafted(tmp_path, "team.teams", DraftResponse({"teams": [{"id": 1}]}, "/api/v1/teams", asked))
    assert job.each is None


@pytest.mark.parametrize(
    ("name", "responses", "problem"),
    [
        ("park", [PARKS], "is not like person.person"),
        ("park.parks", [DraftResponse({})], "give --url"),
        ("park.parks", [DraftResponse({}, "/api/v1/parks", {})], "nothing says what was asked for"),
        (
            "park.parks",
            [DraftResponse({}, "/api/v1/parks", {"a": "1"}), DraftResponse({}, "/api/v1/barns", {"a": "1"})],
            "not responses of one endpoint",
        ),
    ],
)
def test_what_no_draft_can_be_made_of_is_refused(name: str, responses: list[DraftResponse], problem: str) -> None:
    with pytest.raises(BadInputError, match=problem):
        draft(name, responses, {}, [], [])


def test_files_are_read_with_what_a_manifest_says_of_them(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.json").write_text('{"x": 1}')
    (tmp_path / "a" / "manifest.json").write_text(json.dumps([{"file": "one.json", "url": "/api/v1/x?y=2"}]))
    (tmp_path / "two.json").write_text('{"x": 2}')
    known = DraftResponse({"x": 1}, "/api/v1/x", {"y": "2"})
    assert read_responses([tmp_path / "a" / "one.json"]) == [known]
    assert read_responses([tmp_path / "two.json"], "https://host/api/v1/z?y=3") == [
        DraftResponse({"x": 2}, "/api/v1/z", {"y": "3"})
    ]
    (tmp_path / "two.json").write_text("{")
    with pytest.raises(BadInputError, match=r"two\.json: is not JSON"):
        read_responses([tmp_path / "two.json"])


@pytest.mark.parametrize(
    ("many", "one"),
    [("people", "person"), ("games", "game"), ("categories", "category"), ("classes", "class"), ("series", "series")],
)
def test_one_of_many(many: str, one: str) -> None:
    assert singular(many) == one


def test_names_in_snake_case() -> None:
    assert [snake_case(name) for name in ("hitsPer9Inn", "OPSPlus", "mlbDebutDate")] == [
        "hits_per9_inn",
        "ops_plus",
        "mlb_debut_date",
    ]


def test_names_differ_and_are_no_words_of_sql() -> None:
    paths = [("id",), ("wins",), ("leagueRecord", "wins"), ("team", "name"), ("order",), ("streak", "streakCode")]
    assert column_names(paths, "team_records") == [
        "team_record_id",
        "wins",
        "league_record_wins",
        "team_name",
        "team_record_order",
        "streak_code",
    ]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1, 2], "integer"),
        ([1, 2**31], "bigint"),
        ([1, 1.5, None], "double precision"),
        (["2026-07-08"], "date"),
        (["2026-07-08", "soon"], "text"),
        (["2026-07-08T12:00:00Z"], "timestamptz"),
        ([True, False], "boolean"),
        ([True, 1], "text"),
        ([None], "text"),
    ],
)
def test_the_narrowest_type_that_holds_all(values: list[Any], type_: str) -> None:
    assert shape_of({"x": value} for value in values).members["x"].type == type_
