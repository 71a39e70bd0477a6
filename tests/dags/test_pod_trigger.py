"""The trigger that watches the pod of a deferred task: the provider's, but no sooner than the scheduler can take it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger
from airflow.sdk.exceptions import AirflowException, TaskDeferralTimeout, TaskDeferred
from airflow.sdk.module_loading import import_string
from airflow.triggers.base import TriggerEvent
from kubernetes.client import ApiException
from kubernetes.client import models as k8s

from mlb_data_platform.orchestration.application_trigger import ApplicationTrigger
from mlb_data_platform.orchestration.pod_operator import PodOperator
from mlb_data_platform.orchestration.pod_trigger import SECONDS_UNTIL_THE_DEFERRAL_IS_KNOWN, PodTrigger
from mlb_data_platform.orchestration.spark_operator import SparkOperator

if TYPE_CHECKING:
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import AsyncKubernetesHook


def arguments(deferred_at: datetime) -> dict[str, Any]:
    return {
        "pod_name": "x-driver",
        "pod_namespace": "mlb",
        "trigger_start_time": deferred_at,
        "base_container_name": "spark-kubernetes-driver",
    }


@pytest.mark.parametrize(
    ("operator", "trigger"),
    [
        (PodOperator(task_id="x", deferrable=True), PodTrigger),
        (SparkOperator(task_id="x", template_spec={"spark": {}}, deferrable=True), ApplicationTrigger),
    ],
    ids=["pod", "spark"],
)
def test_a_deferred_task_waits_with_it(operator: PodOperator | SparkOperator, trigger: type[PodTrigger]) -> None:
    provider = KubernetesPodTrigger(**arguments(datetime.now(UTC)))
    with pytest.raises(TaskDeferred) as deferred:
        operator.defer(trigger=provider, method_name="trigger_reentry", timeout=timedelta(minutes=1))
    assert type(deferred.value.trigger) is trigger
    assert deferred.value.trigger.serialize()[1] == provider.serialize()[1]
    assert (deferred.value.method_name, deferred.value.timeout) == ("trigger_reentry", timedelta(minutes=1))


@pytest.mark.parametrize("trigger_class", [PodTrigger, ApplicationTrigger])
def test_the_triggerer_finds_it_as_it_was_deferred(trigger_class: type[PodTrigger]) -> None:
    trigger = trigger_class(**arguments(datetime.now(UTC)))
    path, found = trigger.serialize()
    assert import_string(path) is trigger_class
    assert import_string(path)(**found).serialize() == (path, found)


@pytest.mark.parametrize("known_in", [0.3, -60], ids=["soon", "since long"])
def test_its_event_comes_when_the_deferral_is_known(monkeypatch: pytest.MonkeyPatch, known_in: float) -> None:
    async def ended(_: KubernetesPodTrigger) -> AsyncIterator[TriggerEvent]:
        yield TriggerEvent({"status": "failed"})

    monkeypatch.setattr(KubernetesPodTrigger, "run", ended)  # the pod has ended already
    known_at = datetime.now(UTC) + timedelta(seconds=known_in)
    trigger = PodTrigger(**arguments(known_at - timedelta(seconds=SECONDS_UNTIL_THE_DEFERRAL_IS_KNOWN)))

    async def events() -> list[TriggerEvent]:
        return [event async for event in trigger.run()]

    assert [event.payload for event in asyncio.run(events())] == [{"status": "failed"}]
    assert datetime.now(UTC) >= known_at


def test_the_second_that_a_piece_of_the_log_leaves_out_is_the_first_of_the_next() -> None:
    class Hook:
        async def read_logs(self, *_: Any, **__: Any) -> list[str]:
            return []

    trigger = PodTrigger(**arguments(datetime.now(UTC)))
    trigger.hook = cast("AsyncKubernetesHook", Hook())
    pod = k8s.V1Pod(metadata=k8s.V1ObjectMeta(name="x-1", namespace="mlb"))
    before = datetime.now(UTC)
    read_until = asyncio.run(trigger.pod_manager.fetch_container_logs_before_current_sec(pod, container_name="base"))
    assert read_until is not None
    assert read_until.microsecond == 0
    assert before - timedelta(seconds=1) < read_until <= datetime.now(UTC)


def test_a_pod_that_is_gone_when_the_task_resumes_was_deleted() -> None:
    class Hook:
        def get_pod(self, *_: str) -> None:
            raise ApiException(status=404)

    operator = PodOperator(task_id="x", deferrable=True)
    operator.hook = Hook()
    with pytest.raises(AirflowException, match=r"^x-1: Something deleted the pod while it worked"):
        operator.trigger_reentry({}, {"name": "x-1", "namespace": "mlb", "status": "failed"})


@pytest.mark.parametrize(
    ("deadline_in", "error"),
    [(-1, TaskDeferralTimeout), (3600, AirflowException)],
    ids=["after all its time", "before it has begun"],
)
def test_a_pod_that_is_given_up_had_its_time_or_not(deadline_in: int, error: type[Exception]) -> None:
    """The provider calls both a timeout: a pod that works too long, and one that does not start."""

    class Hook:
        def get_pod(self, *_: str) -> k8s.V1Pod:
            return k8s.V1Pod(metadata=k8s.V1ObjectMeta(name="x-1"), status=k8s.V1PodStatus(phase="Running"))

    operator = PodOperator(task_id="x", deferrable=True, execution_timeout=timedelta(hours=3), get_logs=False)
    operator.hook = Hook()
    operator.post_complete_action = lambda **_: None
    operator.is_istio_enabled = lambda _: False
    deadline = int(datetime.now(UTC).timestamp()) + deadline_in
    event = {"status": "timeout", "message": "it took too long", "_execution_deadline": deadline}
    with pytest.raises(AirflowException, match=r"^x-1 .* within 3:00:00|^it took too long") as caught:
        operator.trigger_reentry({}, {"name": "x-1", "namespace": "mlb", **event})
    assert type(caught.value) is error
