"""Tasks as pods and Spark applications: one place for every default, each with its reason beside it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from kubernetes.client import models as k8s
from pydantic import AfterValidator, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.models import Pod, Spark, SparkPod
from mlb_data_platform.orchestration.argv import Argv

if TYPE_CHECKING:
    from airflow.sdk import Context

SPARK_VERSION = "3.5.9"

# What the images' user is called by number: `runAsNonRoot` cannot check a name.
USER_ID = 10001

# The only folder that a program can write to: an emptyDir of the pod's own.
TMP_DIR = "/tmp"  # nosec B108

# Credentials, by reference: a manifest, and with it Airflow's database and logs, never holds one.
SETTINGS_CONFIG_MAP = "mlb-settings"
POD_SECRETS = ("mlb-postgres", "mlb-s3", "mlb-redis")
SPARK_SECRETS = ("mlb-postgres", "mlb-s3")

# Kubernetes allows 63 characters, but Spark hangs `-driver` and `-exec-N` on an application's name, and the
# operator makes label values of the results: 40 with the random suffix of 9.
MAX_BASE_NAME = 31

LABELS = {"app.kubernetes.io/part-of": "mlb-data-platform"}
# A node that an autoscaler wants to empty waits until the work is done: a task costs minutes, a node seconds.
ANNOTATIONS = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}


def _fixed(image: str) -> str:
    """An image named by content: a task runs what its DAG was tested with, and `latest` is something else every day."""
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag in ("", "latest"):
        raise ValueError(f"'{image}' needs a tag, and not :latest")
    return image


Image = Annotated[str, AfterValidator(_fixed)]


class KubernetesSettings(BaseSettings):
    """Where pods run and from which images; needed only with MLB_RUNTIME=kubernetes."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    mlb_image_ingest: Image
    mlb_image_spark: Image
    mlb_kubernetes_namespace: str = "mlb"


@cache
def kubernetes_settings() -> KubernetesSettings:
    """Return the settings. Raises BadInputError naming each variable that is missing or does not fit."""
    try:
        return KubernetesSettings()
    except ValidationError as error:
        problems = "; ".join(f"{str(detail['loc'][0]).upper()}: {detail['msg']}" for detail in error.errors())
        raise BadInputError(f"settings for MLB_RUNTIME=kubernetes: {problems}") from None


class _ExitCodes:
    """Exit code 2 fails the task for good, as it does for a process; all else is worth the retries that are left."""

    base_container_name: str

    def cleanup(
        self,
        pod: k8s.V1Pod,
        remote_pod: k8s.V1Pod,
        xcom_result: dict[str, Any] | None = None,
        context: Context | None = None,
    ) -> None:
        try:
            super().cleanup(pod, remote_pod, xcom_result=xcom_result, context=context)  # type: ignore[misc]
        except AirflowException as error:
            if exit_code(remote_pod, self.base_container_name) == BadInputError.exit_code:
                raise AirflowFailException(str(error)) from None
            raise


class PodOperator(_ExitCodes, KubernetesPodOperator):
    """The platform's pod operator: `game` is the mapped game, for its argv and label."""

    template_fields = (*KubernetesPodOperator.template_fields, "game")

    def __init__(self, *, game: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.game = game


class SparkOperator(_ExitCodes, SparkKubernetesOperator):
    """The platform's operator for Spark applications."""


def exit_code(pod: k8s.V1Pod | None, container: str) -> int | None:
    """Return the exit code of a pod's container; None while it runs, or if it never did."""
    statuses = (pod.status.container_statuses if pod and pod.status else None) or []
    for status in statuses:
        if status.name == container and status.state and status.state.terminated:
            return int(status.state.terminated.exit_code)
    return None


def pod_arguments(name: str, argv: Argv, pod: Pod, *, timeout_seconds: int, per_game: bool) -> dict[str, Any]:
    """Return what PodOperator takes to run `mlb-etl` with `argv` in a pod of the ingest image."""
    settings = kubernetes_settings()
    return {
        "name": _base_name(name),
        "random_name_suffix": True,  # a retry must not meet the pod of the try before
        "namespace": settings.mlb_kubernetes_namespace,
        "image": settings.mlb_image_ingest,
        "image_pull_policy": "IfNotPresent",  # the tag names the content: what is there is right
        "cmds": ["mlb-etl"],
        "arguments": argv,
        "env_vars": [k8s.V1EnvVar(name="HOME", value=TMP_DIR)],
        "env_from": _env_from(POD_SECRETS),
        "labels": _labels("ingest") | ({"mlb/game-pk": "{{ task.game.game_pk }}"} if per_game else {}),
        "annotations": ANNOTATIONS,
        # CPU is asked for but not limited: a limit only slows a task down while the node is idle. Memory is limited
        # to what was asked for: more would take it from neighbours.
        "container_resources": k8s.V1ResourceRequirements(
            requests={"cpu": pod.cpu, "memory": pod.memory}, limits={"memory": pod.memory}
        ),
        "service_account_name": "mlb-ingest",
        "security_context": _pod_security(),
        "container_security_context": _container_security(),
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
        "active_deadline_seconds": timeout_seconds,  # ends the pod even if the worker that watches it is gone
        "startup_timeout_seconds": 300,  # a node may have to be started and an image pulled
        "startup_check_interval_seconds": 2,  # the default of 5 s is longer than most of these tasks
        "get_logs": True,
        "log_events_on_failure": True,  # why it was not scheduled, not pulled, evicted
        "log_pod_spec_on_failure": False,  # hundreds of lines that bury the reason
        "on_finish_action": "delete_pod",  # log and reason are in Airflow by then
        "on_kill_action": "delete_pod",
        "do_xcom_push": False,  # no sidecar: a program's answer is its exit code and its rows
        "deferrable": False,  # seconds long: to hand it to a triggerer and back takes longer than to wait
    }


def spark_arguments(name: str, program: str, argv: Argv, spark: Spark) -> dict[str, Any]:
    """Return what SparkOperator takes to run `spark_jobs/PROGRAM.py` with `argv` as a Spark application."""
    settings = kubernetes_settings()
    return {
        "name": _base_name(name),
        "random_name_suffix": True,
        "namespace": settings.mlb_kubernetes_namespace,
        "template_spec": {"spark": _application(program, argv, spark, settings.mlb_image_spark)},
        "get_logs": True,
        "log_events_on_failure": True,
        "log_pod_spec_on_failure": False,
        "delete_on_termination": True,
        "startup_timeout_seconds": 600,  # driver and executors may each need a node
        "do_xcom_push": False,
        "deferrable": True,  # minutes long: the wait should not hold a worker
    }


def _application(program: str, argv: Argv, spark: Spark, image: str) -> dict[str, Any]:
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "spec": {
            "type": "Python",
            "pythonVersion": "3",
            "mode": "cluster",
            "sparkVersion": SPARK_VERSION,
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "mainApplicationFile": f"local:///opt/mlb/spark_jobs/{program}.py",
            "arguments": argv,
            "restartPolicy": {"type": "Never"},  # Airflow retries: two who do it run it twice
            # Airflow deletes the application when it is done with it, but not one whose driver failed before it
            # first looked (provider 10.25): this takes care of those.
            "timeToLiveSeconds": 240,
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}}],
            "driver": _spark_pod(spark.driver) | {"serviceAccount": "mlb-spark"},  # it creates the executors
            "executor": _spark_pod(spark.executor) | {"instances": spark.executor.instances},
        },
    }


def _spark_pod(pod: SparkPod) -> dict[str, Any]:
    return {
        "cores": pod.cores,
        "memory": pod.memory,
        "env": [{"name": "HOME", "value": TMP_DIR}],
        "envFrom": [_plain(source) for source in _env_from(SPARK_SECRETS)],
        "labels": _labels("spark"),
        "annotations": ANNOTATIONS,
        "podSecurityContext": _plain(_pod_security()),
        "securityContext": _plain(_container_security()),
        "volumeMounts": [{"name": "tmp", "mountPath": TMP_DIR}],
    }


def _base_name(name: str) -> str:
    return name.replace("_", "-")[:MAX_BASE_NAME].strip("-")


def _labels(component: str) -> dict[str, str]:
    """Ours; the provider adds dag_id, task_id, run_id, map_index and try_number."""
    return LABELS | {"app.kubernetes.io/component": component}


def _env_from(secrets: tuple[str, ...]) -> list[k8s.V1EnvFromSource]:
    settings = k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name=SETTINGS_CONFIG_MAP))
    return [settings, *(k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=name)) for name in secrets)]


def _pod_security() -> k8s.V1PodSecurityContext:
    """What Pod Security "restricted" asks of a pod."""
    return k8s.V1PodSecurityContext(
        run_as_non_root=True,
        run_as_user=USER_ID,
        run_as_group=USER_ID,
        fs_group=USER_ID,  # the emptyDir is otherwise root's
        seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
    )


def _container_security() -> k8s.V1SecurityContext:
    """What Pod Security "restricted" asks of a container, and a root file system nobody can change."""
    return k8s.V1SecurityContext(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=k8s.V1Capabilities(drop=["ALL"]),
    )


def _plain(model: Any) -> Any:
    """A model of the Kubernetes client as the API spells it."""
    from kubernetes.client import ApiClient

    return ApiClient().sanitize_for_serialization(model)
