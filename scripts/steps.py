"""What the scripts of `make` share: one calm line per step, whole logs in files, and Airflow's way to the services."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import NoReturn

from mlb_data_platform import services
from mlb_data_platform.errors import BadInputError, PlatformError
from mlb_data_platform.jobs.pools import POOLS_FILE
from mlb_data_platform.services.access import locked
from mlb_data_platform.settings import PROJECT_DIR, settings


def end_with(error: PlatformError) -> NoReturn:
    """End the program with an error that a person can act on: in one line, with the exit code that it stands for."""
    print(f"error: {error}", file=sys.stderr)
    sys.exit(error.exit_code)


try:
    STATE_DIR = (PROJECT_DIR / settings().mlb_state_dir).resolve()
except BadInputError as error:  # no script that imports this can say it
    end_with(error)
LOGS = STATE_DIR / "logs"
SHOWN = STATE_DIR / "demo.json"  # whose league is in this folder, and what of it `make up` has shown
NOTEBOOK_STATE_DIR = STATE_DIR / "notebook"  # of the services that `make notebook` has while it makes its export
AIRFLOW = str(PROJECT_DIR / ".venv" / "bin" / "airflow")
MLB_ETL = str(PROJECT_DIR / ".venv-jobs" / "bin" / "mlb-etl")
DAY = date(2026, 7, 30)  # in the league of seed 7 eight games, two of them a doubleheader that makes up for rain
# When `mlb_schedule` asks for that date: all of its games are over.
SIMULATED = services.SimulatedSeason(seed=7, season=DAY.year, clock=datetime(2026, 7, 31, 10, 0, tzinfo=UTC))
_TELLING = re.compile(r"\berror\b|\bexit code\b|\w(Error|Exception)\b", re.IGNORECASE)
_SHOWN_LINES = 10
_SHOWN_WIDTH = 400


def script(main: Callable[[], None]) -> None:
    """Run a script, which ends with the error that it raises."""
    try:
        main()
    except PlatformError as error:
        end_with(error)


def run(step: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a program as one step, its output in a log; when it fails, show the end of that and exit with its code."""
    if code := attempt(step, argv, environment):
        sys.exit(code)


def attempt(step: str, argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program as `run` does, but return its exit code."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / (step.replace(" ", "-") + ".log")
    started = time.monotonic()
    with log.open("wb") as output:
        done = subprocess.run(
            argv, cwd=PROJECT_DIR, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        print("\n".join(_telling(log.read_text(encoding="utf-8", errors="replace").splitlines())), file=sys.stderr)
        print(f"error: {step} failed with exit code {done.returncode}; the whole log: {log}", file=sys.stderr)
    else:
        report(step, started)
    return done.returncode


def _telling(lines: Sequence[str]) -> Sequence[str]:
    """Return the last lines that speak of an error; Airflow's own, which follow them, say nothing about it."""
    telling = [line for line in lines if _TELLING.search(line)] or lines
    return [line[:_SHOWN_WIDTH] for line in telling[-_SHOWN_LINES:]]


def report(step: str, started: float) -> None:
    """Print the line of a step that is done."""
    print(f"{step:<28} {time.monotonic() - started:6.1f} s", flush=True)


@contextmanager
def alone() -> Iterator[None]:
    """Let no other `make run` and `make up` go on in this state folder: each would set the simulator for itself."""
    with locked(
        STATE_DIR, lambda: print("another `make run` or `make up` goes on here: waiting for its end", flush=True)
    ):
        yield


def start_services(season: services.SimulatedSeason | None) -> dict[str, str]:
    """Start PostgreSQL, Redis, S3 and the simulator of a season; return the environment that every later step runs in.

    Raises TransientError when a service does not start.
    """
    started = time.monotonic()
    services.up(STATE_DIR)
    if season:
        services.simulate(STATE_DIR, season)
    report("services", started)
    return {**os.environ, **services.environment(STATE_DIR), "MLB_RUNTIME": "process"}


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the platform's tables up to date, and Airflow's own: the latter once for each version of its lock."""
    run("db migrate", [MLB_ETL, "db", "migrate"], environment)
    wanted = hashlib.sha256((PROJECT_DIR / "requirements.txt").read_bytes() + POOLS_FILE.read_bytes()).hexdigest()
    stamp = STATE_DIR / "airflow" / ".migrated"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    run("airflow db migrate", [AIRFLOW, "db", "migrate"], environment)
    run("airflow pools", [AIRFLOW, "pools", "import", str(POOLS_FILE)], environment)
    stamp.write_text(wanted, encoding="utf-8")
