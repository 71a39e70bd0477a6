"""The page as Airflow serves it: the API server's application with the project's plugin, and users of each role.

The tables have a simulated date in the middle of its evening, and many copies of its games on the dates before it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import DAGS_DIR, PROJECT_DIR, callers_environment, mlb_etl_services
from tests.season_copies import copy_games
from tests.waiting import until

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI
    from psycopg import Connection
    from starlette.testclient import TestClient

ROLES = ("VIEWER", "USER", "OP", "ADMIN")
DAY = date(2026, 8, 11)
EVENING = "2026-08-12T00:20Z"  # of fifteen games, some are over by then, and some are yet to begin
COPIES = 40  # of the fifteen games: six hundred
SEASON = 161  # copies of what has a row for each game: with the evening's, the 2,430 games of a season
Client = Callable[..., "TestClient"]

# Airflow reads these once, when it is first imported; where its home is, the tests of the DAGs have said.
os.environ |= {
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role.lower()}:{role}" for role in ROLES),
    "AIRFLOW__API_AUTH__JWT_SECRET": "of the tests of the page, and of them alone " * 2,
    "AIRFLOW_API_APPS": "core",
}


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of services with a migrated, empty database; the page finds them by Airflow's connections."""
    from mlb_data_platform.services.environment import environment
    from mlb_data_platform.settings import settings

    state_dir = tmp_path_factory.mktemp("page")
    found = callers_environment() | {"MLB_STATE_DIR": str(state_dir)}
    mlb_etl_services(found, "up")
    found |= environment(state_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
        for name in found:
            if name.startswith(("AIRFLOW_CONN_", "POSTGRES_", "REDIS_")):
                patch.setenv(name, found[name])
        settings.cache_clear()
        try:
            mlb_etl(found, "db", "migrate")
            yield found
        finally:
            mlb_etl_services(found, "down")
    settings.cache_clear()


def mlb_etl(environment: dict[str, str], *arguments: str) -> None:
    """Run `mlb-etl ARGUMENTS`; fail the test with what it says if that fails."""
    program = PROJECT_DIR / ".venv-jobs" / "bin" / "mlb-etl"
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def evening(platform: dict[str, str]) -> dict[str, str]:
    """The environment of the platform once the games of DAY are in its tables as they stand at EVENING."""
    program = PROJECT_DIR / ".venv-jobs" / "bin" / "statsapi-simulator"
    with subprocess.Popen(
        [program, "serve", "--season", str(DAY.year), "--clock", EVENING],
        env=platform, stdout=subprocess.PIPE, text=True,
    ) as simulator:  # fmt: skip
        try:
            assert simulator.stdout
            url = simulator.stdout.readline().split()[-1]
            loading = platform | {"MLB_STATSAPI_BASE_URL": url}
            for words in (
                "ingest mlb_schedule",
                "transform schedule.schedule",
                "ingest mlb_game",
                "transform game.live_game_v1",
            ):
                mlb_etl(loading, *words.split(), "--date", str(DAY))
        finally:
            simulator.terminate()
    return platform


@pytest.fixture(scope="session")
def season(evening: dict[str, str]) -> dict[str, str]:
    """The same, with copies of its games on the dates before, as a season has them: what is looked up is large."""
    with connect(evening) as connection:
        copy_games(connection, COPIES, dates=COPIES, listed=SEASON)
        connection.execute(_PEOPLE)
        connection.execute("VACUUM ANALYZE")
    return evening


# As many as have played in two decades, by names of which no beginning is much more frequent than others.
_PEOPLE = """
    INSERT INTO person.people (person_id, full_name, last_name, primary_position_name, captured_at, raw_id)
    SELECT 2000000000 + n, first || ' ' || last, last, 'Pitcher', now(), n
    FROM generate_series(1, 6000) AS n, LATERAL (
        SELECT initcap(translate(left(md5(n || 'first'), 7), '0123456789', 'ghijklmnop')) AS first,
               initcap(translate(left(md5(n || 'last'), 8), '0123456789', 'ghijklmnop')) AS last
    ) AS name
"""


def connect(environment: dict[str, str]) -> Connection[Any]:
    """Return a connection of the owner of the tables, each statement its own transaction."""
    from mlb_data_platform.settings import Settings
    from mlb_data_platform.storage.database import connect

    names = ("postgres_host", "postgres_port", "postgres_user", "postgres_password", "postgres_db")
    return connect(Settings(**{name: environment[name.upper()] for name in names}).postgres_dsn(), autocommit=True)


@pytest.fixture(scope="session")
def airflow(platform: dict[str, str]) -> FastAPI:
    """The API server's application, as Airflow makes it of what is in `plugins/`."""
    from airflow.api_fastapi.app import cached_app
    from airflow.utils.db import initdb

    initdb()
    return cached_app(apps="core")


@pytest.fixture(scope="session")
def dags(airflow: FastAPI) -> None:
    """The project's DAGs in Airflow's database, as the DAG processor brings them there."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(DAGS_DIR, bundle_path=DAGS_DIR, bundle_name="dags-folder")
    assert not bag.import_errors
    sync_bag_to_db(bag, "dags-folder", None)


@pytest.fixture(scope="session")
def ballpark(airflow: FastAPI) -> FastAPI:
    """The page's own application, as it is mounted."""
    from fastapi import FastAPI
    from starlette.routing import Mount

    (found,) = (route.app for route in airflow.routes if isinstance(route, Mount) and route.path == "/ballpark")
    assert isinstance(found, FastAPI)
    return found


@pytest.fixture(scope="session")
def client(airflow: FastAPI) -> Iterator[Client]:
    """A function that gives a browser of somebody with a role, or of nobody (None), at an API server of ours."""
    import httpx
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    with _served(airflow) as url:

        def make(role: str | None, **headers: str) -> httpx.Client:
            cookies = {}
            if role is not None:
                user = SimpleAuthManagerUser(username=role.lower(), role=role)
                cookies = {"_token": get_auth_manager().generate_jwt(user)}
            return httpx.Client(base_url=url, cookies=cookies, headers=headers, timeout=60)

        yield make


@pytest.fixture
def owner(evening: dict[str, str]) -> Iterator[Connection[Any]]:
    """A connection of the owner of the tables, with the evening in them."""
    with connect(evening) as connection:
        yield connection


@pytest.fixture
def viewer(evening: dict[str, str], client: Client) -> Iterator[httpx.Client]:
    """The browser of somebody who may look."""
    with client("VIEWER") as browser:
        yield browser


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port; give its URL."""
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", log_config=None, timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        until(lambda: server.started, "the API server", 120)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
