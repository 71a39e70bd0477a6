"""What is made of the models for other programs: JSON Schemas for editors, Avro schemas for exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fastavro
import jsonschema
import pytest
from tests.sample_mapping import sample
from typer.testing import CliRunner

from mlb_data_platform.cli.schema import app
from mlb_data_platform.definitions import json_schemas, view_files
from mlb_data_platform.jobs.load import job_files
from mlb_data_platform.mapping.avro import table_schema
from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
from mlb_data_platform.settings import NOTIFIERS_FILE
from mlb_data_platform.yaml_models import read_yaml


def test_the_committed_json_schemas_are_current() -> None:
    committed = {file.name: file.read_text() for file in json_schemas.SCHEMAS_DIR.glob("*.json")}
    assert committed == json_schemas.texts(), "run: mlb-etl schema generate"


def test_the_committed_views_are_current() -> None:
    committed = {name: (view_files.VIEWS_DIR / name).read_text() for name in view_files.texts()}
    assert committed == view_files.texts(), "run: mlb-etl schema generate"


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    every = {"job.schema.json", "mapping.schema.json", "notifiers.schema.json"}
    assert {file.name for file in json_schemas.write(tmp_path)} == every
    (tmp_path / "job.schema.json").write_text("{}")
    assert json_schemas.write(tmp_path) == [tmp_path / "job.schema.json"]


@pytest.mark.parametrize("file", mapping_files(), ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_mappings_say_where_their_schema_is(file: Path) -> None:
    _, _, place = next(line for line in file.read_text().splitlines() if "$schema=" in line).partition("$schema=")
    assert (file.parent / place).resolve() == json_schemas.SCHEMAS_DIR / "mapping.schema.json"


@pytest.mark.parametrize("file", [*mapping_files(), *job_files(), NOTIFIERS_FILE], ids=lambda file: file.stem)
def test_an_editor_finds_nothing_wrong_with_the_files_of_the_project(file: Path) -> None:
    assert _found_by_an_editor(file, read_yaml(file).data) == []


def test_an_editor_finds_a_mistake_in_a_short_form() -> None:
    file = next(file for file in mapping_files() if file.stem == "schedule")
    data = read_yaml(file).data
    data["groups"]["team"]["score"] = "intger"
    assert len(_found_by_an_editor(file, data)) == 1


def _found_by_an_editor(file: Path, data: Any) -> list[Any]:
    """What the JSON Schema that `file` names says of `data`."""
    _, _, place = next(line for line in file.read_text().splitlines() if "$schema=" in line).partition("$schema=")
    schema = json.loads((file.parent / place).read_text())
    return list(jsonschema.Draft202012Validator(schema).iter_errors(data))


def test_a_table_in_avro(tmp_path: Path) -> None:
    fields: list[dict[str, Any]] = table_schema(sample(tmp_path), "live_match_protests")["fields"]
    types = {field["name"]: field["type"] for field in fields}
    assert types["match_id"] == "long"
    assert types["move_index"] == ["null", "int"]  # of the key, but nullable
    assert types["protest_index"] == "int"
    assert types["captured_at"] == {"type": "long", "logicalType": "timestamp-micros"}


@pytest.mark.parametrize("file", mapping_files(), ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_all_tables_have_a_schema_that_avro_takes(file: Path) -> None:
    mapping = load_mapping_file(file)
    for table in mapping.tables:
        fastavro.parse_schema(table_schema(mapping, table))


def test_the_command_prints_the_raw_schema_and_those_of_tables() -> None:
    raw = CliRunner().invoke(app, ["avro", "season.seasons"])
    assert json.loads(raw.stdout)["name"] == "Response"
    table = CliRunner().invoke(app, ["avro", "season.seasons", "seasons_normalized"])
    assert json.loads(table.stdout)["name"] == "seasons_normalized"


def test_show_names_the_source_of_each_column() -> None:
    result = CliRunner().invoke(app, ["show", "season.seasons", "seasons_normalized", "--json"])
    columns = json.loads(result.stdout)["seasons_normalized"]
    assert columns["season_id"] == ["integer", "seasonId"]
    assert columns["sport_id"] == ["integer", "parameter sportId of the request"]
