"""Airflow's four processes on this machine, recorded and stopped like the services."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

from steps import AIRFLOW, STATE_DIR

from mlb_data_platform.errors import TransientError
from mlb_data_platform.services.access import write_private
from mlb_data_platform.services.process import BackgroundProcess, Command

# In the order they start: the last to start is the first to stop.
NAMES = ("api-server", "scheduler", "dag-processor", "triggerer")
USER = "admin"
_START_SECONDS = 180


def start(environment: Mapping[str, str]) -> None:
    """Start those that do not run, and return when all are healthy.

    Raises TransientError naming the logs when they are not within three minutes.
    """
    home = STATE_DIR / "airflow"
    # Airflow's simple auth manager reads the passwords of its users there, and would make up what is missing.
    write_private(
        home / "simple_auth_manager_passwords.json.generated", json.dumps({USER: environment["MLB_AIRFLOW_PASSWORD"]})
    )
    for process in _processes():
        if process.pid() is None:
            process.start(Command(argv=_argv(process.name, environment), environment=dict(environment)))
    deadline = time.monotonic() + _START_SECONDS
    while not _healthy(environment["MLB_AIRFLOW_URL"]):
        ended = [f"{process.name}: {process.log_tail()}" for process in _processes() if process.pid() is None]
        if ended or time.monotonic() > deadline:
            raise TransientError("; ".join(ended) or f"Airflow is not healthy; its logs: {_processes()[0].log.parent}")
        time.sleep(1)


def stop() -> list[str]:
    """Stop those that run, their tasks with them; return the names, each with what had to be killed for it."""
    return [str(ended) for process in reversed(_processes()) if (ended := process.stop())]


def _processes() -> list[BackgroundProcess]:
    return [BackgroundProcess(name, STATE_DIR / "airflow" / "processes") for name in NAMES]


def _argv(name: str, environment: Mapping[str, str]) -> list[str]:
    if name != "api-server":
        return [AIRFLOW, name]
    host, _, port = environment["MLB_AIRFLOW_URL"].removeprefix("http://").partition(":")
    return [AIRFLOW, name, "--host", host, "--port", port, "--workers", "1"]


def _healthy(url: str) -> bool:
    """Whether the API server answers and says that the others are well."""
    try:
        with urllib.request.urlopen(f"{url}/api/v2/monitor/health", timeout=10) as response:  # nosec B310  # our own URL
            health = json.load(response)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
    return all(part["status"] == "healthy" for part in health.values())
