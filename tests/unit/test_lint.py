"""`mlb-etl schema lint`: mappings and jobs, each problem with file, line, key and the nearest valid one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sample_mapping import write

from mlb_data_platform.definitions.lint import lint, linted_mappings
from mlb_data_platform.settings import DAGS_DIR, MAPPINGS_DIR
from mlb_data_platform.yaml_models import YamlProblems


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
    misspelt = _change(job, "each:", "eech:")
    _, problems = lint(mappings, dags)
    found = {(problem.file, problem.line): problem.message for problem in problems}
    assert "did you mean 'bigint'?" in found[game, wrong_type]
    assert "did you mean 'team'?" in found[schedule, no_group]
    assert found[season, twice] == "duplicate key 'season_id'"
    assert "did you mean 'each'?" in found[job, misspelt]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("mapping: game.live_game_v1", "mapping: game.live_game_v2", "did you mean 'game.live_game_v1'?"),
        ("table: schedule.games", "table: schedule.game", "did you mean 'schedule.games'?"),
        ("produces: [game.live_game_metadata]", "produces: [game.metadata]", "did you mean 'game.live_game_metadata'?"),
        ("{game_pk: game_pk}\n  without", "{game_pk: gamepk}\n  without", "no column of schedule.games 'gamepk'"),
        ("without: {coded_game_state", "without: {coded_state", "did you mean 'coded_game_state'?"),
        ("date: schedule_date", "date: scheduled_date", "did you mean 'schedule_date'?"),
        (
            "date: schedule_date",
            "date: game_date",
            "schedule.games.game_date is timestamptz: only what is of type date",
        ),
        (
            ".codedGameState, values",
            ".codedGameStat, values",
            "has nothing at $.gameData.status.codedGameStat: without",
        ),
        ("path: $.gameData.status.codedGameState", "path: $", "'$' must end with the name of a key"),
        ('--game-pk, "{game_pk}"]', '--key, "team_id={team_id}"]', "unknown placeholder '{team_id}'"),
        ("[ingest, mlb_game,", "[ingest, mlb_gam,", "there is no job 'mlb_gam'; did you mean 'mlb_game'?"),
        ("[transform, game.live_game_v1,", "[transform, game.live_game,", "did you mean 'game.live_game_v1'?"),
        ("columns: {game_pk:", "columns: {game_pkk:", "no column of game.live_game_metadata 'game_pkk'"),
        ("parameters: {game_pk:", "parameters: {gamePk:", "the parameter 'game_pk' is missing"),
    ],
)
def test_a_job_names_mappings_and_tables_that_exist(dags: Path, old: str, new: str, hint: str) -> None:
    line = _change(dags / "mlb_game.yaml", old, new)
    _, (problem,) = lint(MAPPINGS_DIR, dags)
    assert (problem.file, problem.line) == (dags / "mlb_game.yaml", line)
    assert hint in problem.message


@pytest.mark.parametrize(
    ("job", "old", "new", "hint"),
    [
        ("mlb_schedule", "views: [schedule.today", "views: [schedule.tody", "did you mean 'schedule.today'?"),
        ("mlb_schedule", "game.latest_live]", "game.play_values]", "no materialized view 'game.play_values'"),
        ("mlb_schedule_today", "refresh, schedule.today", "refresh, schedule.tody", "did you mean 'schedule.today'?"),
    ],
)
def test_a_job_refreshes_materialized_views_that_exist(dags: Path, job: str, old: str, new: str, hint: str) -> None:
    line = _change(dags / f"{job}.yaml", old, new)
    _, (problem,) = lint(MAPPINGS_DIR, dags)
    assert (problem.file, problem.line) == (dags / f"{job}.yaml", line)
    assert hint in problem.message


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("mlb_corrections_per_dya", "did you mean 'mlb_corrections_per_day'?"),
        ("mlb_requests_per_second", "no setting that is a whole number"),
    ],
)
def test_a_job_has_the_budget_of_a_setting_that_exists(dags: Path, setting: str, hint: str) -> None:
    line = _change(dags / "mlb_corrections.yaml", "most_a_day: mlb_corrections_per_day", f"most_a_day: {setting}")
    _, (problem,) = lint(MAPPINGS_DIR, dags)
    assert (problem.file, problem.line) == (dags / "mlb_corrections.yaml", line)
    assert hint in problem.message


@pytest.mark.parametrize("of", ["mlb_life", "mlb_season", "mlb_schedule"], ids=["unknown", "of no games", "itself"])
def test_a_schedule_is_watched_for_a_job_that_reads_its_games(dags: Path, of: str) -> None:
    line = _change(dags / "mlb_schedule.yaml", "games_of: mlb_live", f"games_of: {of}")
    _, (problem,) = lint(MAPPINGS_DIR, dags)
    assert (problem.file, problem.line) == (dags / "mlb_schedule.yaml", line)
    assert f"there is no job with 'each' of schedule.games '{of}'" in problem.message
    assert of != "mlb_life" or "did you mean 'mlb_live'?" in problem.message


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("where: {game_type: R, season: {in: season.seasons_normalized, column: season_id}}", ""),
        ("where: {season: {in: season.season, column: season_id}}", "there is no table 'season.season'"),
        ("where: {season: {in: season.seasons_normalized, column: seasn}}", "season.seasons_normalized 'seasn'"),
        ("where: {season: {in: schedule.today, column: whatever}}", ""),  # a view: PostgreSQL knows its columns
        ("where: {season: '{season}', home_team_id: '{game_pk}'}", "unknown placeholder '{game_pk}'"),
        (
            "where: {season: {in: season.seasons_normalized, column: season_id, where: {season_id: '{seson}'}}}",
            "each.where.season.where.season_id: unknown placeholder '{seson}'; did you mean 'season'?",
        ),
        (
            "where: {season: {in: season.seasons_normalized, column: season_id, date: season_id}}",
            "season.seasons_normalized.season_id is",
        ),
        ("unless: {table: game.live_game_metadata, columns: {game_pk: '{game_pk}'}, newer_than_days: 1}", ""),
        (
            "unless: {table: game.live_game_plays, columns: {game_pk: '{game_pk}'}, newer_than_days: 1}",
            "game.live_game_plays does not say when its rows were captured last",
        ),
    ],
)
def test_what_the_items_of_a_job_are_chosen_by_exists(dags: Path, more: str, message: str) -> None:
    file = dags / "mlb_game.yaml"
    _change(file, "each:\n", f"each:\n  {more}\n")
    _, problems = lint(MAPPINGS_DIR, dags)
    assert len(problems) == bool(message)
    assert all(problem.file == file and message in problem.message for problem in problems)


def test_rows_of_one_unit_do_not_replace_those_of_another(mappings: Path) -> None:
    file = mappings / "schedule/schedule.yaml"
    line = _change(file, "    across_units: A game is of one sport.\n", "")
    _, problems = lint(mappings)
    (problem,) = (each for each in problems if each.file == file)
    assert problem.line == line - 1
    assert "lacks sport_id of the unit (schedule_date, sport_id)" in problem.message


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
            "dates: {column: schedule_date, table: schedule.games, key: {game_pk: [home_team_di]}}",
            "dates:",
            "there is no column of schedule.games 'home_team_di'; did you mean 'home_team_id'?",
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
            "    indexes: [[official_date]]",
            "    searched: [away_name, away_name]",
            "    searched: [away_name",
            "the name game.live_game_metadata_away_name_searched is taken by tables.live_game_metadata.searched.0",
        ),
        (
            "  live_game_scoring_plays:",
            "  live_game_home_bench:",
            "    views_by: side",
            "the name game.live_game_home_bench is taken by tables.live_game_home_bench of game.live_game_v1",
        ),
        (
            "  live_game_scoring_plays:",
            "  season_batting:",
            "  season_batting:",
            "the name game.season_batting is taken by a view of sql/views",
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


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        (
            "season: {type: text, parameter: season}",
            "season: {type: text, parameter: sportI}",
            "  season: {type: text",
            "natural_key.season.parameter: the catalogue knows no parameter 'sportI' of /api/v1/seasons/all"
            " (if the API takes it all the same, name it under 'parameters' of the request); did you mean 'sportId'?",
        ),
        (
            "{catalogue: Season.allSeasons, parameters: [season]}",
            "{catalogue: Team.roster, parameters: [sportId]}",
            "request:",
            "request: /api/v1/teams/{teamId}/roster/{rosterType}: no natural key gives the parameter 'teamId'",
        ),
        (
            "{catalogue: Season.allSeasons, parameters: [season]}",
            "{path: '/api/v1/sports/{sportID}/seasons'}",
            "request:",
            "request: /api/v1/sports/{sportID}/seasons: no natural key gives the parameter 'sportID';"
            " did you mean 'sportId'?",
        ),
    ],
)
def test_a_request_has_the_parameters_that_its_path_needs_and_no_others(
    mappings: Path, old: str, new: str, at: str, message: str
) -> None:
    file = mappings / "season/seasons.yaml"
    _change(file, old, new)
    _, problems = lint(mappings)
    problem = next(each for each in problems if each.file == file and each.message.startswith(message))
    assert file.read_text().splitlines()[problem.line - 1].startswith(at)


def _rename_the_table(seasons: Path) -> str:
    seasons.write_text(seasons.read_text().replace("seasons_normalized", "seasons"))
    return (
        "the name season.seasons is taken by method of season.seasons: that is the raw table, so call the table"
        " seasons_normalized"
    )


def _map_the_table_twice(seasons: Path) -> str:
    seasons.with_name("other.yaml").write_text(seasons.read_text().replace("method: seasons", "method: other"))
    return "the name season.seasons_normalized is taken by tables.seasons_normalized of season.other"


@pytest.mark.parametrize("spoil", [_rename_the_table, _map_the_table_twice])
def test_two_tables_of_one_name_are_told_before_a_migration_is_written(
    mappings: Path, spoil: Callable[[Path], str]
) -> None:
    file = mappings / "season/seasons.yaml"
    message = spoil(file)
    line = file.read_text().splitlines().index("tables:") + 2
    _, problems = lint(mappings)
    assert [each.line for each in problems if each.file == file and each.message.endswith(message)] == [line]
    with pytest.raises(YamlProblems, match=f"{file}:{line}: .*{message}"):
        linted_mappings(mappings)
