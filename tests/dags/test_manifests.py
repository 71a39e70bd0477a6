"""What Kubernetes is asked for, task by task: against golden files and the schemas of Kubernetes 1.34."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

import kubernetes_validate
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferralTimeout
from kubernetes.client import ApiException
from kubernetes.client import models as k8s

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.load import job_files, load_job
from mlb_data_platform.orchestration.pod_settings import kubernetes_settings
from tests.dags.conftest import DAGS_DIR, GOLDEN_DIR, LoadBag
from tests.dags.manifests import KUBERNETES, manifest
from tests.dags.runs import rendered
from tests.golden import as_yaml, assert_golden

WORK = [
    (job.name, job.task_id(name))
    for job in map(load_job, job_files(DAGS_DIR))
    for name, task in job.tasks.items()
    if not task.sensor
]
_MADE: dict[tuple[str, str], dict[str, Any]] = {}


@pytest.fixture
def cluster_bag(load_bag: LoadBag) -> DagBag:
    return load_bag("kubernetes")


@pytest.fixture
def made(request: pytest.FixtureRequest, dag_id: str, task_id: str) -> dict[str, Any]:
    """The manifest of a task: all are made once, for all tests that look at them."""
    if not _MADE:
        bag = request.getfixturevalue("cluster_bag")
        _MADE.update({(dag, task): manifest(bag, dag, task) for dag, task in WORK})
    return _MADE[dag_id, task_id]


@pytest.mark.golden
@pytest.mark.parametrize(("dag_id", "task_id"), WORK)
def test_manifest(made: dict[str, Any], dag_id: str, task_id: str) -> None:
    assert_golden(GOLDEN_DIR / f"manifest.{dag_id}.{task_id}.yaml", as_yaml(made))


@pytest.mark.parametrize(("dag_id", "task_id"), WORK)
def test_manifest_is_what_kubernetes_knows(made: dict[str, Any]) -> None:
    for pod in pods(made):
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


def pods(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The pod itself; of a Spark application, whose schema is no part of Kubernetes, what its two pods are given."""
    if found["kind"] == "Pod":
        yield found
        return
    spec = found["spec"]
    for name, part in (("driver", spec["driver"]), ("executor", spec["executor"])):
        container = {key: part[key] for key in ("env", "envFrom", "securityContext", "volumeMounts")}
        template = part.get("template", {}).get("spec", {})
        own = template.get("containers", [{}])[0]
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": part["labels"], "annotations": part["annotations"]},
            "spec": {
                **template,
                "containers": [{**own, "name": name, "image": spec["image"], **container}],
                "restartPolicy": spec["restartPolicy"]["type"],
                "securityContext": part["podSecurityContext"],
                "serviceAccountName": part["serviceAccount"],
                "volumes": spec["volumes"],
            },
        }


@pytest.mark.parametrize(("dag_id", "task_id"), WORK)
def test_containers_are_restricted(made: dict[str, Any]) -> None:
    for pod, container in containers(made):
        assert pod["runAsNonRoot"] is True
        assert pod["runAsUser"] > 0
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def containers(found: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    spec = found["spec"]
    if found["kind"] == "Pod":
        yield from ((spec["securityContext"], container["securityContext"]) for container in spec["containers"])
    else:
        parts = (spec["driver"], spec["executor"])
        yield from ((part["podSecurityContext"], part["securityContext"]) for part in parts)


@pytest.mark.parametrize(("dag_id", "task_id"), WORK)
def test_names_leave_room_for_sparks_own(made: dict[str, Any]) -> None:
    name = made["metadata"]["name"]
    assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name)
    assert len(name) + len("-") + 8 <= 40


def test_no_manifest_holds_a_credential(cluster_bag: DagBag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_PASSWORD", "hunter2-postgres")
    monkeypatch.setenv("MINIO_SECRET_KEY", "hunter2-s3")
    for dag_id, task_id in WORK:
        assert "hunter2" not in repr(manifest(cluster_bag, dag_id, task_id)), f"{dag_id}.{task_id}"


@pytest.mark.parametrize("image", ["", "mlb/ingest", "mlb/ingest:latest", "registry:5000/mlb/ingest"])
def test_an_image_without_a_fixed_tag_is_refused(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLB_IMAGE_INGEST", image)
    monkeypatch.setenv("MLB_IMAGE_SPARK", "mlb/spark@sha256:" + "0" * 64)
    kubernetes_settings.cache_clear()
    with pytest.raises(BadInputError, match="MLB_IMAGE_INGEST"):
        kubernetes_settings()


@pytest.mark.parametrize(("code", "error"), [(1, AirflowException), (2, AirflowFailException), (137, AirflowException)])
def test_exit_code_2_is_not_retried(cluster_bag: DagBag, code: int, error: type[Exception]) -> None:
    caught = ending(cluster_bag, code=code, reason="Error")
    assert type(caught) is error
    assert "why" in str(caught)
    assert f"Exit code {code}" in str(caught)


def test_a_failure_says_what_no_log_of_the_container_tells(cluster_bag: DagBag) -> None:
    assert "OOMKilled: it needed more memory" in str(ending(cluster_bag, code=137, reason="OOMKilled"))
    too_long = ending(cluster_bag, code=137, reason="Error", pod_reason="DeadlineExceeded", message="too long")
    assert "DeadlineExceeded: too long" in str(too_long)
    assert type(too_long) is TaskDeferralTimeout
    assert "deleted the pod" in str(ending(cluster_bag, gone=True))


def ending(
    bag: DagBag,
    *,
    code: int | None = None,
    reason: str | None = None,
    pod_reason: str | None = None,
    message: str | None = None,
    gone: bool = False,
) -> AirflowException:
    """The error of a task whose pod ended like this."""
    operator = rendered(bag.dags["mlb_game"], "refresh_views")
    operator.process_pod_deletion = operator.patch_already_checked = lambda *_, **__: None
    operator.is_istio_enabled = lambda _: False
    operator.log_events_on_failure = False
    statuses = None
    if code is not None:
        terminated = k8s.V1ContainerStateTerminated(exit_code=code, reason=reason, message="why")
        statuses = [
            k8s.V1ContainerStatus(
                name=operator.base_container_name, image="i", image_id="i", ready=False, restart_count=0,
                state=k8s.V1ContainerState(terminated=terminated),
            )
        ]  # fmt: skip
    status = k8s.V1PodStatus(phase="Failed", container_statuses=statuses, reason=pod_reason, message=message)
    pod = k8s.V1Pod(metadata=k8s.V1ObjectMeta(name="p", uid="1"), spec=k8s.V1PodSpec(containers=[]), status=status)
    with pytest.raises(AirflowException) as caught:
        clean_up(operator, pod, gone)
    return caught.value


def clean_up(operator: Any, pod: k8s.V1Pod, gone: bool) -> None:
    """Clean up as the provider does: as it leaves, with what it met on its way."""
    try:
        if gone:
            raise ApiException(status=404)
    finally:
        operator.cleanup(pod, pod)


def test_there_is_no_golden_file_too_many() -> None:
    golden = {path.name for path in GOLDEN_DIR.glob("manifest.*.yaml")}
    assert golden == {f"manifest.{dag_id}.{task_id}.yaml" for dag_id, task_id in WORK}
