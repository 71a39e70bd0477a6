"""A cluster by KUBECONFIG, the services and a simulated season on this machine, and Airflow between them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.airflow import Airflow, installed
from tests.conftest import Cli, Database
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.relay import Relay, relay_to
from tests.kubernetes.season import CLOCK, SEASON, SEED, League
from tests.kubernetes.watch import Watch, watching
from tests.recordings import PROJECT_DIR
from tests.waiting import until

_BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"
_FOLDERS = {"project": PROJECT_DIR / "dags", "faults": Path(__file__).parent / "dags"}


@pytest.fixture(scope="session")
def cluster(platform_environment: dict[str, str]) -> Iterator[Cluster]:
    """The cluster with all that the platform needs there; nothing of ours is left running at the end."""
    made = Cluster()
    made.prepare(platform_environment)
    yield made
    assert until(lambda: not made.left_over(), f"an empty namespace; there are {made.left_over()}", 300)


@pytest.fixture(scope="session")
def platform_environment() -> Iterator[dict[str, str]]:
    """PostgreSQL, Redis, S3 and the simulator, also at the addresses that pods reach; migrated."""
    from mlb_data_platform import services

    if not os.environ.get("KUBECONFIG"):
        pytest.skip("no cluster: KUBECONFIG is not set (docs/kubernetes.md)")
    state_dir = Path(tempfile.mkdtemp(prefix="mlb-kubernetes-"))  # kept where a test fails: Airflow's logs are in it
    services.up(state_dir, listen="0.0.0.0")
    try:
        services.simulate(state_dir, services.SimulatedSeason(SEED, SEASON, CLOCK))
        environment = {**os.environ, **services.environment(state_dir)}
        Cli(environment).ok("db", "migrate")
        yield environment
    finally:
        services.down(state_dir)


@pytest.fixture(scope="session")
def database(platform_environment: dict[str, str]) -> Database:
    """The platform's database."""
    return Database(platform_environment)


@pytest.fixture(scope="session")
def mlb_etl(platform_environment: dict[str, str]) -> Callable[..., Any]:
    """Runs `mlb-etl` on this machine; fails the test where it fails."""
    return Cli(platform_environment | {"MLB_REQUESTS_PER_SECOND": "1000"}).ok


@pytest.fixture
def connection(database: Database) -> Iterator[Any]:
    """A connection to it."""
    with database.connect() as opened:
        yield opened


@pytest.fixture(scope="session")
def league(platform_environment: dict[str, str]) -> Iterator[League]:
    """The simulated season."""
    with httpx.Client(base_url=platform_environment["MLB_STATSAPI_BASE_URL"], timeout=60) as http:
        yield League(http)


@pytest.fixture
def watch(cluster: Cluster) -> Iterator[Watch]:
    """The pods that come and go during the test."""
    with watching() as opened:
        yield opened


@pytest.fixture(scope="session")
def api_server(cluster: Cluster) -> Iterator[Relay]:
    """Airflow's way to the API server."""
    with relay_to(cluster.address()) as relay:
        yield relay


@pytest.fixture(scope="session")
def airflow(cluster: Cluster, api_server: Relay, platform_environment: dict[str, str]) -> Airflow:
    """Airflow with the rights it has on a cluster, and pods for tasks; its processes do not run yet."""
    home = Path(platform_environment["AIRFLOW_HOME"])
    home.mkdir(parents=True)
    kubeconfig = home / "kubeconfig"
    cluster.kubeconfig_of_airflow(kubeconfig, api_server.port)
    bundles = [{"name": name, "classpath": _BUNDLE, "kwargs": {"path": str(path)}} for name, path in _FOLDERS.items()]
    return installed(
        platform_environment
        | image_names()
        | {
            "KUBECONFIG": str(kubeconfig),
            "MLB_RUNTIME": "kubernetes",
            "MLB_KUBERNETES_STARTUP_SECONDS": "60",  # what will never start is not waited for here
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
        }
    )


@pytest.fixture(scope="session")
def scheduler(airflow: Airflow) -> Iterator[Airflow]:
    """The same Airflow with scheduler, triggerer and API server running."""
    with airflow.running():
        yield airflow


def image_names() -> dict[str, str]:
    """The images of this checkout, as `make images` tags them; the caller's, where it names them."""
    names = ("MLB_IMAGE_INGEST", "MLB_IMAGE_SPARK")
    if all(os.environ.get(name) for name in names):
        return {name: os.environ[name] for name in names}
    script = PROJECT_DIR / "scripts" / "images.py"
    lines = subprocess.run([sys.executable, script, "names"], check=True, capture_output=True, text=True).stdout
    return dict(line.removeprefix("export ").split("=", 1) for line in lines.splitlines())
