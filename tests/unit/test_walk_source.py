"""The source that a mapping becomes: as it was looked at, and nothing of the mapping in it that could run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.golden import assert_golden
from tests.sample_mapping import sample
from tests.unit.test_flatten import capture, copied

from mlb_data_platform.cli import schema
from mlb_data_platform.mapping.load import all_mappings, load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.transform.flatten import Flattener
from mlb_data_platform.transform.walk_source import walk_source

GOLDEN = Path(__file__).with_name("golden_walks")
MAPPINGS = all_mappings()


@pytest.mark.golden
def test_a_mapping_becomes_this_function(tmp_path: Path) -> None:
    assert_golden(GOLDEN / "sample.txt", walk_source(sample(tmp_path)).text)


@pytest.mark.golden
@pytest.mark.parametrize("mapping", MAPPINGS, ids=[mapping.name for mapping in MAPPINGS])
def test_our_mappings_become_these_functions(mapping: Mapping) -> None:
    assert_golden(GOLDEN / f"{mapping.name}.txt", walk_source(mapping).text)


def test_the_command_prints_what_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    schema.show("season.seasons", as_code=True)
    assert capsys.readouterr().out == walk_source(load_mapping("season.seasons")).text


def test_there_is_no_golden_walk_too_many() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {"sample", *(mapping.name for mapping in MAPPINGS)}


ODD = (
    "class",
    "__class__",
    "__import__",
    "key_61",
    "ﬁ",
    "fi",
    "a-b",
    "0",
    "response",
    "len",
    "encode_into",
    "no_items",
    "items_item",
    "things_rows",
    "end",
    "#",
    "x);import_os;(",
)


def odd_mapping(**own: Any) -> Mapping:
    """A mapping that reads all odd keys, of each item and of what lies below it, and one column of its own."""
    columns = {f"c{position}": {"type": "text", "path": key} for position, key in enumerate(ODD)}
    below = {name: {**column, "path": f"{column['path']}.id"} for name, column in columns.items()}
    tables = {
        "things": {"description": "One row.", "rows": "$", "columns": {"own": {"type": "text", **own}}},
        "leaves": {"description": "Odd keys.", "rows": "$.items[*]", "columns": columns},
        "objects": {"description": "Objects under odd keys.", "rows": "$.objects[*]", "columns": below},
        **{
            f"arrays{position}": {
                "description": "An array under an odd key.",
                "rows": f"$.arrays.{key}[*]",
                "columns": {"at": {"type": "integer", "position": key}, "value": {"type": "text", "path": "@"}},
            }
            for position, key in enumerate(ODD)
        },
    }
    return Mapping.model_validate(
        {
            "endpoint": "odd",
            "method": "keys",
            "schema_version": 1,
            "description": "Keys that are no identifiers, or names that the function has for something else.",
            "request": {"path": "/odd"},
            "natural_key": {"id": {"type": "text", "parameter": "id"}},
            "version_table": "things",
            "tables": tables,
        }
    )


def flattened(mapping: Mapping, feed: Any, **parameters: Any) -> dict[str, list[list[str]]]:
    """The rows of each table, without the stamp of the capture."""
    rows = Flattener(mapping).flatten(capture(json.dumps(feed).encode(), **parameters))
    return {
        table: [[row[name] for name in mapping.columns(table)] for row in copied(rows, table, mapping)]
        for table in mapping.tables
    }


def test_keys_of_any_spelling_are_read() -> None:
    values = {key: f"value {position}" for position, key in enumerate(ODD)}
    feed = {
        "items": [values],
        "objects": [{key: {"id": value} for key, value in values.items()}, dict.fromkeys(ODD), {}],
        "arrays": {key: [value] for key, value in values.items()},
    }
    found = flattened(odd_mapping(value="x"), feed)
    nothing = ["null"] * len(ODD)
    assert found["leaves"] == [[*values.values()]]
    assert found["objects"] == [[*values.values()], nothing, nothing]
    assert [found[f"arrays{position}"] for position in range(len(ODD))] == [[["0", value]] for value in values.values()]


@pytest.mark.parametrize("text", ["'", '"', "\\", "x'); raise SystemExit(1)  # ", "{0}", "line\nbreak", "é\x00"])
def test_constants_stay_what_they_are(text: str) -> None:
    assert flattened(odd_mapping(value=text), {})["things"] == [[text]]
    assert flattened(odd_mapping(parameter="class", default=text), {})["things"] == [[text]]
    assert flattened(odd_mapping(parameter="lang", default=text), {}, lang="en")["things"] == [["en"]]
    assert flattened(odd_mapping(path="name"), {"name": text})["things"] == [[text]]


@pytest.mark.parametrize("text", ["'", "x'): raise SystemExit(1)  # "])
def test_conditions_compare_with_what_they_are_given(text: str) -> None:
    mapping = odd_mapping(value="x").model_dump(exclude_defaults=True)
    mapping["tables"]["leaves"]["where"] = [{"path": "class", "equals": text}]
    mapping["tables"]["objects"]["where"] = [{"path": "class.id", "differs": text}]
    feed = {"items": [{"class": text}, {}], "objects": [{"class": {"id": text}}, {}, {}]}
    found = flattened(Mapping.model_validate(mapping), feed)
    assert (len(found["leaves"]), len(found["objects"])) == (1, 2)
