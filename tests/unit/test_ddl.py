"""DDL: what a mapping becomes in SQL. That the migrations lead there: tests/integration/test_migrate.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sample_mapping import sample

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.ddl import create, extend, shape
from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
from mlb_data_platform.mapping.migrations import generate, snapshot

GOLDEN = Path(__file__).with_name("golden_ddl.sql")


def test_a_mapping_becomes_this_sql(tmp_path: Path) -> None:
    assert create(sample(tmp_path)).rstrip() == GOLDEN.read_text().rstrip()


def test_new_columns_and_tables_become_a_migration_of_only_these(tmp_path: Path) -> None:
    known = shape(sample(tmp_path))
    del known["live_match_moves"]["seconds"], known["live_match_protests"]
    statements = extend(sample(tmp_path), known).splitlines()
    assert statements[:2] == [
        "ALTER TABLE chess.live_match_moves ADD COLUMN seconds double precision;",
        "COMMENT ON COLUMN chess.live_match_moves.seconds IS 'clock.used';",
    ]
    assert [line for line in statements if line.startswith("CREATE")] == ["CREATE TABLE chess.live_match_protests ("]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("seconds: {type: double precision", "seconds: {type: integer", "was double precision and is integer now"),
        ("      piece: {type: text, path: piece.code}\n", "", "was text and is gone now"),
    ],
)
def test_what_is_taken_away_is_left_to_a_person(tmp_path: Path, old: str, new: str, what: str) -> None:
    known = shape(sample(tmp_path))
    with pytest.raises(BadInputError, match=what):
        extend(sample(tmp_path, old, new), known)


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


def test_the_migrations_create_what_the_mappings_ask_for() -> None:
    mappings = [load_mapping_file(file) for file in mapping_files()]
    assert snapshot() == {mapping.name: shape(mapping) for mapping in mappings}
