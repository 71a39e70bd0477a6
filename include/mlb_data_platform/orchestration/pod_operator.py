"""A task as a pod: the one place for every default, each with its reason beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.utils.pod_manager import PodLaunchTimeoutException
from kubernetes.client import ApiException
from kubernetes.client import models as k8s
from urllib3.exceptions import HTTPError

from mlb_data_platform.jobs.task_models import Pod
from mlb_data_platform.orchestration.argv import Argv
from mlb_data_platform.orchestration.pod_endings import PodEndings
from mlb_data_platform.orchestration.pod_settings import (
    ANNOTATIONS,
    TMP_DIR,
    base_name,
    container_security,
    env_from,
    kubernetes_settings,
    labels,
    pod_security,
)
from mlb_data_platform.orchestration.pod_trigger import SECONDS_BETWEEN_LOGS
from mlb_data_platform.orchestration.task_page import SHOWN_FIELDS, ShownOperator


class PodOperator(PodEndings, ShownOperator, KubernetesPodOperator):
    """The platform's pod operator: `game` is the mapped game, for its argv and label."""

    # In this order: the others may ask for the game.
    template_fields = ("game", *KubernetesPodOperator.template_fields, *SHOWN_FIELDS)

    def __init__(self, *, game: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.game = game

    def await_pod_start(self, pod: k8s.V1Pod) -> None:
        """Wait until the pod runs. Raises PodLaunchTimeoutException with what it still waits for.

        The provider says to look at the pod's events, and then deletes the pod.
        """
        try:
            super().await_pod_start(pod)
        except PodLaunchTimeoutException as error:
            try:
                last = self.pod_manager.read_pod(pod), self.pod_manager.read_pod_events(pod).items
            except (ApiException, HTTPError):  # that it took too long is all we know
                raise error from None
            raise PodLaunchTimeoutException(f"{error} {waits_for(*last)}".strip()) from None


def waits_for(pod: k8s.V1Pod, events: Sequence[k8s.CoreV1Event]) -> str:
    """Return what a pod that does not start waits for: what its container says of it, else its last event."""
    for status in pod.status.container_statuses or []:
        waiting = status.state.waiting if status.state else None
        if waiting and waiting.message:
            return f"{waiting.reason}: {waiting.message}"
    latest = sorted(events, key=lambda event: event.metadata.creation_timestamp)[-1:]
    return "".join(f"{event.reason}: {event.message}" for event in latest)


def pod_arguments(
    name: str, argv: Argv, pod: Pod, *, timeout_seconds: int, per_game: bool, deferrable: bool
) -> dict[str, Any]:
    """Return what PodOperator takes to run `mlb-etl` with `argv` in a pod."""
    settings = kubernetes_settings()
    images = {"ingest": settings.mlb_image_ingest, "spark": settings.mlb_image_spark}
    return {
        "name": base_name(name),
        "random_name_suffix": True,  # a retry must not meet the pod of the try before
        "namespace": settings.mlb_kubernetes_namespace,
        "image": images[pod.image],
        "image_pull_policy": "IfNotPresent",  # the tag names the content: what is there is right
        "cmds": ["mlb-etl"],
        "arguments": argv,
        "env_vars": [k8s.V1EnvVar(name="HOME", value=TMP_DIR)],
        "env_from": env_from(),
        "labels": labels("ingest") | ({"mlb/game-pk": "{{ task.game.game_pk }}"} if per_game else {}),
        "annotations": ANNOTATIONS,
        # CPU is asked for but not limited: a limit only slows a task down while the node is idle. Memory is limited
        # to what was asked for: more would take it from neighbours.
        "container_resources": k8s.V1ResourceRequirements(
            requests={"cpu": pod.cpu, "memory": pod.memory}, limits={"memory": pod.memory}
        ),
        "service_account_name": "mlb-ingest",
        "security_context": pod_security(),
        "container_security_context": container_security(),
        "volumes": [k8s.V1Volume(name="tmp", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="1Gi"))],
        "volume_mounts": [k8s.V1VolumeMount(name="tmp", mount_path=TMP_DIR)],
        "full_pod_spec": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[],
                automount_service_account_token=False,  # the program does not talk to Kubernetes
                enable_service_links=False,  # a Service called `postgres` would set POSTGRES_PORT=tcp://…
            )
        ),
        "termination_message_policy": "FallbackToLogsOnError",  # the last lines tell why, even where logs are lost
        # Ends the pod even if the worker that watches it is gone. It counts from the pod's start, so that where the
        # worker is there, its own timeout comes first and says so.
        "active_deadline_seconds": timeout_seconds,
        "startup_timeout_seconds": settings.mlb_kubernetes_startup_seconds,
        "startup_check_interval_seconds": 1,  # the default of 5 s is longer than most of these tasks
        "get_logs": True,
        "logging_interval": SECONDS_BETWEEN_LOGS,  # of what is deferred; else its log is there as it comes
        "container_name_log_prefix_enabled": False,  # there is one container
        "log_events_on_failure": True,  # why it was not scheduled, not pulled, evicted
        "log_pod_spec_on_failure": False,  # hundreds of lines that bury the reason
        "on_finish_action": "delete_pod",  # log and reason are in Airflow by then
        "on_kill_action": "delete_pod",
        "do_xcom_push": False,  # no sidecar: a program's answer is its exit code and its rows
        # What is seconds long is not: to hand it to a triggerer and back takes longer than to wait.
        "deferrable": deferrable,
    }
