"""What a task asks Kubernetes for, as it would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.dags.runs import rendered

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

KUBERNETES = "1.34"  # the version whose schemas hold


def manifest(bag: DagBag, dag_id: str, task_id: str) -> dict[str, Any]:
    """The pod or Spark application of a task, without the random suffix of its name and Airflow's version."""
    from kubernetes.client import ApiClient

    from mlb_data_platform.orchestration.pod_operator import PodOperator

    operator = rendered(bag.dags[dag_id], task_id)
    if isinstance(operator, PodOperator):
        operator.random_name_suffix = False
        pod: dict[str, Any] = ApiClient().sanitize_for_serialization(operator.build_pod_request_obj(dry_run=True))
        del pod["metadata"]["labels"]["airflow_version"]
        return pod
    application: dict[str, Any] = operator.template_spec["spark"]
    named = {"name": operator.name, "namespace": operator.namespace}
    return application | {"metadata": application["metadata"] | named}
