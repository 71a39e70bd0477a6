"""A task as a Spark application: its manifest, and an operator that leaves none behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator

from mlb_data_platform.jobs.models import Spark, SparkPod
from mlb_data_platform.orchestration.argv import Argv
from mlb_data_platform.orchestration.endings import PodEndings
from mlb_data_platform.orchestration.kubernetes import (
    ANNOTATIONS,
    TMP_DIR,
    base_name,
    container_security,
    env_from,
    kubernetes_settings,
    labels,
    plain,
    pod_security,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

SPARK_VERSION = "3.5.9"
# As on a laptop: the JVM lives for a minute, plans more than it computes, and says what matters in a line.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile=/opt/mlb/spark_jobs/log4j2.properties"


class SparkOperator(PodEndings, SparkKubernetesOperator):
    """The platform's operator for Spark applications: one that failed is gone when its task is red."""

    def execute(self, context: Context) -> None:
        """Start the application and defer. Raises AirflowException with the reason if it does not start."""
        with self._deleted_on_failure():
            super().execute(context)

    def trigger_reentry(self, context: Context, event: dict[str, Any]) -> None:
        """Take over from the triggerer: log, verdict, removal. Raises AirflowException with the reason of a failure."""
        self.name = str(event["name"]).removesuffix("-driver")
        with self._deleted_on_failure():
            super().trigger_reentry(context, event)

    @contextmanager
    def _deleted_on_failure(self) -> Iterator[None]:
        """The provider (10.25) leaves an application behind whose driver never ran, failed early or was deleted."""
        try:
            yield
        except Exception:
            self.launcher.delete_spark_job(self.name)  # type: ignore[no-untyped-call]
            raise


def spark_arguments(name: str, program: str, argv: Argv, spark: Spark, *, timeout_seconds: int) -> dict[str, Any]:
    """Return what SparkOperator takes to run `spark_jobs/PROGRAM.py` with `argv` as a Spark application."""
    settings = kubernetes_settings()
    return {
        "name": base_name(name),
        "random_name_suffix": True,  # a retry must not meet the application of the try before
        "namespace": settings.mlb_kubernetes_namespace,
        "template_spec": {"spark": _application(program, argv, spark, settings.mlb_image_spark, timeout_seconds)},
        "startup_timeout_seconds": settings.mlb_kubernetes_startup_seconds,
        "get_logs": True,
        "log_events_on_failure": True,  # why it was not scheduled, not pulled, evicted
        "log_pod_spec_on_failure": False,  # hundreds of lines that bury the reason
        "delete_on_termination": True,  # log and reason are in Airflow by then
        "on_kill_action": "delete_pod",  # the application's driver; its time-to-live removes the application
        "do_xcom_push": False,  # no sidecar: a program's answer is its exit code and its rows
        "deferrable": True,  # minutes long: the wait should not hold a worker
    }


def _application(program: str, argv: Argv, spark: Spark, image: str, timeout_seconds: int) -> dict[str, Any]:
    # The driver's deadline ends an application that no Airflow watches any more; its executors end with it.
    deadline = {"spec": {"containers": [], "activeDeadlineSeconds": timeout_seconds}}
    driver = _spark_pod(spark.driver) | {"serviceAccount": "mlb-spark", "template": deadline}  # it creates executors
    executor = _spark_pod(spark.executor) | {"serviceAccount": "mlb-executor", "instances": spark.executor.instances}
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"labels": labels("spark")},
        "spec": {
            "type": "Python",
            "pythonVersion": "3",
            "mode": "cluster",
            "sparkVersion": SPARK_VERSION,
            "image": image,
            "imagePullPolicy": "IfNotPresent",  # the tag names the content: what is there is right
            "mainApplicationFile": f"local:///opt/mlb/spark_jobs/{program}.py",
            "arguments": argv,
            "restartPolicy": {"type": "Never"},  # Airflow retries: two who do it run it twice
            # Airflow deletes the application when it is done with it. This is for what it cannot: its task was killed
            # while deferred, or Airflow is gone. Long enough for a triggerer to restart and still find the log.
            "timeToLiveSeconds": 120,
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}}],
            "driver": driver,
            "executor": executor,
        },
    }


def _spark_pod(pod: SparkPod) -> dict[str, Any]:
    return {
        "cores": pod.cores,
        "coreRequest": pod.cpu,  # asked for, not limited: idle cores are used
        "memory": pod.memory,
        "javaOptions": JAVA_OPTIONS,
        "env": [{"name": "HOME", "value": TMP_DIR}],
        "envFrom": [plain(source) for source in env_from("mlb-postgres", "mlb-s3")],
        "labels": labels("spark"),
        "annotations": ANNOTATIONS,
        "podSecurityContext": plain(pod_security()),
        "securityContext": plain(container_security()),
        "volumeMounts": [{"name": "tmp", "mountPath": TMP_DIR}],
    }
