"""`make deploy`, against programs that only write down how they were called."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
# In place of kubectl and helm: notes its arguments and input, answers what deploy.py asks, fails where FAIL says so.
FAKE = """#!{python}
import json, os, sys
name, argv = os.path.basename(sys.argv[0]), sys.argv[1:]
line = " ".join([name, *argv])
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([line, "" if sys.stdin.isatty() else sys.stdin.read()]) + "\\n")
if os.environ.get("FAIL") and os.environ["FAIL"] in line:
    sys.exit("the reason why")
if "current-context" in line:
    print("a-test")
if "get configmap" in line:
    print("7301", end="")
if "get secret" in line:
    print(os.environ.get("PASSWORDS", ""))
if "get job/" in line:
    condition = {{"type": os.environ.get("JOB", "Complete"), "status": "True", "message": "it was late"}}
    print(json.dumps({{"status": {{"conditions": [condition]}}}}))
if "logs" in argv:
    print("the log of the Job")
"""
IMAGES = {
    "MLB_IMAGE_INGEST": "registry.example:5000/mlb/ingest:0123",
    "MLB_IMAGE_SPARK": "registry.example:5000/mlb/spark:4567",
    "MLB_IMAGE_AIRFLOW": "registry.example:5000/mlb/airflow:8901",
}


class Cluster:
    """A folder with both fakes, and what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.script = PROJECT / "scripts" / "deploy.py"
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.log = folder / "calls"
        for name in ("kubectl", "helm"):
            program = self.programs / name
            program.write_text(FAKE.format(python=sys.executable), encoding="utf-8")
            program.chmod(0o755)

    def run(self, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.log.write_text("", encoding="utf-8")
        given = {
            "PATH": str(self.programs),
            "CALLS": str(self.log),
            "HOME": os.environ["HOME"],
            **IMAGES,
            **environment,
        }
        return subprocess.run(
            [sys.executable, str(self.script), *argv],
            env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def calls(self, word: str = "") -> list[tuple[str, str]]:
        """Command lines that contain `word`, each with its input."""
        lines = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [(argv, stdin) for argv, stdin in lines if word in argv]


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def steps(cluster: Cluster) -> list[str]:
    """What changes the cluster, in order: the release, or the last word of what is applied."""
    found = []
    for argv, _ in cluster.calls():
        words = argv.split()
        if words[:2] == ["helm", "upgrade"]:
            found.append(words[3])
        elif words[:2] == ["kubectl", "apply"]:
            found.append(Path(words[-1]).name)
    return found


def test_deploys_dev_in_order(cluster: Cluster) -> None:
    done = cluster.run("deploy", "dev")
    assert done.returncode == 0, done.stderr
    assert "deploying dev to 'a-test'" in done.stdout
    assert steps(cluster) == [
        "base",
        "cloudnative-pg",
        "spark-operator",
        "-",
        "dev",
        "-",
        "valkey",
        "seaweedfs",
        "airflow",
    ]


def test_deploys_prod_in_order_and_makes_no_password(cluster: Cluster) -> None:
    done = cluster.run("deploy", "prod")
    assert done.returncode == 0, done.stderr
    operators = ["kube-prometheus-stack", "external-secrets", "cloudnative-pg", "spark-operator"]
    assert steps(cluster) == ["base", *operators, "prod", "-", "valkey", "airflow"]
    assert not any('"Secret"' in stdin for _, stdin in cluster.calls())
    assert len(cluster.calls("wait --timeout=15m --for condition=Ready externalsecrets")) == 3


def test_charts_are_pinned_and_get_the_images(cluster: Cluster) -> None:
    cluster.run("deploy", "prod")
    for argv, _ in cluster.calls("helm upgrade"):
        assert " --repo https://" in argv
        assert " --version " in argv
        assert " --wait " in argv
    ((airflow, _),) = cluster.calls("helm upgrade --install airflow")
    assert "images.airflow.repository=registry.example:5000/mlb/airflow " in airflow
    assert "images.airflow.tag=8901 " in airflow
    assert IMAGES["MLB_IMAGE_INGEST"] in airflow
    assert IMAGES["MLB_IMAGE_SPARK"] in airflow
    assert airflow.index("airflow/values.yaml") < airflow.index("airflow/values.prod.yaml")
    (migration,) = [json.loads(stdin) for _, stdin in cluster.calls("apply") if "mlb-migrate" in stdin]
    assert migration["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGES["MLB_IMAGE_INGEST"]


def test_the_page_begins_anew_where_settings_have_changed(cluster: Cluster) -> None:
    cluster.run("deploy", "dev")
    ((airflow, _),) = cluster.calls("helm upgrade --install airflow")
    assert "--set-string apiServer.podAnnotations.mlb-settings=7301 " in airflow
    order = [argv for argv, _ in cluster.calls()]
    (read,) = (number for number, argv in enumerate(order) if "get configmap mlb-settings --namespace airflow" in argv)
    assert read > next(number for number, argv in enumerate(order) if argv.endswith("manifests/dev"))


def test_charts_from_a_folder(cluster: Cluster, tmp_path: Path) -> None:
    cluster.run("deploy", "dev", MLB_CHARTS=str(tmp_path))
    for argv, _ in cluster.calls("helm upgrade"):
        assert f" {tmp_path}/" in argv
        assert "--repo" not in argv


def test_passwords_are_made_once_and_never_in_argv(cluster: Cluster) -> None:
    def secrets() -> dict[str, dict[str, str]]:
        ((_, stdin),) = [call for call in cluster.calls("apply") if '"Secret"' in call[1]]
        return {item["metadata"]["name"]: item["stringData"] for item in json.loads(stdin)["items"]}

    cluster.run("deploy", "dev")
    made = secrets()["mlb-passwords"]
    assert len(set(made.values())) == len(made)
    for argv, _ in cluster.calls():
        assert not any(password in argv for password in made.values())

    kept = {"data": {name: base64.b64encode(value.encode()).decode() for name, value in made.items()}}
    done = cluster.run("deploy", "dev", PASSWORDS=json.dumps(kept))
    assert secrets()["mlb-passwords"] == made
    assert secrets()["mlb-postgres"]["POSTGRES_PASSWORD"] == made["postgres"]
    assert not any(password in done.stdout + done.stderr for password in made.values())


def test_a_failure_stops_with_its_message(cluster: Cluster) -> None:
    done = cluster.run("deploy", "dev", FAIL="--install spark-operator")
    assert done.returncode == 1
    assert "the reason why" in done.stderr
    assert "error: spark-operator failed: helm upgrade" in done.stderr
    assert steps(cluster)[-1] == "spark-operator"


def test_a_failed_migration_shows_its_log(cluster: Cluster) -> None:
    done = cluster.run("deploy", "dev", JOB="Failed")
    assert done.returncode == 1
    assert "error: db migrate failed: it was late" in done.stderr
    assert "the log of the Job" in done.stderr
    assert "airflow" not in steps(cluster)


def test_undeploy_keeps_the_data_and_says_so(cluster: Cluster) -> None:
    done = cluster.run("undeploy", "dev")
    assert done.returncode == 0, done.stderr
    gone = [argv.split()[2] for argv, _ in cluster.calls("helm uninstall")]
    assert gone == ["airflow", "seaweedfs", "valkey", "spark-operator"]
    assert "kept: PostgreSQL" in done.stdout
    assert "helm uninstall cloudnative-pg --namespace cnpg-system" in done.stdout
    assert not cluster.calls("delete namespace")


def test_says_what_is_missing(cluster: Cluster) -> None:
    assert "error: MLB_IMAGE_SPARK: not set" in cluster.run("deploy", "dev", MLB_IMAGE_SPARK="").stderr
    (cluster.programs / "helm").unlink()
    done = cluster.run("deploy", "dev")
    assert done.returncode == 2
    assert "error: `helm` is not on the PATH" in done.stderr
    assert not cluster.calls()


def test_images_of_several_commits_are_refused(cluster: Cluster) -> None:
    """Their tasks would refuse to begin. One of what is not committed, or named by hand, fits any."""
    one = dict.fromkeys(IMAGES, f"registry.example:5000/mlb:{'1' * 12}-0123456789ab")
    done = cluster.run(
        "deploy", "dev", **one | {"MLB_IMAGE_SPARK": f"registry.example:5000/mlb:{'2' * 12}-0123456789ab"}
    )
    assert done.returncode == 2
    assert f"several commits: MLB_IMAGE_INGEST is of {'1' * 12}, MLB_IMAGE_SPARK is of {'2' * 12}," in done.stderr
    assert steps(cluster) == []
    assert cluster.run("deploy", "dev", **one | {"MLB_IMAGE_SPARK": "mlb/spark:by-hand"}).returncode == 0


@pytest.fixture
def from_git(cluster: Cluster, tmp_path: Path) -> Cluster:
    """A cluster for a checkout whose values of dev are those of Git."""
    for folder in ("scripts", "chart_values"):
        shutil.copytree(PROJECT / folder, tmp_path / "checkout" / folder)
    airflow = tmp_path / "checkout" / "chart_values" / "airflow"
    (airflow / "values.git.yaml").rename(airflow / "values.dev.yaml")
    cluster.script = tmp_path / "checkout" / "scripts" / "deploy.py"
    return cluster


def test_dags_from_git_want_images_of_one_commit(from_git: Cluster) -> None:
    one = dict.fromkeys(IMAGES, f"registry.example:5000/mlb:{'1' * 12}-0123456789ab")
    assert from_git.run("deploy", "dev", **one).returncode == 0
    other = one | {"MLB_IMAGE_SPARK": f"registry.example:5000/mlb:{'2' * 12}-0123456789ab"}
    uncommitted = one | {"MLB_IMAGE_AIRFLOW": "registry.example:5000/mlb:0123456789ab"}
    for images, said in ((other, f"MLB_IMAGE_SPARK is of {'2' * 12}"), (uncommitted, "MLB_IMAGE_AIRFLOW is of none")):
        done = from_git.run("deploy", "dev", **images)
        assert done.returncode == 2
        assert "error: DAGs come from Git, where only one commit's fit all images" in done.stderr
        assert said in done.stderr
        assert steps(from_git) == []
    assert from_git.run("deploy", "prod", **uncommitted).returncode == 0, "its DAGs come with the image"
