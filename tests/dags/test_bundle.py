"""DAGs of a Git repository, as values.git.yaml asks for them: what is a new version of one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from tests.dags.conftest import DAGS_DIR, PROJECT_DIR
from tests.dags.runs import RUN_ID

if TYPE_CHECKING:
    from airflow.dag_processing.bundles.base import BaseDagBundle

JOBS = {"mlb_game", "mlb_live", "mlb_season"}  # mapped tasks and a deadline; a mapped group; neither


class Repository:
    """A bare repository on disk, and the clone in which somebody works."""

    def __init__(self, folder: Path) -> None:
        self.url, self.clone = str(folder / "bare.git"), folder / "clone"
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", self.url], check=True)
        subprocess.run(["git", "clone", "--quiet", self.url, self.clone], check=True, capture_output=True)

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=tests", "-c", "user.email=tests@example.invalid", "-c", "commit.gpgsign=false")
        argv = ["git", "-C", str(self.clone), *who, *arguments]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def push(self) -> str:
        """Commit and push what the clone has; return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a test's")
        self.git("push", "--quiet", "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD")

    def replace(self, file: str, before: str, after: str) -> None:
        path = self.clone / file
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    (made.clone / "dags").mkdir()
    for job in JOBS:
        for suffix in (".py", ".yaml"):
            shutil.copy(DAGS_DIR / f"{job}{suffix}", made.clone / "dags")
    return made


@pytest.fixture
def deployed(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], BaseDagBundle]:
    """A function that deploys Airflow's image of a commit: what its pods, which begin with nothing, have as bundle."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils import db

    db.initdb()
    values = yaml.safe_load((PROJECT_DIR / "chart_values" / "airflow" / "values.git.yaml").read_text(encoding="utf-8"))
    (bundle,) = values["dagProcessor"]["dagBundleConfigList"]
    bundle["kwargs"]["repo_url"] = repository.url

    def deploy(commit: str) -> BaseDagBundle:
        monkeypatch.setenv("MLB_COMMIT", commit)
        monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
        monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(tmp_path / commit))
        DagBundlesManager().sync_bundles_to_db()
        found = DagBundlesManager().get_bundle(bundle["name"])
        found.initialize()
        return found

    # Of what was parsed half a minute ago, Airflow would write nothing, changed or not.
    monkeypatch.setenv("AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL", "0")
    monkeypatch.setattr(sys, "path", [*sys.path])  # a bundle's folder is added to it
    return deploy


def parsed(bundle: BaseDagBundle) -> dict[str, tuple[int, str]]:
    """What the DAG processor makes of a bundle: the newest version of each DAG, and of which commit it is."""
    from airflow.dag_processing.bundles.base import unpack_bundle_version
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.models.dag_version import DagVersion

    bag = BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
    assert bag.import_errors == {}
    commit, data = unpack_bundle_version(bundle.get_current_version(), bundle)
    sync_bag_to_db(bag, bundle.name, commit, version_data=data)
    newest = {dag_id: DagVersion.get_latest_version(dag_id) for dag_id in bag.dags}
    return {name: (found.version_number, str(found.bundle_version)) for name, found in newest.items() if found}


def run_each(bundle: BaseDagBundle) -> None:
    """Start a run of each DAG: without runs, Airflow writes a new version over the one before."""
    from airflow.models.dagbag import DBDagBag
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    with create_session() as session:
        for job in JOBS:
            dag = DBDagBag().get_latest_version_of_dag(job, session=session)
            assert dag is not None
            run = dag.create_dagrun(
                run_id=RUN_ID,
                run_after=datetime(2026, 4, 20, tzinfo=UTC),
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.TEST,
                state=DagRunState.QUEUED,
                session=session,
            )
            assert run.bundle_version == cast("Any", bundle.get_current_version()).version


def test_a_dag_has_a_new_version_when_it_changed_and_only_then(
    repository: Repository, deployed: Callable[[str], BaseDagBundle]
) -> None:
    first = repository.push()
    bundle = deployed(first)
    assert parsed(bundle) == dict.fromkeys(JOBS, (1, first))
    run_each(bundle)
    assert parsed(bundle) == dict.fromkeys(JOBS, (1, first)), "parsed again"
    repository.replace("dags/mlb_game.yaml", "timeout_minutes: 60", "timeout_minutes: 61")
    second = repository.push()
    bundle.refresh()
    assert parsed(bundle) == dict.fromkeys(JOBS, (1, first)), "pushed, and not deployed"
    bundle = deployed(second)
    assert parsed(bundle) == dict.fromkeys(JOBS - {"mlb_game"}, (1, second)) | {"mlb_game": (2, second)}
    assert parsed(bundle) == dict.fromkeys(JOBS - {"mlb_game"}, (1, second)) | {"mlb_game": (2, second)}


def test_a_run_keeps_the_yaml_of_its_commit(repository: Repository, deployed: Callable[[str], BaseDagBundle]) -> None:
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    first = repository.push()
    repository.replace("dags/mlb_game.yaml", "timeout_minutes: 60", "timeout_minutes: 61")
    second = repository.push()
    deployed(second)
    of_run = DagBundlesManager().get_bundle("git", version=first)
    of_run.initialize()
    assert "timeout_minutes: 60" in (of_run.path / "mlb_game.yaml").read_text(encoding="utf-8")
