"""DAGs of a Git repository, as values.git.yaml asks for them: what is a new version of one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from mlb_data_platform.settings import settings
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
def deployed(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], BaseDagBundle]]:
    """A function that deploys Airflow's image of a commit: what its pods, which begin with nothing, have as bundle."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils import db

    db.initdb()
    (bundle,) = values("values.git.yaml")["dagProcessor"]["dagBundleConfigList"]
    bundle["kwargs"]["repo_url"] = repository.url
    environment = {each["name"]: each["value"] for each in yaml.safe_load(values("values.yaml")["extraEnv"])}
    monkeypatch.setenv("AIRFLOW_CONN_GIT_DEFAULT", environment["AIRFLOW_CONN_GIT_DEFAULT"])

    def deploy(commit: str) -> BaseDagBundle:
        monkeypatch.setenv("MLB_COMMIT", commit)
        settings.cache_clear()
        monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
        monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(tmp_path / commit))
        DagBundlesManager().sync_bundles_to_db()
        found = DagBundlesManager().get_bundle(bundle["name"])
        found.initialize()
        return found

    # Of what was parsed half a minute ago, Airflow would write nothing, changed or not.
    monkeypatch.setenv("AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL", "0")
    monkeypatch.setattr(sys, "path", [*sys.path])  # a bundle's folder is added to it
    yield deploy
    monkeypatch.undo()
    settings.cache_clear()


def values(file: str) -> dict[str, Any]:
    """The values of Airflow's chart that a file has."""
    text = (PROJECT_DIR / "chart_values" / "airflow" / file).read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))


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


def of_run(commit: str) -> BaseDagBundle:
    """The bundle that a task of a run of this commit has."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    bundle = DagBundlesManager().get_bundle("git", version=commit)
    bundle.initialize()
    return bundle


def test_a_run_keeps_the_yaml_of_its_commit(repository: Repository, deployed: Callable[[str], BaseDagBundle]) -> None:
    first = repository.push()
    repository.replace("dags/mlb_game.yaml", "timeout_minutes: 60", "timeout_minutes: 61")
    deployed(repository.push())
    assert "timeout_minutes: 60" in (of_run(first).path / "mlb_game.yaml").read_text(encoding="utf-8")


def test_yaml_that_the_package_of_another_commit_cannot_read_names_both(
    repository: Repository, deployed: Callable[[str], BaseDagBundle]
) -> None:
    """A task looks whether it is of another commit when its DAG is read, which this one cannot be."""
    from airflow.dag_processing.dagbag import BundleDagBag

    repository.replace("dags/mlb_game.yaml", "timeout_minutes: 60", "timeout_hours: 1")
    first = repository.push()
    deployed(first)
    refused = BundleDagBag(of_run(first).path, bundle_path=of_run(first).path, bundle_name="git").import_errors
    assert "timeout_hours" in refused["mlb_game.py"]
    assert "of commit" not in refused["mlb_game.py"], "it is one commit that is wrong"
    repository.replace("dags/mlb_game.yaml", "timeout_hours: 1", "timeout_minutes: 60")
    second = repository.push()
    deployed(second)
    refused = BundleDagBag(of_run(first).path, bundle_path=of_run(first).path, bundle_name="git").import_errors
    assert "mlb_game.yaml:" in refused["mlb_game.py"]
    assert f"is of commit {first[:12]}, Airflow's image of {second[:12]}," in refused["mlb_game.py"]
    assert "`mlb-etl workflow clear mlb_game --run RUN`" in refused["mlb_game.py"]


def test_a_public_repository_is_asked_without_a_notice(
    repository: Repository, deployed: Callable[[str], BaseDagBundle]
) -> None:
    """The provider writes a traceback to the log of every task that finds no connection for it."""
    bundle: Any = deployed(repository.push())
    assert bundle.hook is not None
    assert (bundle.repo_url, bundle.hook.auth_token) == (repository.url, None)
