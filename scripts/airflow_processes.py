"""Airflow's four processes on this machine, recorded and stopped like the services."""

from __future__ import annotations

import http.client
import json
import time
import urllib.request
from collections.abc import Mapping

import msgspec
from steps import AIRFLOW, STATE_DIR

from mlb_data_platform import services
from mlb_data_platform.errors import TransientError
from mlb_data_platform.files import write_whole
from mlb_data_platform.services.process import BackgroundProcess, Command

_API_SERVER = "api-server"
# In the order they start: the last to start is the first to stop.
NAMES = (_API_SERVER, "scheduler", "dag-processor", "triggerer")
_START_SECONDS = 180
_HEARTBEATS_SECONDS = 10  # of several heartbeats: after the machine has slept, the first ones are late


def running() -> list[str]:
    """Return the names of those that run."""
    return [process.name for process in _processes() if process.pid()]


def give_up_taken_port() -> None:
    """Have the API server listen on another port when a stranger took its own while it was stopped.

    The others find the API server by its port: those that still run are stopped.
    """
    if _API_SERVER not in running() and services.give_up_taken_port(STATE_DIR, "airflow"):
        stop()


def start(environment: Mapping[str, str]) -> None:
    """Start those that do not run, or run no more than in name, and return when all are healthy.

    Raises TransientError naming the logs when they are not within three minutes.
    """
    home = STATE_DIR / "airflow"
    # Airflow's simple auth manager reads the passwords of its users there, and would make up what is missing.
    passwords = json.dumps({environment["MLB_AIRFLOW_USER"]: environment["MLB_AIRFLOW_PASSWORD"]})
    write_whole(home / "simple_auth_manager_passwords.json.generated", passwords, private=True)
    _stop_hanging(environment["MLB_AIRFLOW_URL"])
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


def _stop_hanging(url: str) -> None:
    """Stop those that run and are not well, and their tasks with them.

    A scheduler that has lost its database schedules nothing any more, and ends only with the last task it has started.
    """
    deadline = time.monotonic() + _HEARTBEATS_SECONDS
    while hanging := _hanging(url):
        if time.monotonic() > deadline:
            for process in reversed(hanging):
                process.stop()
        time.sleep(1)


def _hanging(url: str) -> list[BackgroundProcess]:
    alive = [each for each in _processes() if each.pid()]
    unwell = (_unwell(url) or []) if alive else []  # asked once for all of them
    return [each for each in alive if each.name in unwell]


def _processes() -> list[BackgroundProcess]:
    return [BackgroundProcess(name, STATE_DIR / "airflow" / "processes") for name in NAMES]


def _argv(name: str, environment: Mapping[str, str]) -> list[str]:
    if name != _API_SERVER:
        return [AIRFLOW, name]
    host, _, port = environment["MLB_AIRFLOW_URL"].removeprefix("http://").partition(":")
    return [AIRFLOW, name, "--host", host, "--port", port, "--workers", "1"]


class _Part(msgspec.Struct):
    status: str | None


def _healthy(url: str) -> bool:
    """Whether the API server answers and says that the others are well. Raises TransientError as `_unwell` does."""
    return _unwell(url) == []


def _unwell(url: str) -> list[str] | None:
    """Return the names of those that are not well, as the API server says; None where it does not answer.

    Raises TransientError naming the port where somebody else answers.
    """
    try:
        with urllib.request.urlopen(f"{url}/api/v2/monitor/health", timeout=10) as response:  # nosec B310  # our own URL
            health = msgspec.json.decode(response.read(), type=dict[str, _Part])
    except msgspec.MsgspecError:
        raise TransientError(
            f"{url} is answered by another program than Airflow, which took the port as Airflow started: "
            "run `make up` again, it then takes another port"
        ) from None
    except (OSError, http.client.HTTPException):
        return None
    return [name.replace("_", "-") for name, part in health.items() if part.status != "healthy"]
