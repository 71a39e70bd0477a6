"""Airflow's four processes on this machine, recorded and stopped like the services."""

from __future__ import annotations

from collections.abc import Mapping

from steps import AIRFLOW, STATE_DIR

from mlb_data_platform.services.process import BackgroundProcess, Command

# In the order they start: the last to start is the first to stop.
NAMES = ("api-server", "scheduler", "dag-processor", "triggerer")


def start(environment: Mapping[str, str], port: int) -> None:
    """Start those that do not run."""
    for process in _processes():
        if process.pid() is None:
            more = ["--host", "127.0.0.1", "--port", str(port)] if process.name == "api-server" else []
            process.start(Command(argv=[AIRFLOW, process.name, *more], environment=dict(environment)))


def stop() -> list[str]:
    """Stop those that run, and return their names."""
    return [process.name for process in reversed(_processes()) if process.stop()]


def _processes() -> list[BackgroundProcess]:
    return [BackgroundProcess(name, STATE_DIR / "airflow" / "processes") for name in NAMES]
