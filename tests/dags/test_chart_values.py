"""What a cluster needs: manifests and values, and that they fit Kubernetes, Airflow's settings and the code's names."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.jobs.task_models import Pod, Spark, Task
from tests.dags.conftest import GOLDEN_DIR
from tests.dags.manifests import KUBERNETES

PROJECT = Path(__file__).parents[2]
VALUES = PROJECT / "chart_values"
MANIFESTS = VALUES / "manifests"
sys.path.insert(0, str(PROJECT / "scripts"))

from deploy_secrets import manifests as dev_secrets  # noqa: E402
from deploy_secrets import new_passwords  # noqa: E402

# Kinds that operators bring; Kubernetes' own schemas do not know them.
CUSTOM = ("postgresql.cnpg.io/", "external-secrets.io/", "kustomize.config.k8s.io/")

PLAIN = sorted(path for path in MANIFESTS.rglob("*.yaml") if path.name != "kustomization.yaml")
RELEASES = yaml.safe_load((VALUES / "charts.yaml").read_text(encoding="utf-8"))


def documents(path: Path) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(path.read_text(encoding="utf-8")) if found]


def named(kind: str) -> dict[str, dict[str, Any]]:
    """The objects of a kind in all manifests, by `namespace/name`."""
    every = [found for path in PLAIN for found in documents(path) if found["kind"] == kind]
    return {f"{found['metadata'].get('namespace', '')}/{found['metadata']['name']}": found for found in every}


def secrets_of_dev() -> dict[str, dict[str, Any]]:
    items = dev_secrets(new_passwords({}))["items"]
    return {f"{item['metadata']['namespace']}/{item['metadata']['name']}": item for item in items}


def values_of(key: str, node: object) -> Iterator[Any]:
    """Every value under `key`, however deep."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from values_of(key, value)
    elif isinstance(node, list):
        for item in node:
            yield from values_of(key, item)


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.relative_to(MANIFESTS).as_posix())
def test_manifests_are_what_kubernetes_knows(path: Path) -> None:
    for found in documents(path):
        if not found["apiVersion"].startswith(CUSTOM):
            kubernetes_validate.validate(found, KUBERNETES, strict=True)


def rendered(folder: str) -> list[dict[str, Any]]:
    """The objects that a kustomization comes to."""
    argv = ["kubectl", "kustomize", str(MANIFESTS / folder)]
    text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return [item for item in yaml.safe_load_all(text) if item]


needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl, which renders kustomizations, is not here"
)


@needs_kubectl
@pytest.mark.parametrize("folder", ["base", "dev", "prod"])
def test_kustomizations_render(folder: str) -> None:
    found = rendered(folder)
    for item in found:
        if not item["apiVersion"].startswith(CUSTOM):
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
    custom = [item for item in found if item["apiVersion"].startswith(CUSTOM)]
    assert bool(custom) == (folder != "base"), "base must work on a cluster without any operator"


@needs_kubectl
@pytest.mark.parametrize("folder", ["dev", "prod"])
def test_airflow_has_the_settings_that_pods_have(folder: str) -> None:
    """The page says which budgets are in force, and those are what the pods of tasks are told."""
    maps = {item["metadata"]["namespace"]: item["data"] for item in rendered(folder) if item["kind"] == "ConfigMap"}
    assert maps["airflow"] == maps["mlb"]
    assert "MLB_REQUESTS_PER_SECOND" in maps["mlb"]
    airflow = yaml.safe_load((VALUES / "airflow" / "values.yaml").read_text(encoding="utf-8"))
    assert {"name": "mlb-settings"} in values_of("configMapRef", yaml.safe_load(airflow["extraEnvFrom"]))
    assert not set(maps["airflow"]) & {line["name"] for line in yaml.safe_load(airflow["extraEnv"])}, "said once"


def test_every_namespace_is_restricted() -> None:
    for name, found in named("Namespace").items():
        labels = found["metadata"]["labels"]
        for mode in ("enforce", "warn", "audit"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted", name
            assert labels[f"pod-security.kubernetes.io/{mode}-version"] == f"v{KUBERNETES}", name


def rights(role: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for rule in role["rules"]:
        for resource in rule["resources"]:
            yield f"{rule['apiGroups'][0]}/{resource}", rule["verbs"]


def test_roles_allow_exactly_what_is_called() -> None:
    granted = {name: dict(rights(role)) for name, role in named("Role").items()}
    assert granted == {
        "mlb/airflow-tasks": {
            "/pods": ["create", "get", "list", "patch", "delete"],
            "/pods/log": ["get"],
            "/events": ["list", "watch"],
            "sparkoperator.k8s.io/sparkapplications": ["create", "delete"],
            "sparkoperator.k8s.io/sparkapplications/status": ["get"],
        },
        "mlb/mlb-spark": {
            "/pods": ["create", "get", "list", "watch", "delete", "deletecollection"],
            "/configmaps": ["create", "deletecollection"],
            "/services": ["deletecollection"],
            "/persistentvolumeclaims": ["list", "deletecollection"],
        },
    }
    assert not named("ClusterRole"), "nothing of ours needs a right outside its namespace"


def test_what_pods_name_is_there() -> None:
    """The golden manifests are what the code asks Kubernetes for."""
    accounts, settings = named("ServiceAccount"), named("ConfigMap")
    stores = {"dev": secrets_of_dev(), "prod": named("ExternalSecret")}
    pods = [*(path for path in GOLDEN_DIR.glob("manifest.*.yaml")), MANIFESTS / "migrate.yaml"]
    for path in pods:
        (found,) = documents(path)
        for account in [*values_of("serviceAccountName", found), *values_of("serviceAccount", found)]:
            assert f"mlb/{account}" in accounts, path.name
        for reference in values_of("configMapRef", found):
            assert f"mlb/{reference['name']}" in settings, path.name
        for reference in values_of("secretRef", found):
            for environment, store in stores.items():
                assert f"mlb/{reference['name']}" in store, f"{path.name}, {environment}"


def test_dev_and_prod_make_the_same_secrets() -> None:
    """The same names with the same keys, so that what works in dev finds its Secrets in prod."""
    outside = named("ExternalSecret")
    prod = {name: set(found["spec"]["target"]["template"]["data"]) for name, found in outside.items()}
    dev = {name: set(found["stringData"]) for name, found in secrets_of_dev().items()}
    only_dev = {"mlb-data/mlb-passwords", "mlb-data/seaweedfs-s3-config"}
    assert {name: keys for name, keys in dev.items() if name not in only_dev} == prod


def test_secrets_the_charts_and_postgres_name_are_there() -> None:
    secrets = secrets_of_dev()
    airflow = yaml.safe_load((VALUES / "airflow" / "values.yaml").read_text(encoding="utf-8"))
    keys = secrets[f"airflow/{airflow['fernetKeySecretName']}"]["stringData"]
    assert airflow["fernetKeySecretName"] == airflow["apiSecretKeySecretName"] == airflow["jwtSecretName"]
    assert {"fernet-key", "api-secret-key", "jwt-secret", "passwords.json"} == set(keys)
    assert set(secrets[f"airflow/{airflow['data']['metadataSecretName']}"]["stringData"]) == {"connection"}
    for reference in values_of("secretRef", yaml.safe_load(airflow["extraEnvFrom"])):
        assert f"airflow/{reference['name']}" in secrets
    postgres = named("Cluster")["mlb-data/postgres"]
    for reference in [*values_of("secret", postgres), *values_of("passwordSecret", postgres)]:
        assert f"mlb-data/{reference['name']}" in secrets


def test_the_page_reaches_redis_and_no_other_part_of_airflow_does() -> None:
    """Its settings, as the environment of the API server makes them, and the network that leads there."""
    airflow = yaml.safe_load((VALUES / "airflow" / "values.yaml").read_text(encoding="utf-8"))
    (password,) = airflow["apiServer"]["env"]
    reference = password["valueFrom"]["secretKeyRef"]
    told = secrets_of_dev()[f"airflow/{reference['name']}"]["stringData"]
    told_to_tasks = secrets_of_dev()["mlb/mlb-redis"]["stringData"]
    assert set(told) == set(told_to_tasks) == {password["name"]} == {"REDIS_PASSWORD"}
    of_all_parts = [found["name"] for found in values_of("secretRef", yaml.safe_load(airflow["extraEnvFrom"]))]
    assert reference["name"] not in of_all_parts

    settings = named("ConfigMap")["mlb/mlb-settings"]["data"]
    host, _, namespace = settings["REDIS_HOST"].removesuffix(".svc").partition(".")
    assert (host, namespace) == ("valkey", "mlb-data")
    port = {"port": int(settings["REDIS_PORT"])}
    page = {"matchLabels": {"component": "api-server"}}
    policies = named("NetworkPolicy")
    out = [found for name, found in policies.items() if name.startswith("airflow/") and port in ports(found, "egress")]
    assert [found["spec"]["podSelector"] for found in out] == [page]
    let_in = policies["mlb-data/data"]["spec"]["ingress"]
    sources = [source for rule in let_in if port in rule.get("ports", []) for source in rule["from"]]
    of_namespace = "kubernetes.io/metadata.name"
    assert {
        source["namespaceSelector"]["matchLabels"][of_namespace]: source.get("podSelector") for source in sources
    } == {"mlb": None, "airflow": page}


def ports(policy: dict[str, Any], direction: str) -> list[dict[str, Any]]:
    """The ports that a network policy opens."""
    return [port for rule in policy["spec"].get(direction, []) for port in rule.get("ports", [])]


def test_airflow_config_is_airflow_cfg() -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.optionxform = str  # type: ignore[assignment,method-assign]
    config.read(PROJECT / "airflow.cfg", encoding="utf-8")
    values = yaml.safe_load((VALUES / "airflow" / "values.yaml").read_text(encoding="utf-8"))
    assert values["config"] == {section: dict(config[section]) for section in config.sections()}


def test_airflow_version_is_the_locked_one() -> None:
    values = yaml.safe_load((VALUES / "airflow" / "values.yaml").read_text(encoding="utf-8"))
    locked = re.search(r"^apache-airflow==(\S+)", (PROJECT / "requirements.txt").read_text(encoding="utf-8"), re.M)
    assert locked is not None
    assert values["airflowVersion"] == locked[1]


def test_charts_are_pinned_and_have_values() -> None:
    charts = [chart for part in RELEASES.values() for chart in part]
    for chart in charts:
        assert re.fullmatch(r"\d+\.\d+\.\d+", chart["version"]), chart
        assert set(chart["environments"]) <= {"dev", "prod"}, chart
        assert (VALUES / chart["release"] / "values.yaml").exists(), chart
    folders = {path.name for path in VALUES.iterdir() if path.is_dir()} - {"manifests"}
    assert folders == {chart["release"] for chart in charts}


def test_nothing_is_unpinned_or_abandoned() -> None:
    for path in [*VALUES.rglob("*.yaml"), PROJECT / "docs" / "kubernetes.md"]:
        text = path.read_text(encoding="utf-8")
        assert ":latest" not in text, path
        assert not re.search(r"bitnami|minio/minio|quay\.io/minio", text, re.IGNORECASE), path
    for path in VALUES.rglob("*.yaml"):
        for found in documents(path):
            for image in [*values_of("image", found), *values_of("imageName", found)]:
                if isinstance(image, str) and image != "MLB_IMAGE_INGEST":
                    assert re.search(r"[:@][\w.:-]+$", image.rpartition("/")[2]), f"{path}: {image}"


def test_the_quota_has_room_for_two_live_dates_beside_a_day_that_is_loaded() -> None:
    live, loaded = load_job("mlb_live"), load_job("mlb_game")
    dates = [live] * live.max_active_runs
    needed = [sum(parts) for parts in zip(*(needs(job) for job in [*dates, loaded]), strict=True)]
    hard = named("ResourceQuota")["mlb/mlb"]["spec"]["hard"]
    allowed = [quantity(hard[name]) for name in ("pods", "requests.cpu", "requests.memory")]
    assert hard["limits.memory"] == hard["requests.memory"]
    assert all(need <= most for need, most in zip(needed, allowed, strict=True)), (needed, allowed)


def needs(job: Job) -> tuple[float, float, float]:
    """How many pods, cores and bytes all tasks of a run ask for, were they to run at once."""
    pods = [pod for task in job.tasks.values() if not task.sensor for pod in pods_of(task, job.max_parallel_games or 1)]
    return len(pods), sum(quantity(cpu) for cpu, _ in pods), sum(memory for _, memory in pods)


def pods_of(task: Task, games: int) -> list[tuple[str, float]]:
    match task.means:
        case Pod() as pod:
            return [(pod.cpu, quantity(pod.memory))] * (games if task.per_game else 1)
        case Spark(driver=driver, executor=executor):
            overhead = 1.4  # what Spark adds for Python
            parts = [driver, *[executor] * executor.instances]
            return [(part.cpu, overhead * quantity(f"{part.memory.upper()}i")) for part in parts]


def quantity(text: str) -> float:
    """A quantity as Kubernetes writes it: cores, bytes or a number."""
    units = {"m": 1e-3, "Mi": 2**20, "Gi": 2**30}
    number, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()  # type: ignore[union-attr]
    return int(number) * (units[unit] if unit else 1)
