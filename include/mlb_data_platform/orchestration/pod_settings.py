"""What pods and Spark applications have in common: images, names, labels, settings by reference, security."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from kubernetes.client import models as k8s
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlb_data_platform.settings import from_environment

# What the images' user is called by number: `runAsNonRoot` cannot check a name.
USER_ID = 10001

# The only folder that a program can write to: an emptyDir of the pod's own.
TMP_DIR = "/tmp"  # nosec B108

# What is no secret: hosts, ports, the API's address. Credentials are Secrets, and both are named and never copied: a
# manifest, and with it Airflow's database and logs, never holds one.
SETTINGS_CONFIG_MAP = "mlb-settings"
SECRETS = ("mlb-postgres", "mlb-s3", "mlb-redis")

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
    # A node may have to be started and an image pulled; a pod that nothing will ever fit is told of after as long.
    mlb_kubernetes_startup_seconds: int = Field(300, ge=1)


@cache
def kubernetes_settings() -> KubernetesSettings:
    """Return the settings. Raises BadInputError naming each variable that is missing or does not fit."""
    return from_environment(KubernetesSettings, "settings for MLB_RUNTIME=kubernetes")


def base_name(name: str) -> str:
    """Return `name` as Kubernetes spells names, short enough for the suffixes to come."""
    return name.replace("_", "-")[:MAX_BASE_NAME].strip("-")


def labels(component: str) -> dict[str, str]:
    """Return our labels; the provider adds dag_id, task_id, run_id, map_index and try_number."""
    return LABELS | {"app.kubernetes.io/component": component}


def env_from() -> list[k8s.V1EnvFromSource]:
    """Return the sources of a program's environment: the settings, and the Secrets of what programs use."""
    settings = k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name=SETTINGS_CONFIG_MAP))
    return [settings, *(k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=name)) for name in SECRETS)]


def pod_security() -> k8s.V1PodSecurityContext:
    """Return what Pod Security "restricted" asks of a pod."""
    return k8s.V1PodSecurityContext(
        run_as_non_root=True,
        run_as_user=USER_ID,
        run_as_group=USER_ID,
        fs_group=USER_ID,  # the emptyDir is otherwise root's
        seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
    )


def container_security() -> k8s.V1SecurityContext:
    """Return what Pod Security "restricted" asks of a container, and a root file system nobody can change."""
    return k8s.V1SecurityContext(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=k8s.V1Capabilities(drop=["ALL"]),
    )


def plain(model: Any) -> Any:
    """Return a model of the Kubernetes client as the API spells it."""
    from kubernetes.client import ApiClient

    return ApiClient().sanitize_for_serialization(model)
