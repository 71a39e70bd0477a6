"""The mapping format: what it means, and what it refuses where."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sample_mapping import SAMPLE, sample

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping, load_mapping_file, mapping_files
from mlb_data_platform.mapping.paths import Key, Members, spelled
from mlb_data_platform.mapping.paths import Path as JsonPath
from mlb_data_platform.yaml_models import YamlProblems


def test_common_columns_lead_every_table_and_key(tmp_path: Path) -> None:
    mapping = sample(tmp_path)
    assert mapping.name == "chess.live_match_v1"
    assert mapping.unit == ("match_id",)
    assert mapping.key("live_match_moves") == ("match_id", "move_index")
    assert list(mapping.columns("live_match_moves")) == ["match_id", "move_index", "piece", "seconds"]


def test_what_a_table_has_itself_does_not_divide_it(tmp_path: Path) -> None:
    text = SAMPLE.replace("version_table:", "export: {date: started_on}\nversion_table:")
    own = "seconds: {type: double precision, path: clock.used}\n"
    file = tmp_path / "chess" / "live_match_v1.yaml"
    file.parent.mkdir()
    file.write_text(text.replace(own, f"{own}      started_on: {{type: date, path: clock.day}}\n"))
    mapping = load_mapping_file(file)
    assert (
        mapping.divided_by("live_match_seconds") == mapping.divided_by("live_match_metadata") == {"started_on": "date"}
    )
    assert mapping.divided_by("live_match_moves") == {}
    assert mapping.sha256 != sample(tmp_path).sha256  # for its column, and not for what divides it
    file.write_text(text)
    assert load_mapping_file(file).sha256 == sample(tmp_path).sha256


def _line(text: str, occurrence: int = 1) -> int:
    """The line of the sample on which `text` stands."""
    return [number for number, line in enumerate(SAMPLE.splitlines(), 1) if text in line][occurrence - 1]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("piece.code}", "piece.code, comment: x}", _line("piece.code"), "unknown key 'comment'"),
        ("    nullable_key:", "    nulable_key:", _line("nullable_key"), "did you mean 'nullable_key'?"),
        (
            "seconds: {type: double precision",
            "seconds: {type: double",
            _line("clock"),
            "did you mean 'double precision'?",
        ),
        ("      seconds: {", "      piece: {", _line("clock"), "duplicate key 'piece'"),
        (
            "rows: $.moves[*]\n    key: [move_index]",
            "rows: $.moves[*]\n    key: [move_indx]",
            _line("key: [move_index]"),
            "did you mean 'move_index'?",
        ),
        ("column: seconds, low", "column: second, low", _line("rule: between"), "no such column: second"),
        (
            "position: moves}\n      piece",
            "position: move}\n      piece",
            _line("  live_match_moves:"),
            "'move' is no array",
        ),
        ("      text: {type", "      user: {type", _line("text: {type"), "reserved word"),
        ("      text: {type", "      Text: {type", _line("text: {type"), "snake_case"),
        ("path: piece.code", "path: 'piece[0]'", _line("piece.code"), "is not a path"),
        ("rows: $.moves[*]\n    key", "rows: moves[*]\n    key", _line("rows: $.moves"), "must start at the response"),
        ("member: sides}", "member: sides, value: x}", _line("member: sides"), "give one of"),
        ("equals: true}", "equals: true, present: true}", _line("equals: true"), "give one of present"),
        ("path: piece.code", "path: 'piece[*].code'", _line("piece.code"), "goes through an array or map"),
        ("path: helps,", "path: 'helps.*',", _line("path: helps"), "goes through an array or map"),
        ("{path: $..link", "{path: $..link.self", _line("$..link"), "after '$..' stands one name"),
        ('path: "$.moves[*].drawing"', 'path: "$.moves[0].drawing"', _line("drawing"), "is not a path"),
        (
            "version_table: live_match_metadata",
            "version_table: live_match_metdata",
            9,
            "did you mean 'live_match_metadata'?",
        ),
        (
            "version_table:",
            "require: ['$.moves.list']\nversion_table:",
            9,
            "$.moves is an object here, and an array in tables.live_match_moves.rows",
        ),
        (
            "match_id, path: $.id}",
            "match_id, path: '$.moves.*.id'}",
            _line("match_id, path: $.id"),
            "$.moves is a map here, and an array in tables.live_match_moves.rows",
        ),
        (
            'drawing", reason',
            'protests.by", reason',
            _line("drawing"),
            "$.moves[*].protests is an object here, and an array in tables.live_match_protests.sources.1.rows",
        ),
        (
            "path: clock.used",
            "path: piece",
            _line("clock.used"),
            "$.moves[*].piece is a single value here, and an object in tables.live_match_moves.columns.piece",
        ),
        (
            "    views_by: side",
            "    views_by: board",
            _line("views_by"),
            "board is not the key of an object whose members the path of the rows names",
        ),
        ("['white','black']", "['white','atBlack']", _line("views_by"), "makes the name live_match_atBlack_seconds"),
        ("parameter: lang}\nversion", "parameter: lang'}\nversion", 8, "natural_key.language.parameter: "),
        ("version_table:", "export: {date: start_on}\nversion_table:", 9, "did you mean 'started_on'?"),
        ("version_table:", "export: {season: started_on}\nversion_table:", 9, "started_on is date, not integer"),
        ("    views_by: side", "    views_by: match_id", _line("views_by"), "match_id is not the key of an object"),
        ("    views_by: side", "    views_by: sides", _line("views_by"), "sides is not the key of an object"),
        (
            "indexes: [[started_on]]",
            f"indexes: [[started_on, language, match_id, started_on], [{', '.join(['started_on'] * 5)}]]",
            _line("indexes:"),
            "has more than 63 characters",
        ),
        ("searched: [text]", "searched: [texts]", _line("searched"), "no such column: texts; did you mean 'text'?"),
        ("searched: [text]", "searched: [move_index]", _line("searched"), "move_index is integer: only a text begins"),
        (
            "key: [move_index, protest_index]",
            "key: [move_index, move_index]",
            _line("key: [move_index, protest"),
            "twice",
        ),
        (
            "      piece: {",
            "      raw_id: {",
            _line("piece.code"),
            "every table, version table or table of history has a column",
        ),
        (
            "  language: {type: text, parameter: lang}",
            "  data: {type: text, parameter: lang}",
            8,
            "every raw table has",
        ),
        (
            "common:\n  match_id: {type: bigint, path: $.id}",
            "common:\n  match_id: {type: bigint, path: id, of: moves}",
            _line("    rows: $"),
            "the common column 'match_id': 'moves' is no array or map of $ (those are: none)",
        ),
        ("piece: {type: text,", "piece: {type: jsonb, null_if: [x],", _line("piece.code"), "null_if does not go with"),
        (
            "move_index: {type: integer, pos",
            "move_index: {type: jsonb, pos",
            _line("position: moves"),
            "goes with path",
        ),
        (
            "person_id: {type: integer",
            "person_id: {type: jsonb",
            _line("key: [side"),
            "only a single value names a row",
        ),
        (
            "piece: {type: text, path: piece.code}",
            "piece: {type: jsonb, path: clock}",
            _line("clock.used"),
            "$.moves[*].clock is an object here, and kept whole in tables.live_match_moves.columns.piece",
        ),
        (
            "piece: {type: text, path: piece.code}",
            "piece: {type: 'text[]', path: protests}",
            _line("- rows: $.moves[*].protests"),
            "$.moves[*].protests is an array here, and an array of values in tables.live_match_moves.columns.piece",
        ),
        ("equals: true}", "in: []}", _line("equals: true"), "at least 1 item"),
        ("path: helps, equals: true}", "in: [1]}", _line("equals: true"), "give one of present, equals, differs, in"),
        ("path: helps, equals: true}", "any: [{path: a, equals: 1}]}", _line("equals: true"), "at least 2 items"),
        (
            "{path: helps, equals: true}",
            "{any: [{path: a, eqals: 1}, {path: b, equals: 2}]}",
            _line("equals: true"),
            "did you mean 'equals'?",
        ),
        (
            "{path: helps, equals: true}",
            "{path: helps, any: [{path: a, equals: 1}, {path: b, equals: 2}]}",
            _line("equals: true"),
            "give one of present, equals, differs, in with path",
        ),
        (
            "{path: helps, equals: true}",
            "{path: id, equals: 1, any: [{path: a, equals: 1}, {path: b, equals: 2}]}",
            _line("equals: true"),
            "give one of path, any",
        ),
        *(
            (
                "{rule: between, column: seconds, low: 0}",
                rule,
                _line("rule: between"),
                message,
            )
            for rule, message in [
                ("{rule: between, column: piece, low: 0}", "piece is text: only a number has limits"),
                ('{rule: one_of, column: piece, values: [N, "kinght\'s"]}', "quotes and backslashes"),
                ("{rule: one_of, column: piece, values: ['a\\b']}", "quotes and backslashes"),
                ("{rule: one_of, column: move_index, values: [1, two]}", "'two' is no value of move_index"),
                ("{rule: one_of, column: piece, values: []}", "at least 1 item"),
                ("{rule: one_of, column: piece, values: [true]}", "valid integer"),
                (
                    "{rule: expression, name: fast, expression: \"second < 9 OR piece IN ('pawn', 'x')\"}",
                    "no such column: second; did you mean 'seconds'?",
                ),
            ]
        ),
    ],
)
def test_what_does_not_fit_is_named_with_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    with pytest.raises(YamlProblems) as raised:
        sample(tmp_path, old, new)
    file = tmp_path / "chess" / "live_match_v1.yaml"
    assert any(
        str(problem).startswith(f"{file}:{line}: ") and message in problem.message for problem in raised.value.problems
    ), str(raised.value)


def test_all_that_is_wrong_with_a_mapping_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(YamlProblems) as raised:
        sample(
            tmp_path,
            "    indexes: [[started_on]]\n  live_match_moves:",
            "    indexes: [[begun_on]]\n    quality: [{rule: complete, columns: [endd_on]}]\n  live_match_moves:",
        )
    assert [problem.message.split(":")[0] for problem in raised.value.problems] == [
        "tables.live_match_metadata.indexes.0",
        "tables.live_match_metadata.quality.0",
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "seconds BETWEEN 0 AND 1e5 AND NOT (piece LIKE 'b%' OR coalesce(seconds, 1.5) IS DISTINCT FROM 2)",
        "CASE WHEN piece = 'so-called words' THEN CAST(seconds AS integer) > 1 ELSE TRUE END",
    ],
)
def test_an_expression_of_sql_is_taken_as_it_is(tmp_path: Path, expression: str) -> None:
    rule = f'{{rule: expression, name: free, expression: "{expression}"}}'
    sample(tmp_path, "{rule: between, column: seconds, low: 0}", rule)


@given(name=st.text(min_size=1))
def test_a_path_is_read_as_it_is_spelled(name: str) -> None:
    (step,) = JsonPath.parse(f"$.x{spelled(name)}").steps[1:]
    assert step in (Key(name), Members((name,)))


def test_a_file_is_named_for_what_it_maps(tmp_path: Path) -> None:
    file = tmp_path / "chess" / "other.yaml"
    file.parent.mkdir()
    file.write_text(SAMPLE)
    with pytest.raises(YamlProblems, match=r"is named chess/other but maps chess\.live_match_v1"):
        load_mapping_file(file)


def test_an_unknown_mapping_is_answered_with_the_nearest() -> None:
    with pytest.raises(BadInputError, match=r"did you mean 'game\.live_game_v1'"):
        load_mapping("game.live_game")


def test_a_path_names_the_arrays_and_maps_it_goes_through() -> None:
    path = JsonPath.parse("$.sides['white','black'].people.*.moves[*].clock")
    assert path.labels == {2: "sides", 4: "people", 6: "moves"}
    assert path.absolute


def test_an_array_without_a_key_or_with_one_that_repeats_goes_by_its_path() -> None:
    path = JsonPath.parse("$[*].boards.*[*].games[*].games[*]")
    labels = ["$", "boards", "$[*].boards.*", "$[*].boards.*[*].games", "$[*].boards.*[*].games[*].games"]
    assert list(path.labels.values()) == labels
    assert [path.elements_of(label) for label in labels] == [1, 3, 4, 6, 8]
    assert path.elements_of("$[*].boards") == 3, "a path names anything"
    with pytest.raises(ValueError, match=r"'games' names several arrays or maps of .* \(those are: \$, boards, "):
        path.elements_of("games")
    with pytest.raises(ValueError, match=r"'moves' is no array or map of "):
        path.elements_of("moves")


@pytest.mark.parametrize("file", mapping_files(), ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_every_table_has_the_columns_of_its_unit(file: Path) -> None:
    mapping = load_mapping_file(file)
    assert mapping.unit
    assert all(set(mapping.unit) <= set(mapping.columns(table)) for table in mapping.tables)


def test_the_game_has_every_table_of_the_contract() -> None:
    names = (
        "metadata linescore_innings players plays pitch_events play_actions hit_data runners fielding_credits "
        "scoring_plays batting_order pitchers bench bullpen boxscore_batting boxscore_pitching boxscore_fielding "
        "boxscore_teams umpires venue_details decisions reviews challenges probable_pitchers"
    )
    assert {f"live_game_{name}" for name in names.split()} <= set(load_mapping("game.live_game_v1").tables)


def test_what_decides_no_row_leaves_the_hash_of_a_mapping_as_it_is(tmp_path: Path) -> None:
    before = sample(tmp_path).sha256
    same = [
        ("description: One row per move.", "description: One row for each move."),
        ("    indexes: [[started_on]]\n", ""),
        ("    searched: [text]\n", ""),
        (
            "      piece: {type: text, path: piece.code}\n",
            "      # a comment\n      piece: {path: piece.code, type: text}\n",
        ),
    ]
    assert {sample(tmp_path, old, new).sha256 for old, new in same} == {before}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("path: piece.code", "path: piece.name"),
        ("{rule: between, column: seconds, low: 0}", "{rule: between, column: seconds, low: 1}"),
        ("schema_version: 1", "schema_version: 2"),
    ],
)
def test_what_decides_rows_changes_the_hash_of_a_mapping(tmp_path: Path, old: str, new: str) -> None:
    assert sample(tmp_path, old, new).sha256 != sample(tmp_path).sha256


LISTS = "language: {type: text, parameter: lang}\nversion"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("parameter: lang, many: match", "match is no column of live_match_metadata's key; did you mean 'match_id'?"),
        ("parameter: lang, many: match_id, path: $.id", "many goes with type text, and with a path through an array"),
        ("parameter: lang, many: match_id, mayn: 1", "did you mean 'many'?"),
    ],
)
def test_a_parameter_of_many_values_names_what_they_are(tmp_path: Path, key: str, message: str) -> None:
    with pytest.raises(YamlProblems) as raised:
        sample(tmp_path, LISTS, f"language: {{type: text, {key}}}\nversion")
    assert any(each.line == 8 and message in each.message for each in raised.value.problems), str(raised.value)


def test_many_values_are_one_text_whatever_their_order(tmp_path: Path) -> None:
    mapping = sample(tmp_path, LISTS, "language: {type: text, parameter: lang, many: match_id}\nversion")
    assert mapping.canonical({"match_id": 7, "lang": "10, 9,b,a,9"}) == {"match_id": 7, "lang": "9,10,a,b"}
    assert mapping.canonical({"lang": 5}) == {"lang": "5"}
