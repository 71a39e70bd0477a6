"""DDL: what a mapping becomes in SQL. That the migrations lead there: tests/integration/test_migrate.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.golden import assert_golden
from tests.sample_mapping import sample

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.ddl import create, extend
from mlb_data_platform.mapping.load import all_mappings, load_mapping
from mlb_data_platform.mapping.migrations import generate, snapshot
from mlb_data_platform.mapping.shape import shape

GOLDEN = Path(__file__).with_name("golden_ddl.sql")
_SEARCHED = (
    "CREATE INDEX live_match_protests_text_searched ON chess.live_match_protests"
    " (metadata.searched(text) text_pattern_ops);"
)


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
    assert [line for line in statements if line.startswith("CREATE")] == [
        "CREATE TABLE chess.live_match_protests (",
        _SEARCHED,
    ]


def test_indexes_come_and_go(tmp_path: Path) -> None:
    assert _statements(tmp_path, "indexes: [[started_on]]", "indexes: [[language, started_on]]") == [
        "DROP INDEX chess.live_match_metadata_started_on;",
        "CREATE INDEX live_match_metadata_language_started_on ON chess.live_match_metadata (language, started_on);",
    ]


def test_what_is_searched_has_an_index_that_comes_and_goes(tmp_path: Path) -> None:
    gone = _statements(tmp_path, "    searched: [text]\n", "")
    assert gone == ["DROP INDEX chess.live_match_protests_text_searched;"]
    known = shape(sample(tmp_path, "    searched: [text]\n", ""))
    assert extend(sample(tmp_path), known).splitlines() == [_SEARCHED]


def test_views_gain_the_columns_of_their_table(tmp_path: Path) -> None:
    person = "      person_id: {type: integer, path: id}"
    rows = "SELECT * FROM chess.live_match_seconds WHERE side ="
    assert _statements(tmp_path, person, f"{person}\n      helps: {{type: boolean, path: helps}}") == [
        "ALTER TABLE chess.live_match_seconds ADD COLUMN helps boolean;",
        "SELECT metadata.keep_history('chess.live_match_seconds', 'chess.live_match_metadata', '{match_id}');",
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
    (first,) = generate([mapping], folder).written
    assert first.name == "0008_chess_live_match_v1.sql"
    assert generate([mapping], folder).written == []
    text = "      text: {type: text, path: text}"
    grown = sample(tmp_path, text, f"{text}\n      by: {{type: text, path: by}}")
    (second,) = generate([grown], folder).written
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
    assert generate([rekeyed], folder, accept=True).written == []
    assert generate([rekeyed], folder).written == []


def test_a_snapshot_of_another_form_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_text('{"chess.live_match_v1": {"live_match_moves": {"piece": "text"}}}')
    with pytest.raises(BadInputError, match=r"snapshot\.json is of another form: .* --accept"):
        generate([], tmp_path)


def test_the_migrations_create_what_the_mappings_ask_for() -> None:
    mappings = all_mappings()
    assert snapshot() == {mapping.name: shape(mapping) for mapping in mappings}


@pytest.fixture
def drafted(tmp_path: Path) -> Path:
    """A folder with a released migration of the sample, and two drafts that add a column each."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    generate([sample(tmp_path)], folder)
    generate([sample(tmp_path)], folder, accept=True)
    for new in (MOVED_BY, f"{MOVED_BY}\n      at: {{type: text, path: at}}"):
        generate([sample(tmp_path, PIECE, f"{PIECE}\n{new}")], folder)
    return folder


PIECE = "      piece: {type: text, path: piece.code}"
MOVED_BY = "      moved_by: {type: text, path: by}"


def _files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_drafts_are_taken_back_and_written_anew(drafted: Path, tmp_path: Path) -> None:
    released = (drafted / "0001_chess_live_match_v1.sql").read_text()
    other = sample(tmp_path, PIECE, f"{PIECE}\n{MOVED_BY.replace('text', 'integer')}")
    with pytest.raises(BadInputError, match=r"at was text and is gone now: .*drafts \(0002_.*, 0003_.*--redraft"):
        generate([other], drafted)
    written, taken_back = generate([other], drafted, redraft=True)
    assert [file.name[:4] for file in taken_back] == ["0003", "0002"]
    assert [file.name for file in written] == ["0002_chess_live_match_v1.sql"]
    assert "ADD COLUMN moved_by integer" in written[0].read_text()
    assert _files(drafted).keys() == {
        *("0001_chess_live_match_v1.sql", "0002_chess_live_match_v1.sql", "snapshot.json", "drafts.json")
    }
    assert (drafted / "0001_chess_live_match_v1.sql").read_text() == released
    assert snapshot(drafted) == {other.name: shape(other)}


def test_drafts_of_what_is_wanted_no_more_are_taken_back_without_another(drafted: Path, tmp_path: Path) -> None:
    assert generate([sample(tmp_path)], drafted, redraft=True).written == []
    assert _files(drafted).keys() == {"0001_chess_live_match_v1.sql", "snapshot.json"}
    assert snapshot(drafted) == {sample(tmp_path).name: shape(sample(tmp_path))}
    drawn = load_mapping("season.seasons")
    generate([sample(tmp_path), drawn], drafted)
    generate([sample(tmp_path)], drafted, redraft=True)
    assert snapshot(drafted).keys() == {sample(tmp_path).name}, "nor is the mapping known any more"


def test_what_is_accepted_is_no_draft(drafted: Path, tmp_path: Path) -> None:
    mapping = sample(tmp_path, PIECE, f"{PIECE}\n{MOVED_BY}\n      at: {{type: text, path: at}}")
    generate([mapping], drafted, accept=True)
    before = _files(drafted)
    assert generate([mapping], drafted, redraft=True) == ([], [])
    assert _files(drafted) == before


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("0002_chess_live_match_v1.sql", r"0002_chess_live_match_v1\.sql was changed after it was generated"),
        ("0004_by_hand.sql", r"0003_.*\.sql cannot be taken back: 0004_by_hand\.sql follows it"),
    ],
)
def test_what_a_person_wrote_is_not_taken_back(drafted: Path, tmp_path: Path, file: str, message: str) -> None:
    (drafted / file).write_text("SELECT 1;")
    before = _files(drafted)
    with pytest.raises(BadInputError, match=message):
        generate([sample(tmp_path)], drafted, redraft=True)
    assert _files(drafted) == before


def test_a_comment_says_what_stands_for_no_value(tmp_path: Path) -> None:
    piece = "      piece: {type: text, path: piece.code, null_if: ['-', '?'], description: As it moved.}"
    assert _statements(tmp_path, PIECE, piece) == [], "it is no migration"
    comment = "COMMENT ON COLUMN chess.live_match_moves.piece IS 'piece.code unless ''-'' or ''?''. As it moved.';"
    assert comment in create(sample(tmp_path, PIECE, piece)).splitlines()
