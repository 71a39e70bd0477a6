"""The short forms of a mapping: what they stand for, and which line is named where one stands for nothing."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.golden import assert_golden

from mlb_data_platform.mapping import shorthand
from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.shorthand import spell_out
from mlb_data_platform.yaml_models import YamlProblems, read_yaml

_CHESS = """\
endpoint: chess
method: standing
schema_version: 1
description: How a match stands.
request: {path: "/api/v1/match/{match_id}/standing"}
natural_key:
  match_id: {type: bigint, parameter: match_id, path: $.id}
version_table: standings
groups:
  record:
    wins: integer
    drawn: {type: integer, path: [draws, ties], description: Remis.}
    The clock:
      prefix: clock_
      path: clock
      columns: {hours_left: integer, state: text}
tables:
  standings:
    description: One row per match.
    rows: $
    columns:
      match_id: {type: bigint, path: id}
      White: {group: record, prefix: white_, path: sides.white}
      seats: integer
      Black: {group: record, prefix: black_, path: sides.black}
      The hall:
        path: hall
        columns: {name: text, site: {type: text, path: $.site}}
      The motto: {path: motto, columns: {motto: {type: text, path: '@'}}}
    key: [match_id]
    quality:
      - {rule: complete, columns: [white_wins]}
      - {rule: between, column: [white_wins, black_wins], low: 0, level: warning}
      - {rule: between, column: seats, low: 2}
ignore:
  - {path: [$.copyright, $..link], reason: of no use to anybody}
  - {path: $.sponsors, reason: of no use either}
"""


def _file(folder: Path, old: str = "", new: str = "") -> Path:
    """The mapping as a file below `folder`, `old` replaced once by `new`."""
    assert not old or _CHESS.count(old) == 1
    file = folder / "chess" / "standing.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_CHESS.replace(old, new) if old else _CHESS, encoding="utf-8")
    return file


def _columns(folder: Path, old: str = "", new: str = "") -> dict[str, Any]:
    """The type, and the path, of each column."""
    table = load_mapping_file(_file(folder, old, new)).tables["standings"]
    return {name: (column.type, column.path) for name, column in table.columns.items()}


def test_columns_of_sections_and_groups_stand_where_these_do(tmp_path: Path) -> None:
    assert list(_columns(tmp_path).items()) == [
        ("match_id", ("bigint", "id")),
        ("white_wins", ("integer", "sides.white.wins")),
        ("white_drawn", ("integer", ["sides.white.draws", "sides.white.ties"])),
        ("white_clock_hours_left", ("integer", "sides.white.clock.hoursLeft")),
        ("white_clock_state", ("text", "sides.white.clock.state")),
        ("seats", ("integer", "seats")),
        ("black_wins", ("integer", "sides.black.wins")),
        ("black_drawn", ("integer", ["sides.black.draws", "sides.black.ties"])),
        ("black_clock_hours_left", ("integer", "sides.black.clock.hoursLeft")),
        ("black_clock_state", ("text", "sides.black.clock.state")),
        ("name", ("text", "hall.name")),
        ("site", ("text", "$.site")),
        ("motto", ("text", "motto")),
    ]


def test_what_a_column_says_besides_comes_along(tmp_path: Path) -> None:
    columns = load_mapping_file(_file(tmp_path)).tables["standings"].columns
    assert [columns[f"{side}_drawn"].description for side in ("white", "black")] == ["Remis.", "Remis."]


def test_a_path_from_an_enclosing_element_is_left_as_it_is(tmp_path: Path) -> None:
    of = ("rows: $\n", "rows: $.halls[*]\n"), ("path: $.site}", "path: site, of: halls}")
    text = _CHESS.replace(*of[0]).replace(*of[1])
    file = _file(tmp_path)
    file.write_text(text, encoding="utf-8")
    assert load_mapping_file(file).tables["standings"].columns["site"].path == "site"


def test_a_section_at_the_row_itself_adds_nothing_to_a_path(tmp_path: Path) -> None:
    assert _columns(tmp_path, "path: hall\n", "path: '@'\n")["name"] == ("text", "name")


def test_a_list_of_columns_or_paths_is_one_rule_or_ignored_path_for_each(tmp_path: Path) -> None:
    mapping = load_mapping_file(_file(tmp_path))
    rules = [rule.model_dump(exclude_none=True) for rule in mapping.tables["standings"].quality]
    assert rules[1:] == [
        {"rule": "between", "column": "white_wins", "low": 0, "level": "warning"},
        {"rule": "between", "column": "black_wins", "low": 0, "level": "warning"},
        {"rule": "between", "column": "seats", "low": 2, "level": "error"},
    ]
    assert [(ignored.path, ignored.reason) for ignored in mapping.ignore] == [
        ("$.copyright", "of no use to anybody"),
        ("$..link", "of no use to anybody"),
        ("$.sponsors", "of no use either"),
    ]


def test_the_documentation_shows_what_it_says(tmp_path: Path) -> None:
    written, long, *_ = (
        dedent(block) for block in re.findall(r"(?:^    .*\n)+", shorthand.__doc__ or "", re.MULTILINE)
    )
    (tmp_path / "written.yaml").write_text(written)
    (tmp_path / "long.yaml").write_text(long)
    columns = spell_out(read_yaml(tmp_path / "written.yaml")).data["tables"]["standings"]["columns"]
    home = {name: column for name, column in columns.items() if name.startswith("home_")}
    assert home == read_yaml(tmp_path / "long.yaml").data
    assert [columns[name]["path"] for name in ("venue_id", "roof_type")] == ["venue.id", "venue.roofType"]


def _line(text: str, occurrence: int = 1) -> int:
    """The line of the mapping on which `text` stands."""
    return [number for number, line in enumerate(_CHESS.splitlines(), 1) if text in line][occurrence - 1]


_WINS, _WHITE, _HALL = _line("    wins:"), _line("White:"), _line("The hall:")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("{group: record, prefix: white_", "{group: recrod, prefix: white_", _WHITE, "did you mean 'record'?"),
        (
            "{group: record, prefix: white_",
            "{groop: record, prefix: white_",
            _WHITE,
            "unknown key 'groop'; did you mean",
        ),
        ("White: {group: record,", "White: {group: record, columns: {},", _WHITE, "give one of group, columns"),
        ("White: {group", "white: {group", _WHITE, "starts with a capital letter"),
        ("prefix: white_", "prefix: white", _WHITE, "columns.White.prefix: "),
        ("path: sides.white", "path: 'sides[*].white'", _WHITE, "goes through an array or map"),
        ("prefix: black_", "prefix: white_", _WINS, f"'white_wins' of standings is there already, on line {_WINS}"),
        ("seats: integer\n", "black_wins: integer\n", _WINS, f"is there already, on line {_line('seats: int')}"),
        ("The hall:", "black_wins: integer\n      The hall:", _HALL, f"is there already, on line {_WINS}"),
        (
            "wins: integer",
            "wins: intger",
            _WINS,
            "columns.white_wins.type: unknown value 'intger'; did you mean 'integer'?",
        ),
        ("wins: integer", "wins: intger", _WINS, f"(used on line {_WHITE})"),
        ("wins: integer", "wins: intger", _WINS, f"(used on line {_line('Black:')})"),
        ("drawn: {type: integer,", "drawn: {type: integer, note: x,", _line("drawn"), "unknown key 'note'"),
        ("hours_left: integer", "hours-left: integer", _line("hours_left"), "white_clock_hours-left"),
        ("wins: integer", "wins: [integer]", _WINS, "columns.white_wins: "),
        ("    wins: integer", "    More: {group: record}\n    wins: integer", _WINS, "a group names no other group"),
        (
            "groups:\n",
            "groups:\n  lonely: {wins: integer}\n",
            _line("groups:") + 1,
            "groups.lonely: no section names it",
        ),
        ("groups:\n", "groups:\n  Lonely: {wins: integer}\n", _line("groups:") + 1, "is not a name in snake_case"),
        ("groups:\n", "groups:\n  lonely: integer\n", _line("groups:") + 1, "groups.lonely: "),
        ("name: text,", "name: text, wins: [integer],", _line("name: text"), "columns.wins: "),
        ("[white_wins, black_wins]", "[white_wins, black_wns]", _line("black_wins]"), "did you mean 'black_wins'?"),
        ("[white_wins, black_wins]", "[]", _line("black_wins]"), "quality.1.between.column: "),
        ("column: seats", "column: seat", _line("column: seats"), "no such column: seat"),
        ("[$.copyright, $..link]", "[$.copyright, link]", _line("copyright"), "ignore.1.path: String should match"),
        ("[$.copyright, $..link]", "[]", _line("copyright"), "ignore.0.path: "),
        ("$.sponsors", "sponsors", _line("sponsors"), "ignore.2.path: String should match"),
        (
            "name: text,",
            "clock: {type: text, path: $.sides.white.clock},",
            _line("name: text"),
            "and an object in tables",
        ),
    ],
)
def test_what_stands_for_nothing_is_named_with_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    file = _file(tmp_path, old, new)
    with pytest.raises(YamlProblems) as raised:
        load_mapping_file(file)
    assert any(
        str(problem).startswith(f"{file}:{line}: ") and message in problem.message for problem in raised.value.problems
    ), str(raised.value)


def _listed(mapping: Mapping) -> str:
    """All that a mapping says of tables and ignored paths, a line for each column, rule and path."""
    lines = []
    for name, table in mapping.tables.items():
        head = table.model_dump(mode="json", exclude_defaults=True, exclude={"columns", "quality"})
        lines += ["", f"{name}: {head}"]
        lines += [f"  {column}: {model.model_dump(exclude_defaults=True)}" for column, model in table.columns.items()]
        lines += [f"  {rule.model_dump(exclude_none=True)}" for rule in table.quality]
    lines += ["", *(f"{ignored.path}: {ignored.reason}" for ignored in mapping.ignore)]
    return "\n".join([f"{mapping.name} {mapping.sha256}", *lines, ""])


@pytest.mark.golden
@pytest.mark.parametrize("file", mapping_files(), ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_the_mappings_stand_for_these_columns_rules_and_reasons(file: Path) -> None:
    mapping = load_mapping_file(file)
    assert_golden(Path(__file__).parent / "golden_mappings" / f"{mapping.name}.txt", _listed(mapping))
