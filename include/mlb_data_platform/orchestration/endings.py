"""How a task's pod ended, and what that means for the task: the reason in words, and whether a retry is worth it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException
from kubernetes.client import ApiException
from kubernetes.client import models as k8s

from mlb_data_platform.errors import BadInputError

if TYPE_CHECKING:
    from airflow.sdk import Context


class PodEndings:
    """For a pod operator: a failure says why, and exit code 2 fails the task for good, as it does for a process."""

    base_container_name: str
    hook: Any
    _config_dict: dict[str, Any] | None

    def convert_config_file_to_dict(self) -> None:
        """Leave it to the triggerer to find the cluster as this process does: by KUBECONFIG, or as a pod of it.

        The provider would hand it the kubeconfig, token included, by way of Airflow's database.
        """
        self._config_dict = None

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
            ended = termination(remote_pod, self.base_container_name)
            message = f"{error} {self._reason(remote_pod, ended, error.__context__)}".strip()
            if ended and ended.exit_code == BadInputError.exit_code:
                raise AirflowFailException(message) from None
            raise AirflowException(message) from None

    def _reason(
        self, pod: k8s.V1Pod, ended: k8s.V1ContainerStateTerminated | None, before: BaseException | None
    ) -> str:
        """What no log of the container tells: `before` is what the operator met while it waited."""
        if ended and ended.reason == "OOMKilled":
            return "OOMKilled: it needed more memory than the `memory` of this task in the DAG's YAML."
        if ended:
            return f"Exit code {ended.exit_code} ({ended.reason})."
        if pod.status.reason:  # of the pod as a whole: DeadlineExceeded, Evicted
            return f"{pod.status.reason}: {pod.status.message}"
        if self._is_gone(pod):
            return "Something deleted the pod while it worked: a drained node, an eviction, a person."
        return str(before or "")

    def _is_gone(self, pod: k8s.V1Pod) -> bool:
        try:
            found = self.hook.get_pod(pod.metadata.name, pod.metadata.namespace)
        except ApiException as error:
            if error.status == 404:
                return True
            raise
        return bool(found.metadata.uid != pod.metadata.uid)


def termination(pod: k8s.V1Pod | None, container: str) -> k8s.V1ContainerStateTerminated | None:
    """Return how a pod's container ended; None while it runs, or if it never did."""
    statuses = (pod.status.container_statuses if pod and pod.status else None) or []
    for status in statuses:
        if status.name == container and status.state:
            return status.state.terminated
    return None
