"""What a pod that does not start waits for, in the words of Kubernetes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from kubernetes.client import models as k8s

from mlb_data_platform.orchestration.pod_operator import waits_for


def pod(**waiting: str) -> k8s.V1Pod:
    state = k8s.V1ContainerState(waiting=k8s.V1ContainerStateWaiting(**waiting))
    status = k8s.V1ContainerStatus(name="base", image="x", image_id="", ready=False, restart_count=0, state=state)
    return k8s.V1Pod(status=k8s.V1PodStatus(container_statuses=[status]))


def event(second: int, reason: str, message: str) -> k8s.CoreV1Event:
    at = k8s.V1ObjectMeta(creation_timestamp=datetime(2026, 7, 1, 0, 0, second, tzinfo=UTC))
    return k8s.CoreV1Event(involved_object=k8s.V1ObjectReference(), metadata=at, reason=reason, message=message)


EVENTS = [event(2, "Pulling", 'Pulling image "x"'), event(1, "Scheduled", "Successfully assigned")]


def test_what_its_container_says() -> None:
    failed = pod(reason="ImagePullBackOff", message='Back-off pulling image "x": ErrImagePull: i/o timeout')
    assert waits_for(failed, EVENTS) == 'ImagePullBackOff: Back-off pulling image "x": ErrImagePull: i/o timeout'


def test_else_its_last_event() -> None:
    assert waits_for(pod(reason="ContainerCreating"), EVENTS) == 'Pulling: Pulling image "x"'
    assert waits_for(k8s.V1Pod(status=k8s.V1PodStatus()), EVENTS) == 'Pulling: Pulling image "x"'


def test_else_nothing() -> None:
    assert waits_for(pod(reason="ContainerCreating"), []) == ""
