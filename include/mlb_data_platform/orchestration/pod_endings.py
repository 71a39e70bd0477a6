"""How a task's pod ended, and what that means for the task: the reason in words, and whether a retry is worth it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.cncf.kubernetes.utils.pod_manager import PodNotFoundException
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferralTimeout, TaskDeferred
from kubernetes.client import ApiException
from kubernetes.client import models as k8s

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.orchestration.pod_trigger import PodTrigger

if TYPE_CHECKING:
    from datetime import timedelta

    from airflow.sdk import Context
    from airflow.triggers.base import BaseTrigger

DELETED = "Something deleted the pod while it worked: a drained node, an eviction, a person."


class PodEndings:
    """For a pod operator: a failure says why, and exit code 2 fails the task for good, as it does for a process."""

    # The provider takes up a wait that the Kubernetes API has interrupted three times, enough for minutes. A game takes
    # hours.
    MAX_REDEFER_ATTEMPTS = 100

    trigger_class: type[PodTrigger] = PodTrigger
    base_container_name: str
    execution_timeout: timedelta | None
    _config_dict: dict[str, Any] | None

    def convert_config_file_to_dict(self) -> None:
        """Leave it to the triggerer to find the cluster as this process does: by KUBECONFIG, or as a pod of it.

        The provider would hand it the kubeconfig, token included, by way of Airflow's database.
        """
        self._config_dict = None

    def defer(
        self,
        *,
        trigger: BaseTrigger,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | int | float | None = None,
    ) -> NoReturn:
        """Wait with the platform's trigger instead of the provider's. Raises TaskDeferred."""
        ours = self.trigger_class(**trigger.serialize()[1])
        raise TaskDeferred(trigger=ours, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def trigger_reentry(self, context: Context, event: dict[str, Any]) -> None:
        """Take over from the triggerer: log, verdict, removal.

        Raises AirflowException with the reason of a failure; TaskDeferralTimeout where the task has had all its time.
        """
        try:
            super().trigger_reentry(context, event)  # type: ignore[misc]
        except Exception as error:
            if isinstance(error, PodNotFoundException) or is_gone(error):
                raise AirflowException(f"{event['name']}: {DELETED}") from None
            if event["status"] == "timeout" and time.time() >= event["_execution_deadline"]:
                raise TaskDeferralTimeout(
                    f"{event['name']} was not seen to end within {self.execution_timeout}: that is the"
                    " `timeout_minutes` of this task in the DAG's YAML"
                ) from None
            raise

    def cleanup(
        self,
        pod: k8s.V1Pod,
        remote_pod: k8s.V1Pod,
        xcom_result: dict[str, Any] | None = None,
        context: Context | None = None,
    ) -> None:
        """Remove the pod. Raises AirflowException with the reason if it failed; AirflowFailException for code 2."""
        try:
            super().cleanup(pod, remote_pod, xcom_result=xcom_result, context=context)  # type: ignore[misc]
        except AirflowException as error:
            # What the operator met while it waited is the context: the provider raises this one as it cleans up.
            raise failure(error, remote_pod, self.base_container_name, error.__context__) from None


def failure(
    error: Exception, pod: k8s.V1Pod | None, container: str, before: BaseException | None = None
) -> AirflowException:
    """Return the error that a task fails with: `error`, and what `pod` or the error `before` it tells of the reason."""
    ended = _termination(pod, container)
    message = f"{error} {_reason(pod, ended, before)}".strip()
    if pod and pod.status.reason == "DeadlineExceeded":  # nobody was there to end the wait in time
        return TaskDeferralTimeout(message)
    if ended and ended.exit_code == BadInputError.exit_code:
        return AirflowFailException(message)
    return AirflowException(message)


def _reason(pod: k8s.V1Pod | None, ended: k8s.V1ContainerStateTerminated | None, before: BaseException | None) -> str:
    if ended and ended.reason == "OOMKilled":
        return "OOMKilled: it needed more memory than the `memory` of this task in the DAG's YAML."
    if pod and pod.status.reason:  # of the pod as a whole: DeadlineExceeded, Evicted
        return f"{pod.status.reason}: {pod.status.message}"
    if ended:
        return f"Exit code {ended.exit_code} ({ended.reason})."
    if is_gone(before):
        return DELETED
    return str(before or "")


def is_gone(error: BaseException | None) -> bool:
    """Return whether an error of the Kubernetes client says that there is no such thing (any more)."""
    return isinstance(error, ApiException) and error.status == 404


def _termination(pod: k8s.V1Pod | None, container: str) -> k8s.V1ContainerStateTerminated | None:
    """Return how a pod's container ended; None while it runs, or if it never did."""
    statuses = (pod.status.container_statuses if pod and pod.status else None) or []
    for status in statuses:
        if status.name == container and status.state:
            return status.state.terminated
    return None
