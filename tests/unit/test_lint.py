"""`mlb-etl schema lint`: mappings and jobs, each problem with file, line, key and the nearest valid one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.sample_mapping import write

from mlb_data_platform.definitions.lint import lint
from mlb_data_platform.settings import DAGS_DIR, MAPPINGS_DIR


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """A copy of the project's mappings."""
    return Path(shutil.copytree(MAPPINGS_DIR, tmp_path / "mappings"))


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    """A copy of the project's jobs."""
    return Path(shutil.copytree(DAGS_DIR, tmp_path / "dags", ignore=shutil.ignore_patterns("__pycache__")))


def _change(file: Path, old: str, new: str) -> int:
    """Replace the first `old` of `file`; return its line."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_the_project_is_clean() -> None:
    checked, problems = lint()
    assert checked >= 6
    assert problems == []


def test_all_problems_of_all_files_are_found_at_once(mappings: Path, dags: Path) -> None:
    game, season, job = mappings / "game/live_game_v1.yaml", mappings / "season/seasons.yaml", dags / "mlb_game.yaml"
    wrong_type = _change(game, "type: bigint, path: $.gamePk}", "type: bignt, path: $.gamePk}")
    schedule = mappings / "schedule/schedule.yaml"
    no_group = _change(schedule, "{group: team, prefix: away_", "{group: taem, prefix: away_")
    twice = _change(season, "      has_wildcard:", "      season_id:")
    misspelt = _change(job, "fan_out:", "fanout:")
    _, problems = lint(mappings, dags)
    found = {(problem.file, problem.line): problem.message for problem in problems}
    assert "did you mean 'bigint'?" in found[game, wrong_type]
    assert "did you mean 'team'?" in found[schedule, no_group]
    assert found[season, twice] == "duplicate key 'season_id'"
    assert "did you mean 'fan_out'?" in found[job, misspelt]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("mapping: game.live_game_v1", "mapping: game.live_game_v2", "did you mean 'game.live_game_v1'?"),
        ("table: schedule.games", "table: schedule.game", "did you mean 'schedule.games'?"),
        ("produces: [game.live_game_metadata]", "produces: [game.metadata]", "did you mean 'game.live_game_metadata'?"),
    ],
)
def test_a_job_names_mappings_and_tables_that_exist(dags: Path, old: str, new: str, hint: str) -> None:
    line = _change(dags / "mlb_game.yaml", old, new)
    _, (problem,) = lint(MAPPINGS_DIR, dags)
    assert (problem.file, problem.line) == (dags / "mlb_game.yaml", line)
    assert hint in problem.message


def test_a_request_that_the_catalogue_lacks(tmp_path: Path, dags: Path) -> None:
    file = write(tmp_path, 'request: {path: "/api/v1/match/{match_id}"}', "request: {catalogue: Game.liveGameV2}")
    _, problems = lint(tmp_path, dags)
    (problem,) = (each for each in problems if each.file == file)
    assert problem.line == 5
    assert "Game.liveGameV1" in problem.message


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        (
            "dates: {column: schedule_date, table: schedule.games}",
            "dates: {column: schedule_day, table: schedule.games}",
            "dates:",
            "there is no column of schedule.games 'schedule_day'; did you mean 'schedule_date'?",
        ),
        (
            "dates: {column: schedule_date, table: schedule.games}",
            "dates: {column: schedule_date, table: schedule.daily_summary}",
            "dates:",
            "there is no column of schedule.daily_summary 'game_pk'",
        ),
        (
            "dates: {column: schedule_date, table: schedule.games}",
            "dates: {column: schedule_date, table: schedule.game}",
            "dates:",
            "there is no table 'schedule.game'; did you mean 'schedule.games'?",
        ),
        (
            "dates: {column: schedule_date, table: schedule.games}",
            "dates: {column: game_date}",
            "dates:",
            "there is no column of game.live_game_v1 'game_date'; did you mean 'game_pk'?",
        ),
        (
            "    indexes: [[official_date]]",
            "    indexes: [[official_date], [official_date]]",
            "    indexes: [[official_date]",
            "the name game.live_game_metadata_official_date is taken by tables.live_game_metadata.indexes.0",
        ),
        (
            "  live_game_scoring_plays:",
            "  live_game_home_bench:",
            "    views_by: side",
            "the name game.live_game_home_bench is taken by tables.live_game_home_bench of game.live_game_v1",
        ),
    ],
)
def test_what_one_mapping_says_of_others_and_of_its_schema(
    mappings: Path, old: str, new: str, at: str, message: str
) -> None:
    file = mappings / "game/live_game_v1.yaml"
    _change(file, old, new)
    _, problems = lint(mappings)
    found = {problem.message: problem for problem in problems if problem.file == file}
    (problem,) = (found[each] for each in found if message in each)
    assert file.read_text().splitlines()[problem.line - 1].startswith(at)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  start: startTimecode", "  strat: startTimecode", "did you mean 'start'?"),
        ("  start: startTimecode", "  start: startTimeCode", "did you mean 'startTimecode'?"),
        ("Game.liveGameDiffPatchV1", "Game.liveGameDiffPatchV2", "did you mean 'Game.liveGameDiffPatchV1'?"),
        ("  revision: $.metaData.timeStamp", "  revision: $.metaData.logicalEvents[*]", "revision"),
        ("    wait: $.metaData.wait", "    wiat: $.metaData.wait", "did you mean 'wait'?"),
    ],
)
def test_what_is_wrong_with_patches_is_told_with_its_line(mappings: Path, old: str, new: str, message: str) -> None:
    file = mappings / "game/live_game_v1.yaml"
    line = _change(file, old, new)
    _, problems = lint(mappings)
    assert [each.line for each in problems if each.file == file and message in each.message] == [line], problems


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  state: game:live:{game_pk}", "  state: game:live:{game_id}", "did you mean 'game_pk'?"),
        ("  changes: game:changes", "  changes: game:changes:{game_pk}", "pattern"),
        ("  served: game:served", "  serves: game:served", "did you mean 'served'?"),
        ("  title: [", '  title: ["{home_rums}", ', "did you mean 'home_runs'?"),
        (
            "      table: live_game_pitch_events",
            "      table: live_game_pitches",
            "there is no table 'live_game_pitches'",
        ),
        ("      of: play", "      of: plays", "did you mean 'play'?"),
        ("      of: play", "      of: score", "there is no kind with a table 'score'"),
        (
            "        batter_name: {table: live_game_players, column: full_name",
            "        batter_name: {table: live_game_players, column: ful_name",
            "did you mean 'full_name'?",
        ),
        (
            "        batter_name: {table: live_game_players,",
            "        batter_name: {table: live_game_runners,",
            "no table with a single key column",
        ),
        ("      columns: [away_runs,", "      columns: [away_rums,", "did you mean 'away_runs'?"),
        (
            "      columns: [away_runs, home_runs]",
            "      table: live_game_plays\n      columns: [away_runs, home_runs]",
            "give one of table, columns",
        ),
        (" {outs} out", " {out} out", "did you mean 'outs'?"),
        (" out: {description}", " out: {description", "expected '}' before end of string"),
        (" {outs} out", " {} out", "in braces stands the name of a column"),
    ],
)
def test_what_is_wrong_with_what_is_served_is_told_with_its_place(
    mappings: Path, old: str, new: str, message: str
) -> None:
    file = mappings / "game/live_game_v1.yaml"
    line = _change(file, old, new)
    _, problems = lint(mappings)
    problem = next(each for each in problems if each.file == file and message in each.message)
    assert line - 6 <= problem.line <= line, "its line, or that of the kind that it belongs to"
