"""The three services of one state folder as a whole: up, down, status, and the environment that leads to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from mlb_data_platform.services.access import (
    Access,
    ensure_access,
    load_access,
    locked,
    move_to_free_port,
    port_is_free,
)
from mlb_data_platform.services.postgres import AIRFLOW_DATABASE, DATABASE, Postgres
from mlb_data_platform.services.redis import Redis
from mlb_data_platform.services.s3 import S3
from mlb_data_platform.services.service import Service
from mlb_data_platform.services.simulator import Simulator
from mlb_data_platform.settings import DAGS_DIR, PROJECT_DIR

ServiceT = TypeVar("ServiceT", bound=Service)

_KINDS: tuple[type[Service], ...] = (Postgres, Redis, S3)


@dataclass(frozen=True)
class Status:
    """One service as `status` saw it; `pid` is None when it is stopped, `port` None before its first start."""

    name: str
    pid: int | None
    port: int | None

    @property
    def running(self) -> bool:
        return self.pid is not None


def up(state_dir: Path) -> dict[str, str]:
    """Start what does not run yet, and return the environment that leads to it. Data of earlier runs is kept.

    Raises TransientError with the end of a server's log when it does not start.
    """
    folder = _folder(state_dir)
    with locked(folder):
        for service in _services(folder, ensure_access(folder)):
            if service.process.pid() is None:
                _on_a_free_port(folder, service).start()
    return environment(state_dir)


def serve_recordings(state_dir: Path, recordings: Path) -> str:
    """Serve the recorded responses of the folder `recordings` in place of the Stats API, and return the URL.

    `environment` names that URL from then on, until `down`.
    """
    folder = _folder(state_dir)
    with locked(folder):
        simulator = Simulator(folder, ensure_access(folder)[Simulator.name], recordings)
        simulator.stop()  # it may serve another folder
        simulator = _on_a_free_port(folder, simulator, recordings)
        simulator.start()
    return simulator.url


def down(state_dir: Path) -> list[str]:
    """Stop what runs in `state_dir` and return the names."""
    folder = _folder(state_dir)
    access = load_access(folder)
    if access is None:
        return []
    with locked(folder):
        running = [Simulator(folder, access[Simulator.name]), *reversed(_services(folder, access))]
        return [service.name for service in running if service.stop()]


def status(state_dir: Path) -> list[Status]:
    """Return each service's state."""
    folder = _folder(state_dir)
    access = load_access(folder)
    if access is None:
        return [Status(kind.name, None, None) for kind in _KINDS]
    return [Status(each.name, each.process.pid(), each.access.port) for each in _services(folder, access)]


def environment(state_dir: Path) -> dict[str, str]:
    """Return the variables by which programs, and Airflow, find the services of `state_dir` (passwords included)."""
    folder = _folder(state_dir)
    access = ensure_access(folder)
    postgres, redis, s3 = access["postgres"], access["redis"], access["s3"]
    simulator = Simulator(folder, access[Simulator.name])
    return {
        "POSTGRES_HOST": postgres.host,
        "POSTGRES_PORT": str(postgres.port),
        "POSTGRES_USER": postgres.user,
        "POSTGRES_PASSWORD": postgres.password,
        "POSTGRES_DB": DATABASE,
        "MINIO_ENDPOINT": f"{s3.host}:{s3.port}",
        "MINIO_ACCESS_KEY": s3.user,
        "MINIO_SECRET_KEY": s3.password,
        "MINIO_SECURE": "false",
        "REDIS_HOST": redis.host,
        "REDIS_PORT": str(redis.port),
        "REDIS_PASSWORD": redis.password,
        "REDIS_DB": "0",
        **({"MLB_STATSAPI_BASE_URL": simulator.url} if simulator.process.pid() else {}),
        "MLB_STATE_DIR": str(state_dir.resolve()),
        "AIRFLOW_HOME": str(state_dir.resolve() / "airflow"),
        "AIRFLOW_CONFIG": str(PROJECT_DIR / "airflow.cfg"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_DIR),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_DIR / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _url("postgresql+psycopg2", postgres, AIRFLOW_DATABASE),
        "AIRFLOW_CONN_MLB_POSTGRES": _connection("postgres", postgres, schema=DATABASE),
        "AIRFLOW_CONN_MLB_S3": json.dumps(
            {
                "conn_type": "aws",
                "login": s3.user,
                "password": s3.password,
                "extra": {"endpoint_url": f"http://{s3.host}:{s3.port}"},
            }
        ),
        "AIRFLOW_CONN_MLB_REDIS": _connection("redis", redis, extra={"db": 0}),
    }


def _folder(state_dir: Path) -> Path:
    return state_dir.resolve() / "services"


def _services(folder: Path, access: dict[str, Access]) -> list[Service]:
    return [kind(folder, access[kind.name]) for kind in _KINDS]


def _on_a_free_port(folder: Path, service: ServiceT, *more: Path) -> ServiceT:
    """The service itself, or one with a new port when a stranger took its own while it was stopped."""
    if port_is_free(service.access.port):
        return service
    return type(service)(folder, move_to_free_port(folder, service.name), *more)


def _url(scheme: str, access: Access, path: str) -> str:
    return f"{scheme}://{quote(access.user)}:{quote(access.password)}@{access.host}:{access.port}/{path}"


def _connection(conn_type: str, access: Access, **more: object) -> str:
    """An Airflow connection as JSON, the form Airflow reads from AIRFLOW_CONN_* variables."""
    return json.dumps(
        {
            "conn_type": conn_type,
            "host": access.host,
            "port": access.port,
            "login": access.user,
            "password": access.password,
            **more,
        }
    )
