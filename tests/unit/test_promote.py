"""`mlb-etl schema promote`: a path becomes one line of the mapping, which stays as it is written else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlb_data_platform.drafting.promote import adds_only, promoted
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping_file
from mlb_data_platform.mapping.models import Column, ColumnType, Mapping

TEXT = """\
# A comment that stays.
endpoint: league
method: clubs
schema_version: 1
description: Clubs.
request: {path: /api/v1/clubs}
natural_key:
  season: {type: text, parameter: season}
version_table: seasons
groups:
  side: {wins: integer}
tables:
  seasons:
    description: One row per season.
    rows: $
    columns: {}
  clubs_normalized:
    description: One row per club.
    rows: $.clubs[*]
    key: [club_id]
    columns:
      club_id: {type: integer, path: id}  # and this one
      Where it plays:
        path: park
        columns: {park_id: {type: integer, path: id},
          park_name: {type: text, path: name}}
    quality:
      - {rule: complete, columns: [club_id]}
  members:
    description: One row per member.
    rows: $.clubs[*].members.*
    key: [club_id, member_id]
    columns: {club_id: {type: integer, path: id, of: clubs}, member_id: {type: integer, path: id}}
  sides:
    description: One row per side.
    rows: $.sides['home','away']
    key: [side]
    columns:
      side: {type: text, member: sides}
      Its record: {group: side}
common: {season: {type: integer, parameter: season}}
ignore:
  - {path: $.copyright, reason: not of interest here}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "league" / "clubs.yaml"
    found.parent.mkdir()
    found.write_text(TEXT, encoding="utf-8")
    return found


def promote(file: Path, path: str, table: str, column: str, type_: ColumnType = "text") -> tuple[str, Mapping]:
    """The lines that came, and the mapping as it loads with them."""
    before, mapping = file.read_bytes().decode(), load_mapping_file(file)
    text = promoted(before, mapping, path, table, column, type_)
    file.write_bytes(text.encode())
    added = [line for line in text.splitlines() if line not in before.splitlines()]
    assert len(text.splitlines()) - len(before.splitlines()) in (0, 1)
    assert adds_only(mapping, load_mapping_file(file), table, column)
    return added[0].strip(), load_mapping_file(file)


@pytest.mark.parametrize(
    ("path", "table", "column", "line", "source"),
    [
        ("$.clubs[*].nickName", "clubs_normalized", "nick_name", "nick_name: text", {"path": "nickName"}),
        (
            "$.clubs[*].park.roof.type", "clubs_normalized", "roof_type",
            "roof_type: {type: text, path: park.roof.type}", {"path": "park.roof.type"},
        ),
        ("$.day", "clubs_normalized", "day", "day: {type: text, path: $.day}", {"path": "$.day"}),
        (
            "$.sides.home.coach", "sides", "coach",
            "coach: text", {"path": "coach"},
        ),
    ],
)  # fmt: skip
def test_a_path_becomes_a_line(
    file: Path, path: str, table: str, column: str, line: str, source: dict[str, str]
) -> None:
    added, mapping = promote(file, path, table, column)
    assert added == line
    assert mapping.columns(table)[column] == Column(type="text", **source)


def test_it_stands_at_the_end_of_its_table_and_comments_stay(file: Path) -> None:
    promote(file, "$.clubs[*].nickName", "clubs_normalized", "nick_name")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[lines.index("      nick_name: text") + 1] == "    quality:"
    assert [line for line in lines if line != "      nick_name: text"] == TEXT.splitlines()


def test_columns_in_braces_get_it_between_them(file: Path) -> None:
    _, mapping = promote(file, "$.note", "seasons", "note")
    assert "    columns: {note: text}\n" in file.read_text(encoding="utf-8")
    _, mapping = promote(file, "$.clubs[*].members.*.shoeSize", "members", "shoe_size", "integer")
    assert "member_id: {type: integer, path: id}, shoe_size: integer}" in file.read_text(encoding="utf-8")
    _, mapping = promote(file, "$.clubs[*].tags[*]", "members", "tags", "text[]")  # as drift has it
    assert mapping.columns("members")["tags"] == Column(type="text[]", path="tags", of="clubs")


@pytest.mark.parametrize("name", ["null", "yes", "1", "on", "1e3"])
def test_a_key_that_yaml_would_read_as_something_else_is_quoted(file: Path, name: str) -> None:
    _, mapping = promote(file, f"$.clubs[*].{name}", "clubs_normalized", "odd")
    assert mapping.columns("clubs_normalized")["odd"] == Column(type="text", path=name)


IN_BRACES = """\
        columns: {park_id: {type: integer, path: id},
          park_name: {type: text, path: name}}
"""
IN_LINES = """\
        columns:
          park_name:
            type: text
            path:
              - name
              - title
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT.replace("\n", "\r\n"), id="in a file of Windows"),
        pytest.param(TEXT.replace("path: name}}", "path: name},}"), id="with a comma at the end"),
        pytest.param(TEXT.replace(IN_BRACES, IN_LINES), id="in lines"),
    ],
)
def test_it_is_added_however_the_columns_are_written(file: Path, text: str) -> None:
    assert text != TEXT
    file.write_bytes(text.encode())
    promote(file, "$.clubs[*].nickName", "clubs_normalized", "nick_name")
    assert len(set(file.read_bytes().decode().split("\n"))) - len(set(text.split("\n"))) == 1


def test_a_file_without_a_last_newline_gets_one(file: Path) -> None:
    head, _, tail = TEXT.partition("tables:\n")
    tables, _, rest = tail.partition("common:")
    text = f"{head}common:{rest}tables:\n{tables}".replace(
        "      Its record: {group: side}\n", "      wins: integer  # last"
    )
    file.write_text(text.replace("groups:\n  side: {wins: integer}\n", ""), encoding="utf-8")
    promote(file, "$.sides.home.coach", "sides", "coach")
    assert file.read_text(encoding="utf-8").endswith("      wins: integer  # last\n      coach: text\n")


@pytest.mark.parametrize(
    ("path", "table", "column", "message"),
    [
        ("$.clubs[*].id", "clubs_normalized", "number", "league.clubs knows .*: a column has it, or 'ignore' leaves"),
        ("$.copyright", "seasons", "copyright", "knows"),
        ("$.clubs[*].x", "club", "x", "has no table 'club'"),
        ("$.clubs[*].x", "clubs_normalized", "club_id", "has a column club_id already"),
        ("$.clubs[*].prizes[*].name", "clubs_normalized", "prize", "has several of it, or none"),
        ("$.clubs[*].x", "seasons", "x", "has several of it, or none"),
        ("clubs[*].x", "seasons", "x", "must start at the response"),
        ("$.clubs[", "seasons", "x", "is not a path"),
        ("$.clubs[*]['odd name']", "clubs_normalized", "x", "no column can have what stands under 'odd name'"),
        ("$.stands.home.seats", "sides", "seats", "has several of it, or none"),
    ],
)
def test_what_cannot_be_is_refused(file: Path, path: str, table: str, column: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        promoted(TEXT, load_mapping_file(file), path, table, column, "text")
    assert file.read_text(encoding="utf-8") == TEXT
