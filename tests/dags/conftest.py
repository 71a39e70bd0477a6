"""Airflow for the tests of the DAGs: a home and a database of their own, nothing running, nothing asked."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import callers_environment
from tests.sinks import Webhook, webhook

PROJECT_DIR = Path(__file__).parents[2]
DAGS_DIR = PROJECT_DIR / "dags"
GOLDEN_DIR = Path(__file__).parent / "golden"

# Airflow reads these once, when it is first imported.
_HOME = tempfile.TemporaryDirectory(prefix="mlb-airflow-")
os.environ |= {
    "AIRFLOW_HOME": _HOME.name,
    "AIRFLOW_CONFIG": str(PROJECT_DIR / "airflow.cfg"),
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_DIR),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_DIR / "plugins"),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME.name}/airflow.db",
}

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

RUNTIMES = ("process", "kubernetes")
KUBERNETES = {
    "MLB_IMAGE_INGEST": "registry.example/mlb/ingest:0f3a",
    "MLB_IMAGE_SPARK": "registry.example/mlb/spark:9c1b",
}

LoadBag = Callable[..., "DagBag"]


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    """Where the notifier `slack_data` posts."""
    with webhook() as sink:
        monkeypatch.setenv("AIRFLOW_CONN_SLACK_DATA", sink.connection())
        yield sink


@pytest.fixture
def load_bag(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoadBag]:
    """A function that parses the DAGs of a folder for a runtime, which stays that of the settings."""
    from mlb_data_platform.settings import settings

    yield partial(_parsed, monkeypatch)
    settings.cache_clear()


@pytest.fixture(scope="session", params=RUNTIMES)
def bag(request: pytest.FixtureRequest) -> DagBag:
    """All DAGs of the project, parsed once for each runtime; tests change nothing in them."""
    from mlb_data_platform.settings import settings

    with pytest.MonkeyPatch.context() as patch:
        parsed = _parsed(patch, request.param)
    settings.cache_clear()
    return parsed


def _parsed(patch: pytest.MonkeyPatch, runtime: str = "process", folder: Path = DAGS_DIR) -> DagBag:
    from airflow.dag_processing.dagbag import DagBag

    from mlb_data_platform.orchestration.pod_settings import kubernetes_settings
    from mlb_data_platform.settings import settings

    patch.setenv("MLB_RUNTIME", runtime)
    for name, value in KUBERNETES.items():
        patch.setenv(name, value)
    settings.cache_clear()
    kubernetes_settings.cache_clear()
    return DagBag(folder)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of embedded services that live as long as the test session: the jobs' environment has them."""
    from mlb_data_platform.services.environment import environment

    state_dir = tmp_path_factory.mktemp("services")
    found = callers_environment() | {"MLB_STATE_DIR": str(state_dir)}
    mlb_etl_services(found, "up")
    try:
        yield found | environment(state_dir)
    finally:
        mlb_etl_services(found, "down")


def mlb_etl_services(environment: dict[str, str], command: str) -> None:
    """Run `mlb-etl services COMMAND`; fail the test with what it says if that fails."""
    program = PROJECT_DIR / ".venv-jobs" / "bin" / "mlb-etl"
    done = subprocess.run([program, "services", command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
