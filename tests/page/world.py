"""What a browser opens: Airflow's API server over services of its own, with simulated dates in the tables."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from mlb_data_platform.services.environment import environment
from mlb_data_platform.settings import Settings, settings
from tests.conftest import PROJECT_DIR, callers_environment
from tests.page.simulated_dates import SimulatedDates

EVENING = datetime(2026, 8, 12, 0, 20, tzinfo=UTC)  # of fifteen games, some are over by then, and some are yet to begin
ROLES = ("viewer", "user")
_PASSWORD = "of the tests of the page"
_ENDPOINTS = {  # by the job that asks for it; in the order in which each needs what the one before it loaded
    "mlb_season": "season.seasons",
    "mlb_schedule": "schedule.schedule",
    "mlb_game": "game.live_game_v1",
    "mlb_people": "person.person",
    "mlb_win_probability": "game.win_probability",
}
_OF_ALL_DATES = ("mlb_season", "mlb_schedule", "mlb_game")
_LOOKED_AT = [timedelta(minutes=minutes) for minutes in range(60, -1, -10)]  # before the evening


@dataclass(frozen=True)
class World:
    """Where the page is, and what is in its tables."""

    environment: dict[str, str] = field(repr=False)
    dates: SimulatedDates

    @property
    def airflow(self) -> str:
        """The URL of Airflow."""
        return self.environment["MLB_AIRFLOW_URL"]

    @property
    def url(self) -> str:
        """The URL of the page, outside of Airflow's frame, without a slash at its end."""
        return f"{self.airflow}/ballpark"

    def password(self, role: str) -> str:
        """The password of the user who is named as his role."""
        assert role in ROLES
        return _PASSWORD

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection of the owner of the tables, each statement its own transaction."""
        return psycopg.connect(settings().postgres_dsn(), autocommit=True)


@contextmanager
def world(folder: Path, *dates: SimulatedDates, clock: datetime | None = None) -> Iterator[World]:
    """Give the block a world that is kept in `folder`, and ends with it; with a clock, the page's time is that.

    Of the dates, people and chances to win are known of the first alone. This process finds the services by its
    environment meanwhile.
    """
    given = callers_environment() | {"MLB_STATE_DIR": str(folder)}
    mlb_etl(given, "services", "up")
    try:
        given |= environment(folder) | _users(folder / "airflow")
        with pytest.MonkeyPatch.context() as patch, _airflow(given, clock) as wait_for_airflow:
            for name in Settings.model_fields:
                if name.upper() in given:
                    patch.setenv(name.upper(), given[name.upper()])
            settings.cache_clear()
            mlb_etl(given, "db", "migrate")
            for job, endpoint in _ENDPOINTS.items():
                for each in dates if job in _OF_ALL_DATES else dates[:1]:
                    each.capture(job)
                    if job == "mlb_game":
                        each.capture(job, [each.evening - ago for ago in _LOOKED_AT])
                mlb_etl(given, "transform", endpoint, "--all")
            mlb_etl(given, "db", "refresh")
            wait_for_airflow()
            yield World(given, dates[0])
    finally:
        mlb_etl(given, "services", "down")
        settings.cache_clear()


def mlb_etl(given: dict[str, str], *words: str) -> None:
    """Run `mlb-etl WORDS`; fail the test with what it says if that fails."""
    program = PROJECT_DIR / ".venv-jobs" / "bin" / "mlb-etl"
    done = subprocess.run([program, *words], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _users(home: Path) -> dict[str, str]:
    """Let Airflow have a user of each role, and return the environment that says so."""
    home.mkdir()
    passwords = json.dumps(dict.fromkeys(ROLES, _PASSWORD))
    (home / "simple_auth_manager_passwords.json.generated").write_text(passwords, encoding="utf-8")
    return {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role}:{role}" for role in ROLES)}


@contextmanager
def _airflow(given: dict[str, str], clock: datetime | None) -> Iterator[Callable[[], None]]:
    """Start Airflow's API server; give the block a function that returns once it answers."""
    server = [PROJECT_DIR / ".venv" / "bin" / "python", Path(__file__).with_name("airflow_server.py")]
    log = Path(given["AIRFLOW_HOME"]) / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*server, *([clock.isoformat()] if clock else [])],
            env=given | {"PYTHONPATH": os.pathsep.join([str(PROJECT_DIR), str(PROJECT_DIR / "include")])},
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def wait() -> None:
        deadline = time.monotonic() + 180
        while not _answers(given["MLB_AIRFLOW_URL"]):
            ended = process.poll() is not None or time.monotonic() > deadline
            assert not ended, f"Airflow does not answer: {log.read_text(errors='replace')[-4000:]}"
            time.sleep(0.2)

    try:
        yield wait
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v2/version", timeout=10).is_success
    except httpx.HTTPError:
        return False
