"""docs/mappings.md: its example is a mapping, and its rows are what becomes of its response."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import jsonschema
from markdown_it import MarkdownIt
from tests.documentation.markdown import blocks, quoted, text_of
from tests.unit.test_flatten import copied
from tests.unit.test_invented_endpoints import capture

from mlb_data_platform.definitions import json_schemas
from mlb_data_platform.mapping.coverage import unaccounted
from mlb_data_platform.mapping.load import load_mapping_file
from mlb_data_platform.mapping.models import ColumnType, Condition, Source
from mlb_data_platform.transform.flatten import Flattener
from mlb_data_platform.yaml_models import read_yaml

GUIDE = "docs/mappings.md"
TEXT = text_of(GUIDE)


def _tables() -> list[list[list[str]]]:
    """The cells of each table of the guide, by row."""
    found: list[list[list[str]]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(TEXT):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level > 2:
            found[-1][-1].append(token.content)
    return found


def test_the_example_becomes_the_rows_that_it_shows(tmp_path: Path) -> None:
    response, written = (block.text for block in blocks(GUIDE, TEXT))
    file = tmp_path / "league" / "ranking.yaml"
    file.parent.mkdir()
    file.write_text(written, encoding="utf-8")
    schema = json.loads((json_schemas.SCHEMAS_DIR / "mapping.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(read_yaml(file).data)
    mapping, document = load_mapping_file(file), json.loads(response)
    rows = Flattener(mapping).flatten(capture(mapping, {"season": 2026}, document))
    names, *shown = _tables()[0]
    found = [[row[name] for name in names] for row in copied(rows, "team_records", mapping)]
    assert found == [["null" if cell == "NULL" else cell for cell in row] for row in shown]
    assert unaccounted(mapping, document) == set()


def test_the_guide_names_every_type_source_and_condition() -> None:
    fields = {*Source.model_fields, *(field.alias or name for name, field in Condition.model_fields.items())}
    codes = " ".join(quoted(TEXT))
    assert {name for name in (*get_args(ColumnType), *fields) if name not in codes} == set()
