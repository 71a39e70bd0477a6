"""A task as a Spark application: its manifest, and an operator that leaves none behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.sdk.exceptions import AirflowException
from kubernetes.client import ApiException
from kubernetes.client import models as k8s
from urllib3.exceptions import HTTPError

from mlb_data_platform.jobs.task_models import Spark, SparkPod
from mlb_data_platform.orchestration.application_trigger import (
    API_GROUP,
    API_VERSION,
    DRIVER_SUFFIX,
    ApplicationTrigger,
)
from mlb_data_platform.orchestration.argv import Argv
from mlb_data_platform.orchestration.pod_endings import DELETED, PodEndings, failure, is_gone
from mlb_data_platform.orchestration.pod_settings import (
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
from mlb_data_platform.orchestration.pod_trigger import SECONDS_BETWEEN_LOGS
from mlb_data_platform.orchestration.task_page import SHOWN_FIELDS, ShownOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

SPARK_VERSION = "3.5.9"
DRIVER = SparkKubernetesOperator.BASE_CONTAINER_NAME
# As on a laptop: the JVM plans more than it computes, for a minute or all day, and says what matters in a line.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile=/opt/mlb/spark_jobs/log4j2.properties"


class SparkOperator(PodEndings, ShownOperator, SparkKubernetesOperator):
    """The platform's operator for Spark applications: a failed one says why, and is gone when its task is red.

    The provider (10.25) leaves an application behind whose driver never ran, failed before the first look at it or was
    deleted, and says nothing of the reason.
    """

    template_fields = [*SparkKubernetesOperator.template_fields, *SHOWN_FIELDS]
    trigger_class = ApplicationTrigger

    def execute(self, context: Context) -> None:
        """Start the application and defer. Raises AirflowException with the reason if it does not start."""
        try:
            super().execute(context)
        except Exception as error:
            reason = self._failure_to_start(error)
            self._delete_application()
            raise reason from None

    def trigger_reentry(self, context: Context, event: dict[str, Any]) -> None:
        """Take over from the triggerer: log, verdict, removal. Raises AirflowException with the reason of a failure."""
        self.name = str(event["name"]).removesuffix(DRIVER_SUFFIX)
        try:
            super().trigger_reentry(context, event)
        except Exception:
            self._delete_application()
            raise

    def _failure_to_start(self, error: Exception) -> AirflowException:
        """The provider's error with what the driver tells; its events, such as why it has no node, go to the log."""
        try:
            driver = self.hook.get_pod(f"{self.name}{DRIVER_SUFFIX}", str(self.namespace))
        except (ApiException, HTTPError) as unread:
            if is_gone(error):  # the launcher has waited for it, and it never came
                return AirflowException(f"{self.name} got no driver: does the Spark operator watch {self.namespace}?")
            return AirflowException(f"{error} {DELETED}" if is_gone(unread) else str(error))
        self._read_pod_events(driver, reraise=False)
        return failure(error, driver, self.base_container_name)

    def _delete_application(self) -> None:
        try:
            self.launcher.delete_spark_job(self.name)  # type: ignore[no-untyped-call]
        except (ApiException, HTTPError) as error:  # what made the task fail is worth more than this
            self.log.error("application %s is still there: `kubectl delete` it: %s", self.name, error)


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
        "logging_interval": SECONDS_BETWEEN_LOGS,
        "log_events_on_failure": True,  # why it was not scheduled, not pulled, evicted
        "log_pod_spec_on_failure": False,  # hundreds of lines that bury the reason
        "delete_on_termination": True,  # log and reason are in Airflow by then
        "do_xcom_push": False,  # no sidecar: a program's answer is its exit code and its rows
        "deferrable": True,  # minutes long: the wait should not hold a worker
    }


def _application(program: str, argv: Argv, spark: Spark, image: str, timeout_seconds: int) -> dict[str, Any]:
    template = {
        # Ends an application that no Airflow watches any more; its executors end with it.
        "activeDeadlineSeconds": timeout_seconds,
        # The last lines tell why, even where logs are lost.
        "containers": [{"name": DRIVER, "terminationMessagePolicy": "FallbackToLogsOnError"}],
    }
    sources = env_from()
    driver = _spark_pod(spark.driver, sources) | {"serviceAccount": "mlb-spark"}  # it creates the executors
    driver |= {"template": {"spec": template}}
    executor = _spark_pod(spark.executor, sources) | {"serviceAccount": "mlb-executor"}
    executor |= {"instances": spark.executor.instances}
    return {
        "apiVersion": f"{API_GROUP}/{API_VERSION}",
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
            # Airflow deletes the application when it is done with it. This is for what it cannot: its task was ended
            # before the triggerer watched it, or Airflow is gone. Long enough for a triggerer to restart and still find
            # the log.
            "timeToLiveSeconds": 120,
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}}],
            "driver": driver,
            "executor": executor,
        },
    }


def _spark_pod(pod: SparkPod, sources: list[k8s.V1EnvFromSource]) -> dict[str, Any]:
    return {
        "cores": pod.cores,
        "coreRequest": pod.cpu,  # asked for, not limited: idle cores are used
        "memory": pod.memory,
        "javaOptions": JAVA_OPTIONS,
        "env": [{"name": "HOME", "value": TMP_DIR}],
        "envFrom": [plain(source) for source in sources],
        "labels": labels("spark"),
        "annotations": ANNOTATIONS,
        "podSecurityContext": plain(pod_security()),
        "securityContext": plain(container_security()),
        "volumeMounts": [{"name": "tmp", "mountPath": TMP_DIR}],
    }
