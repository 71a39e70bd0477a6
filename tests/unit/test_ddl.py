"""DDL: what a mapping becomes in SQL. That the migrations lead there: tests/integration/test_migrate.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.golden import assert_golden
from tests.sample_mapping import sample

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.ddl import create, extend
from mlb_data_platform.mapping.load import load_mapping, load_mapping_file, mapping_files
from mlb_data_platform.mapping.migrations import generate, snapshot
from mlb_data_platform.mapping.shape import shape

GOLDEN = Path(__file__).with_name("golden_ddl.sql")


@pytest.mark.golden
def test_a_mapping_becomes_this_sql(tmp_path: Path) -> None:
    assert_golden(GOLDEN, create(sample(tmp_path)))


def _statements(folder: Path, old: str, new: str) -> list[str]:
    """The statements, comments left out, that bring the sample to what it is with `old` replaced by `new`."""
    known = shape(sample(folder))
    return [line for line in extend(sample(folder, old, new), known).splitlines() if "COMMENT" not in line]


def test_new_columns_and_tables_become_a_migration_of_only_these(tmp_path: Path) -> None:
    known = shape(sample(tmp_path))
    del known.tables["live_match_moves"].columns["seconds"], known.tables["live_match_protests"]
    statements = extend(sample(tmp_path), known).splitlines()
    assert statements[:2] == [
        "ALTER TABLE chess.live_match_moves ADD COLUMN seconds double precision;",
        "COMMENT ON COLUMN chess.live_match_moves.seconds IS 'clock.used';",
    ]
    assert [line for line in statements if line.startswith("CREATE")] == ["CREATE TABLE chess.live_match_protests ("]


def test_indexes_come_and_go(tmp_path: Path) -> None:
    assert _statements(tmp_path, "indexes: [[started_on]]", "indexes: [[language, started_on]]") == [
        "DROP INDEX chess.live_match_metadata_started_on;",
        "CREATE INDEX live_match_metadata_language_started_on ON chess.live_match_metadata (language, started_on);",
    ]


def test_views_gain_the_columns_of_their_table(tmp_path: Path) -> None:
    person = "      person_id: {type: integer, path: id}"
    rows = "SELECT * FROM chess.live_match_seconds WHERE side ="
    assert _statements(tmp_path, person, f"{person}\n      helps: {{type: boolean, path: helps}}") == [
        "ALTER TABLE chess.live_match_seconds ADD COLUMN helps boolean;",
        f"CREATE OR REPLACE VIEW chess.live_match_white_seconds AS {rows} 'white';",
        f"CREATE OR REPLACE VIEW chess.live_match_black_seconds AS {rows} 'black';",
    ]


def test_views_come_and_go(tmp_path: Path) -> None:
    without = [
        "DROP VIEW chess.live_match_black_seconds;",
        "DROP VIEW chess.live_match_white_seconds;",
    ]
    assert _statements(tmp_path, "    views_by: side\n", "") == without
    known = shape(sample(tmp_path, "    views_by: side\n", ""))
    assert extend(sample(tmp_path), known).splitlines() == [
        "CREATE VIEW chess.live_match_white_seconds AS SELECT * FROM chess.live_match_seconds WHERE side = 'white';",
        "CREATE VIEW chess.live_match_black_seconds AS SELECT * FROM chess.live_match_seconds WHERE side = 'black';",
    ]
    assert _statements(tmp_path, "['white','black']", "['white','red']") == [
        "DROP VIEW chess.live_match_black_seconds;",
        "CREATE VIEW chess.live_match_red_seconds AS SELECT * FROM chess.live_match_seconds WHERE side = 'red';",
    ]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("seconds: {type: double precision", "seconds: {type: integer", "was double precision and is integer now"),
        ("      piece: {type: text, path: piece.code}\n", "", "was text and is gone now"),
        (
            "    key: [side, board, person_id]",
            "    key: [side, person_id]",
            r"the key of live_match_seconds was \(match_id, side, board, person_id\) and is \(match_id, side, .* now",
        ),
        ("    nullable_key: [move_index]\n", "", r"was \(.*\), of which move_index may be NULL and is \(.*\) now"),
        (
            "parameter: lang}\nversion",
            "parameter: language}\nversion",
            "the natural key was .*'lang'.* and is .*'language'",
        ),
        ("match_id, path: $.id}", "match_id}", "the natural key was .*bigint NOT NULL.* and is .*bigint GENERATED"),
        (
            "match_id, path: $.id}",
            "match_id, path: '$.moves[*].id'}",
            "the natural key was .* and is .*bigint GENERATED",
        ),
        (
            "  language: {type: text, parameter: lang}\nversion",
            "version",
            "the natural key was language .* and is match_id bigint NOT NULL now",
        ),
    ],
)
def test_what_is_taken_away_or_keyed_anew_is_left_to_a_person(tmp_path: Path, old: str, new: str, what: str) -> None:
    known = shape(sample(tmp_path))
    with pytest.raises(BadInputError, match=what) as raised:
        extend(sample(tmp_path, old, new), known)
    assert "write that migration by hand, then run `mlb-etl schema generate --accept`" in str(raised.value)


def test_a_natural_key_that_is_repeated_in_each_element_needs_no_other_column(tmp_path: Path) -> None:
    language = "  language: {type: text, parameter: lang"
    assert _statements(tmp_path, f"{language}}}\nversion", f"{language}, path: '$.moves[*].language'}}\nversion") == []


def test_generating_twice_writes_once(tmp_path: Path) -> None:
    mapping, folder = sample(tmp_path), tmp_path / "migrations"
    folder.mkdir()
    (folder / "0007_by_hand.sql").write_text("SELECT 1;")
    (first,) = generate([mapping], folder)
    assert first.name == "0008_chess_live_match_v1.sql"
    assert generate([mapping], folder) == []
    text = "      text: {type: text, path: text}"
    grown = sample(tmp_path, text, f"{text}\n      by: {{type: text, path: by}}")
    (second,) = generate([grown], folder)
    assert second.name.startswith("0009_")
    assert "ADD COLUMN by text" in second.read_text()
    assert snapshot(folder) == {grown.name: shape(grown)}


def test_a_refusal_writes_nothing_even_for_the_mappings_before(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    generate([sample(tmp_path)], folder)
    files = {file: file.read_text() for file in folder.iterdir()}
    seasons = load_mapping("season.seasons")
    rekeyed = sample(tmp_path, "    key: [side, board, person_id]", "    key: [side, person_id]")
    with pytest.raises(BadInputError, match="the key of live_match_seconds"):
        generate([seasons, rekeyed], folder)
    assert {file: file.read_text() for file in folder.iterdir()} == files
    assert generate([rekeyed], folder, accept=True) == []
    assert generate([rekeyed], folder) == []


def test_a_snapshot_of_another_form_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_text('{"chess.live_match_v1": {"live_match_moves": {"piece": "text"}}}')
    with pytest.raises(BadInputError, match=r"snapshot\.json is of another form: .* --accept"):
        generate([], tmp_path)


def test_the_migrations_create_what_the_mappings_ask_for() -> None:
    mappings = [load_mapping_file(file) for file in mapping_files()]
    assert snapshot() == {mapping.name: shape(mapping) for mapping in mappings}
