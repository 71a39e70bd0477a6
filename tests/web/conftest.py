"""The page as Airflow serves it: the API server's application with the project's plugin, and users of each role."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import callers_environment, mlb_etl_services

if TYPE_CHECKING:
    from fastapi import FastAPI
    from psycopg import Connection
    from starlette.testclient import TestClient

ROLES = ("VIEWER", "USER", "OP", "ADMIN")
Client = Callable[..., "TestClient"]

# Airflow reads these once, when it is first imported; where its home is, the tests of the DAGs have said.
os.environ |= {
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role.lower()}:{role}" for role in ROLES),
    "AIRFLOW__API_AUTH__JWT_SECRET": "of the tests of the page, and of them alone " * 2,
    "_AIRFLOW_PROCESS_CONTEXT": "server",
}


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of services with a migrated, empty database, which are those of the page too."""
    from mlb_data_platform.services.environment import environment
    from mlb_data_platform.settings import settings

    state_dir = tmp_path_factory.mktemp("page")
    found = callers_environment() | {"MLB_STATE_DIR": str(state_dir)}
    mlb_etl_services(found, "up")
    found |= environment(state_dir)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            if name.startswith(("AIRFLOW_CONN_", "POSTGRES_", "REDIS_")):
                patch.setenv(name, value)
        settings.cache_clear()
        try:
            with connect(found) as connection:
                from mlb_data_platform.storage.migrate import migrate

                migrate(connection)
            yield found
        finally:
            settings.cache_clear()
            mlb_etl_services(found, "down")


def connect(environment: dict[str, str]) -> Connection[Any]:
    """Return a connection of the owner of the tables, each statement its own transaction."""
    from mlb_data_platform.settings import Settings
    from mlb_data_platform.storage.database import connect

    names = ("postgres_host", "postgres_port", "postgres_user", "postgres_password", "postgres_db")
    return connect(Settings(**{name: environment[name.upper()] for name in names}).postgres_dsn(), autocommit=True)


@pytest.fixture(scope="session")
def airflow(platform: dict[str, str]) -> FastAPI:
    """The API server's application, as Airflow makes it of what is in `plugins/`."""
    from airflow.api_fastapi.app import create_app
    from airflow.utils.db import initdb

    initdb()
    return create_app(apps="core")


@pytest.fixture(scope="session")
def ballpark(airflow: FastAPI) -> FastAPI:
    """The page's own application, as it is mounted."""
    from fastapi import FastAPI
    from starlette.routing import Mount

    (found,) = (route.app for route in airflow.routes if isinstance(route, Mount) and route.path == "/ballpark")
    assert isinstance(found, FastAPI)
    return found


@pytest.fixture(scope="session")
def client(airflow: FastAPI) -> Client:
    """A function that gives a browser of somebody with a role, or of nobody (None), to whom the page is mounted."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from starlette.testclient import TestClient

    def make(role: str | None, **headers: str) -> TestClient:
        cookies = {}
        if role is not None:
            user = SimpleAuthManagerUser(username=role.lower(), role=role)
            cookies = {"_token": get_auth_manager().generate_jwt(user)}
        return TestClient(
            airflow, base_url="http://testserver", cookies=cookies, headers=headers, follow_redirects=False
        )

    yield make
