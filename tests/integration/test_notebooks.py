"""`make notebook`: the three notebooks run over what it simulates, and no plot of theirs is empty."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mlb_data_platform import services
from tests import simulated
from tests.conftest import PROJECT_DIR, callers_environment

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

SEASON = 2026
NOTEBOOKS = {"pitchers_day": 4, "corrections": 4, "wildest_game": 3}  # with how many plots each
_DAYS = 3  # the fewest of the season that have a hit that became an error, and pitches that were renamed
_PYTHON = PROJECT_DIR / ".venv-notebook" / "bin" / "python"

_COUNT_LINES = """
from runpy import run_path
from matplotlib import pyplot
for notebook, men, figure in ("corrections", "averages", 3), ("wildest_game", "shown", 2):
    values = run_path(f"{notebook}.py")
    print(f"{notebook}: {len(values[men])} men, {len(pyplot.figure(figure).axes[0].get_yticks())} lines")
    pyplot.close("all")
"""


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make notebook ARGS=--execute` leaves of the first dates of the season."""
    folder = tmp_path_factory.mktemp("notebook")
    done = subprocess.run(
        ["make", "notebook", f"ARGS=--execute --days {_DAYS}"],
        env={**callers_environment(), "MLB_STATE_DIR": str(folder)},
        cwd=PROJECT_DIR, capture_output=True, text=True, timeout=580, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def season(state_dir: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(state_dir / "notebook.duckdb"), read_only=True) as database:
        yield database


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_shows_its_plots(name: str, state_dir: Path) -> None:
    shown = outputs(state_dir, name)
    assert len([output for output in shown if "image/png" in output.get("data", {})]) == NOTEBOOKS[name]
    assert [output for output in shown if output.get("name") == "stderr"] == []


def outputs(state_dir: Path, name: str) -> list[dict[str, Any]]:
    """What the cells of a notebook show."""
    cells = json.loads((state_dir / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", ())]


def test_corrections_are_those_of_the_simulated_games_as_late_as_they_came(season: duckdb.DuckDBPyConnection) -> None:
    season.execute("SET TimeZone = 'UTC'")
    games = [game_pk for (game_pk,) in season.execute("SELECT game_pk FROM game.live_game_metadata").fetchall()]
    announced = {game_pk: _announced(game_pk) for game_pk in games}
    seen = dict(season.execute("SELECT game_pk, min(seen_at) FROM game.corrections GROUP BY game_pk").fetchall())
    assert len(games) > 25
    assert seen.keys() == {game_pk for game_pk, moment in announced.items() if moment}
    assert all(announced[game_pk] <= moment for game_pk, moment in seen.items())


def _announced(game_pk: int) -> Any:
    """When the scorer's or the trackers' changes of a game were; a play that only began a second earlier is none."""
    record = simulated.record(SEASON, game_pk)
    before = {play.index: play for play in record.plays}
    told = [
        change.announced_at
        for change in record.changes
        if (change.play.event_type, change.play.moves, change.play.events)
        != (before[change.play.index].event_type, before[change.play.index].moves, before[change.play.index].events)
    ]
    return min(told, default=None)


@pytest.fixture
def empty(season: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """An export that has no rows."""
    file = tmp_path / "empty.duckdb"
    with duckdb.connect(str(file)) as database:
        tables = season.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, name in tables:
            columns = season.execute(f'SELECT * FROM {schema}."{name}" LIMIT 0').description
            database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            defined = ", ".join(f'"{each[0]}" {each[1]}' for each in columns)
            database.execute(f'CREATE TABLE {schema}."{name}" ({defined})')
    return file


def test_an_export_without_games_is_told_from_one_with_quiet_games(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One that fails does not keep the next from running, and says in words what it lacks."""
    monkeypatch.syspath_prepend(PROJECT_DIR / "scripts")
    import notebook
    import steps

    monkeypatch.setattr(steps, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(notebook, "STATE_DIR", tmp_path)
    names = ("pitchers_day", "corrections")  # as each takes its time
    monkeypatch.setattr(notebook, "NAMES", names)
    monkeypatch.setenv("MLB_DUCKDB", str(empty))
    with pytest.raises(SystemExit, match="error: failed: pitchers_day, corrections;"):
        notebook.execute()
    told = capfd.readouterr().err
    assert f"NothingFound: {empty} has nothing of what is asked for" in told
    assert "\x1b" not in told
    for name in names:
        (said,) = [output for output in outputs(tmp_path, name) if output["output_type"] == "error"]
        assert said["traceback"] == [said["evalue"]]


def test_games_that_nobody_corrected_are_no_error(state_dir: Path, tmp_path: Path) -> None:
    quiet = Path(shutil.copy(state_dir / "notebook.duckdb", tmp_path / "quiet.duckdb"))
    with duckdb.connect(str(quiet)) as database:
        database.execute("DELETE FROM game.corrections")
    done = subprocess.run(
        [_PYTHON, PROJECT_DIR / "notebooks" / "corrections.py"],
        env={**os.environ, "MLB_DUCKDB": str(quiet), "MPLBACKEND": "agg"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.match(r"Of \d+ final games none was corrected", done.stdout)
    assert "No pitch was renamed" in done.stdout


def test_two_men_of_one_name_have_a_line_each(state_dir: Path, tmp_path: Path) -> None:
    namesakes = Path(shutil.copy(state_dir / "notebook.duckdb", tmp_path / "namesakes.duckdb"))
    with duckdb.connect(str(namesakes)) as database:
        database.execute("UPDATE game.season_batting SET player_name = 'John Smith'")
        database.execute("UPDATE game.live_game_players SET full_name = 'John Smith'")
    done = subprocess.run(
        [_PYTHON, "-c", _COUNT_LINES],
        env={**os.environ, "MLB_DUCKDB": str(namesakes), "MPLBACKEND": "agg"},
        cwd=PROJECT_DIR / "notebooks", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    counted = re.findall(r"^\w+: (\d+) men, (\d+) lines$", done.stdout, re.MULTILINE)
    assert len(counted) == 2
    assert all(men == lines != "1" for men, lines in counted), counted


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, PROJECT_DIR / "scripts" / "notebook.py"],
        env={**callers_environment(), "MLB_STATE_DIR": str(tmp_path), "MLB_DUCKDB": str(tmp_path)},
        cwd=PROJECT_DIR, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = f"error: MLB_DUCKDB: {tmp_path} is no export of `mlb-etl export duckdb`\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_an_export_that_was_made_anew_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By it the notebooks are run again before JupyterLab shows them."""
    monkeypatch.syspath_prepend(PROJECT_DIR / "scripts")
    import notebook

    file = tmp_path / "season.duckdb"
    file.write_bytes(b"one")
    before = notebook.fingerprint(file)
    assert notebook.fingerprint(file) == before
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    assert notebook.fingerprint(file) != before
    assert notebook.fingerprint(Path(shutil.copy2(file, tmp_path / "other.duckdb"))) != notebook.fingerprint(file)


def test_make_down_stops_what_a_killed_one_has_left(tmp_path: Path) -> None:
    services.up(tmp_path / "notebook")
    try:
        done = subprocess.run(
            ["make", "down"], env={**callers_environment(), "MLB_STATE_DIR": str(tmp_path)}, cwd=PROJECT_DIR,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout.startswith("stopped ")) == (0, True), done.stdout + done.stderr
    finally:
        left = services.down(tmp_path / "notebook")
    assert left == []


@pytest.mark.usefixtures("state_dir")
def test_a_plot_of_nothing_is_refused() -> None:
    done = drawn("axes.axhline(0); axes.scatter([], []); finish(axes)")
    assert done.returncode == 1
    assert "LookupError: nothing is drawn" in done.stderr


@pytest.mark.usefixtures("state_dir")
def test_what_is_noted_outside_of_the_axes_is_in_the_picture() -> None:
    done = drawn("axes.scatter([0, 1], [0, 1]); note(axes, 'just above', (1, 1.1), (0, 0)); finish(axes)")
    assert done.returncode == 0, done.stderr
    assert "just above" in done.stdout


@pytest.mark.usefixtures("state_dir")
def test_words_are_those_of_a_sentence() -> None:
    events = "print(in_a_line('Grounded Into DP'), in_a_line('Caught Stealing 2B'), sep=', ', file=sys.stderr)"
    counts = "print(count(1, 'walk'), count(0, 'hit'), sep=', ', file=sys.stderr)"
    done = drawn(f"axes.plot([0, 1]); {events}; {counts}")
    assert done.stderr == "grounded into DP, caught stealing 2B\n1 walk, 0 hits\n"


def drawn(how: str) -> subprocess.CompletedProcess[str]:
    """Draw a picture, and write it as SVG."""
    begin = "import sys; from style import *; plt.rcParams['svg.fonttype'] = 'none'"
    picture = "figure, axes = picture('A title', 'and a line', (5, 4))"
    return subprocess.run(
        [_PYTHON, "-c", f"{begin}; {picture}; {how}; figure.savefig(sys.stdout.buffer, format='svg')"],
        env={**os.environ, "PYTHONPATH": str(PROJECT_DIR / "notebooks"), "MPLBACKEND": "agg"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
