"""What a reader of a document has: a state folder of their own, and what `make run` left there."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mlb_data_platform import services
from tests.conftest import Cli, callers_environment
from tests.recordings import PROJECT_DIR

DAY = "2026-07-30"

Environment = dict[str, str]


def environment(folder: Path, project: Path = PROJECT_DIR) -> Environment:
    """Return the environment of a reader in the folder of the project, whose state lies below `folder`."""
    given = callers_environment()
    return given | {  # no program is measured: it would take Airflow twice as long, and other tests do
        "PATH": f"{project / '.venv-jobs' / 'bin'}:{given['PATH']}",
        "MLB_STATE_DIR": str(folder / "state"),
        "PYTEST_DEBUG_TEMPROOT": str(folder),  # ours would be closed to PostgreSQL's user
        "MLB_REQUESTS_PER_SECOND": "1000",  # nobody is to be spared here
    }


def load_day(environment: Environment, project: Path = PROJECT_DIR) -> None:
    """Leave what `make run` leaves: running services, migrated databases, the day in the tables."""
    _begin("migrate(start_services(SIMULATED))", environment, project)
    _load_day(environment)


def load_day_without_airflow(environment: Environment) -> None:
    """Leave that, but for Airflow's database, which takes longer than all the rest."""
    _begin("start_services(SIMULATED)", environment, PROJECT_DIR)
    _load_day(environment)


def _begin(steps: str, environment: Environment, project: Path) -> None:
    python = project / ".venv-jobs" / "bin" / "python"
    begin = f"from steps import SIMULATED, migrate, start_services; {steps}"
    subprocess.run([python, "-c", begin], cwd=project / "scripts", env=environment, check=True)


def _load_day(environment: Environment) -> None:
    mlb_etl = Cli(environment | services.environment(Path(environment["MLB_STATE_DIR"]))).ok
    mlb_etl("db", "migrate")
    for job, mapping in (("mlb_schedule", "schedule.schedule"), ("mlb_game", "game.live_game_v1")):
        mlb_etl("ingest", job, "--date", DAY)
        mlb_etl("transform", mapping, "--date", DAY)


def stop_services(environment: Environment, project: Path = PROJECT_DIR) -> None:
    """End what `load_day`, or a document, has started."""
    subprocess.run(["make", "down"], cwd=project, env=environment, check=True)
