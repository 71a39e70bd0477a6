"""The variables by which programs, and Airflow, find the services of a state folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.services.access import Access, ensure_access, load_access
from mlb_data_platform.services.postgres import AIRFLOW_DATABASE, DATABASE
from mlb_data_platform.services.simulator import Simulator
from mlb_data_platform.settings import DAGS_DIR, PROJECT_DIR

# The one user of Airflow's simple auth manager; `make up` gives it the password that was drawn.
AIRFLOW_USER = "admin"
API_URL = "MLB_STATSAPI_BASE_URL"


@dataclass(frozen=True)
class Login:
    """Where Airflow's UI is, and as whom one logs in."""

    url: str
    user: str
    password: str


def services_folder(state_dir: Path) -> Path:
    """Return where the services of `state_dir` keep data, logs and what is recorded about them."""
    return state_dir.resolve() / "services"


def environment(state_dir: Path) -> dict[str, str]:
    """Return the variables, passwords included. The simulator's is among them only while it runs."""
    folder = services_folder(state_dir)
    access = ensure_access(folder)
    simulator = Simulator(folder, access[Simulator.name])
    return {
        **_services(access["postgres"], access["s3"], access["redis"]),
        **({API_URL: simulator.url} if simulator.process.pid() else {}),
        "MLB_STATE_DIR": str(state_dir.resolve()),
        **_airflow(state_dir.resolve() / "airflow", access["airflow"], access["postgres"]),
        **_connections(access["postgres"], access["s3"], access["redis"]),
    }


def simulator_url(state_dir: Path) -> str:
    """Return where the simulator of `state_dir` answers, while it runs."""
    folder = services_folder(state_dir)
    return Simulator(folder, ensure_access(folder)[Simulator.name]).url


def airflow_login(state_dir: Path) -> Login:
    """Return where the Airflow of `make up` answers, and its user. Raises BadInputError before the first start."""
    if load_access(services_folder(state_dir)) is None:
        raise BadInputError(f"there is no Airflow in {state_dir} yet: `make up` starts it")
    found = environment(state_dir)
    return Login(*(found[f"MLB_AIRFLOW_{name}"] for name in ("URL", "USER", "PASSWORD")))


def _services(postgres: Access, s3: Access, redis: Access) -> dict[str, str]:
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
    }


def _airflow(home: Path, airflow: Access, postgres: Access) -> dict[str, str]:
    """Airflow's own settings, as far as they are a path, a port or a secret: the others stand in airflow.cfg."""
    url = f"http://{airflow.host}:{airflow.port}"
    login = f"{quote(postgres.user)}:{quote(postgres.password)}"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONFIG": str(PROJECT_DIR / "airflow.cfg"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_DIR),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_DIR / "plugins"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__BASE_URL": url,
        # Airflow's processes trust each other by this; without it each would make up one of its own.
        "AIRFLOW__API_AUTH__JWT_SECRET": hashlib.sha512(airflow.password.encode()).hexdigest(),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": (
            f"postgresql+psycopg2://{login}@{postgres.host}:{postgres.port}/{AIRFLOW_DATABASE}"
        ),
        "MLB_AIRFLOW_URL": url,
        "MLB_AIRFLOW_USER": AIRFLOW_USER,
        "MLB_AIRFLOW_PASSWORD": airflow.password,
    }


def _connections(postgres: Access, s3: Access, redis: Access) -> dict[str, str]:
    """The connections that tasks read, as JSON: the form Airflow takes from AIRFLOW_CONN_* variables."""
    connections = {
        "MLB_POSTGRES": {
            "conn_type": "postgres",
            "host": postgres.host,
            "port": postgres.port,
            "login": postgres.user,
            "password": postgres.password,
            "schema": DATABASE,
        },
        "MLB_S3": {
            "conn_type": "aws",
            "login": s3.user,
            "password": s3.password,
            "extra": {"endpoint_url": f"http://{s3.host}:{s3.port}"},
        },
        "MLB_REDIS": {
            "conn_type": "redis",
            "host": redis.host,
            "port": redis.port,
            "password": redis.password,
            "extra": {"db": 0},
        },
    }
    return {f"AIRFLOW_CONN_{name}": json.dumps(connection) for name, connection in connections.items()}
