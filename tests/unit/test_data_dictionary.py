"""docs/data says of each table and column what the mappings say: a page each, written by `make generate`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.recordings import PROJECT_DIR

from mlb_data_platform.cli import schema_dictionary
from mlb_data_platform.definitions.data_dictionary import INDEX, MARK, Column, pages
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.load import all_jobs
from mlb_data_platform.mapping.load import all_mappings, load_mapping

FOLDER = PROJECT_DIR / "docs" / "data"


@pytest.mark.unmeasured
def test_the_pages_are_as_the_mappings_are() -> None:
    wanted = schema_dictionary.texts_of_pages()
    found = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.md")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    assert not stale, f"{', '.join(stale)}: stale; run: make generate"


def test_what_it_has_not_written_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_dictionary, "texts_of_pages", lambda: {"README.md": f"{MARK}\nnew\n"})
    (tmp_path / "diary.md").write_text("precious")
    (tmp_path / "old.md").write_text(f"{MARK}\nof a table that is no more\n")
    schema_dictionary.dictionary(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "README.md": f"{MARK}\nnew\n",
        "diary.md": "precious",
    }
    (tmp_path / "README.md").write_text("precious too")
    with pytest.raises(BadInputError, match=r"README\.md: not written by this command"):
        schema_dictionary.dictionary(tmp_path)
    assert (tmp_path / "README.md").read_text() == "precious too"


def test_a_page_has_each_column_with_where_it_comes_from_and_an_example() -> None:
    mapping = load_mapping("game.live_game_v1")
    found = pages([mapping], [], {Column("game.live_game_plays", "event"): "Field | Out"})
    page = found["game/live_game_plays.md"]
    assert "| event | text | `result.event` |  | `Field \\| Out` |" in page
    assert "| captured_at | timestamptz | the platform |" in page
    for column in mapping.columns("live_game_plays"):
        assert f"| {column} | " in page
    assert "Nothing is published unless: inning, half_inning, is_complete are there; 1 ≤ inning ≤ 50;" in page


def test_the_index_leads_to_each_page_and_draws_what_belongs_to_what() -> None:
    mappings = all_mappings()
    found = pages(mappings, all_jobs(), {})
    for name in found.keys() - {INDEX}:
        assert f"]({name})" in found[INDEX]
    assert '    live_game_metadata ||--o{ live_game_plays : "game_pk"' in found[INDEX]
    assert '    live_game_plays ||--o{ live_game_runners : "game_pk, at_bat_index"' in found[INDEX]
    assert "    live_game_runners ||--o{ live_game_fielding_credits : " in found[INDEX]
    assert "    live_game_pitch_events ||--o| live_game_hit_data : " in found[INDEX]
    assert "    live_game_boxscore_players ||--o{ live_game_boxscore_positions : " in found[INDEX]
    relations = [line.split() for line in found[INDEX].splitlines() if "||--" in line]
    assert all(words[0] != words[2] for words in relations)
    assert "Loaded by `mlb_corrections` and `mlb_game`" in found[INDEX]
