"""`make notebook`: the notebooks in JupyterLab, or run to their end, over an export of some simulated weeks.

MLB_DUCKDB names another export to look at.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from steps import LOGS, MLB_ETL, NOTEBOOK_STATE_DIR, SIMULATED, STATE_DIR, attempt, report, run, script

from mlb_data_platform import services
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.settings import PROJECT_DIR
from statsapi_simulator.world.dates import season_dates

NOTEBOOKS = PROJECT_DIR / "notebooks"
NAMES = ("pitchers_day", "corrections", "wildest_game")
PYTHON, JUPYTER, JUPYTEXT = (
    str(PROJECT_DIR / ".venv-notebook" / "bin" / name) for name in ("python", "jupyter", "jupytext")
)
WORKSPACE = "notebooks"
EXPORT = STATE_DIR / "notebook.duckdb"
SHOWN = NOTEBOOKS / ".shown"  # which export the notebooks beside it were run over
_DAYS = 31
_JOBS = {  # in the order in which each needs what the one before it loaded
    "mlb_schedule": "schedule.schedule",
    "mlb_game": "game.live_game_v1",
    "mlb_win_probability": "game.win_probability",
}


def main() -> None:
    """Make the export where it is missing, unless MLB_DUCKDB names another; then open the notebooks, or run them."""
    parser = argparse.ArgumentParser(prog="make notebook", description="JupyterLab with three notebooks.")
    parser.add_argument("--execute", action="store_true", help="run them all instead, and keep what they show")
    parser.add_argument("--days", type=int, help=f"make the export anew, of so many dates (default: {_DAYS})")
    arguments = parser.parse_args()
    if arguments.days is not None and arguments.days < 1:
        raise BadInputError(f"--days: {arguments.days} is not a number of dates; the default is {_DAYS}")
    if own := os.environ.get("MLB_DUCKDB"):
        look_at(Path(own), arguments.days)
    elif arguments.days or not EXPORT.exists():
        simulate(arguments.days or _DAYS)
    if arguments.execute:
        execute()
    else:
        open_lab()


def look_at(own: Path, days: int | None) -> None:
    """Let the notebooks find an export of one's own, wherever they run. Raises BadInputError where there is none."""
    from mlb_data_platform.export.duckdb_file import is_export

    if days:
        raise BadInputError(f"--days is for the simulated season; MLB_DUCKDB says to look at {own}: give one of them")
    if not own.exists():
        raise BadInputError(f"MLB_DUCKDB: {own} is missing; `mlb-etl export duckdb {own}` makes it")
    if not is_export(own):
        raise BadInputError(f"MLB_DUCKDB: {own} is no export of `mlb-etl export duckdb`")
    os.environ["MLB_DUCKDB"] = str(own.resolve())


def simulate(days: int) -> None:
    """Make the export of the season's first dates.

    Its services are its own: `make run` and `make up` may have other captures of the same games.
    """
    first = season_dates(SIMULATED.season).regular_season_start  # early on, a standing is soon summed up
    dates = [str(first), str(first + timedelta(days=days - 1))]
    try:
        started = time.monotonic()
        environment = {**os.environ, **services.up(NOTEBOOK_STATE_DIR)}
        report("services", started)
        run("db migrate", [MLB_ETL, "db", "migrate"], environment)
        for job, endpoint in _JOBS.items():
            program = str(Path(__file__).with_name("simulated_ingest.py"))
            run(f"ingest {job}", [sys.executable, program, job, *dates], environment)
            run(f"transform {endpoint}", [MLB_ETL, "transform", endpoint, "--all"], environment)
        run("db refresh", [MLB_ETL, "db", "refresh"], environment)
        run("export duckdb", [MLB_ETL, "export", "duckdb", str(EXPORT)], environment)
    finally:
        services.down(NOTEBOOK_STATE_DIR)
        shutil.rmtree(NOTEBOOK_STATE_DIR, ignore_errors=True)  # which is not there where no service could start


def execute() -> None:
    """Run the notebooks one after the other, keep what they show beside the export, and exit with 1 if one failed."""
    shown = STATE_DIR / "notebooks"
    shown.mkdir(parents=True, exist_ok=True)
    failed = [name for name in NAMES if not _succeeds(NOTEBOOKS / f"{name}.py", shown / f"{name}.ipynb")]
    print(f"what they show: {shown}", flush=True)
    if failed:
        sys.exit(f"error: failed: {', '.join(failed)}; the last cell that shows something says why")


def open_lab() -> None:
    """Become JupyterLab, on loopback with its token, with the notebooks open.

    Before that, those are run that are new, and all where the export is another one. One that fails is opened as well:
    what it shows says why.
    """
    notebooks = [NOTEBOOKS / f"{name}.ipynb" for name in NAMES]
    export = fingerprint(Path(os.environ.get("MLB_DUCKDB") or EXPORT))
    is_known = SHOWN.exists() and SHOWN.read_text(encoding="utf-8") == export
    to_run = [notebook for notebook in notebooks if not (is_known and notebook.exists())]
    _pair()
    SHOWN.unlink(missing_ok=True)
    for notebook in to_run:
        _succeeds(notebook, notebook)
    SHOWN.write_text(export, encoding="utf-8")
    if to_run:
        _pair()  # again, as JupyterLab opens no notebook that is newer than its script
    environment = {**os.environ, "JUPYTERLAB_WORKSPACES_DIR": str(STATE_DIR / "jupyterlab")}
    description = LOGS / "workspace.json"
    description.write_text(json.dumps(workspace([notebook.name for notebook in notebooks])), encoding="utf-8")
    run("workspace", [JUPYTER, "lab", "workspaces", "import", str(description)], environment)
    os.chdir(NOTEBOOKS)
    url = f"/lab/workspaces/{WORKSPACE}"
    os.execve(JUPYTER, [JUPYTER, "lab", "--allow-root", f"--LabApp.default_url={url}"], environment)  # nosec B606


def fingerprint(file: Path) -> str:
    """Return what is another where a file is, or has something else in it: its path, size in bytes and last change."""
    state = file.stat()
    return f"{file} {state.st_size} {state.st_mtime_ns}"


def _succeeds(source: Path, output: Path) -> bool:
    program = str(Path(__file__).with_name("execute_notebook.py"))
    return attempt(source.stem, [PYTHON, program, str(source), str(output)], os.environ) == 0


def _pair() -> None:
    """Let each notebook be what its script is, or the other way round: the newer of the two."""
    run("pair with scripts", [JUPYTEXT, "--sync", *(str(NOTEBOOKS / f"{name}.py") for name in NAMES)], os.environ)


def workspace(notebooks: Sequence[str]) -> dict[str, Any]:
    """Return what JupyterLab keeps of a window in which these are open, side by side as tabs."""
    tabs = {f"notebook:{name}": {"data": {"path": name, "factory": "Notebook"}} for name in notebooks}
    dock = {"type": "tab-area", "currentIndex": 0, "widgets": [*tabs]}
    restored = {"main": {"dock": dock, "current": next(iter(tabs))}}
    return {"data": {"layout-restorer:data": restored, **tabs}, "metadata": {"id": WORKSPACE}}


if __name__ == "__main__":
    script(main)
