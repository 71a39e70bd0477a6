"""The cluster that KUBECONFIG names, by kubectl: what the platform needs there, and what becomes of its pods."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mlb_data_platform.files import write_whole
from tests.recordings import PROJECT_DIR
from tests.waiting import until

MANIFESTS = PROJECT_DIR / "chart_values" / "manifests" / "base"
NAMESPACE = "mlb"
AIRFLOW_ACCOUNT = "airflow-outside"
MADE_BY_TESTS = {"mlb/made-by": "tests"}

_SECRETS = {
    "mlb-postgres": ("POSTGRES_USER", "POSTGRES_PASSWORD"),
    "mlb-s3": ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"),
    "mlb-redis": ("REDIS_PASSWORD",),
}
_SETTINGS = ("POSTGRES_PORT", "POSTGRES_DB", "MINIO_SECURE", "REDIS_PORT", "REDIS_DB")

Node = dict[str, Any]


class Cluster:
    """Runs kubectl with the rights of KUBECONFIG."""

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Return what `kubectl ARGUMENTS` prints; fail the test with what it says if it fails."""
        done = self.attempt(*arguments, given=given)
        if done.returncode != 0:
            pytest.fail(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def attempt(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Return how `kubectl ARGUMENTS` ended."""
        return subprocess.run(
            ["kubectl", *arguments], input=given, capture_output=True, text=True, timeout=120, check=False
        )

    def prepare(self, environment: Mapping[str, str]) -> None:
        """Make namespace, accounts, rights, settings and Secrets; `environment` leads to the services here."""
        host = self.this_machine()
        self._take_over()
        self.kubectl("apply", "--kustomize", str(MANIFESTS))
        settings = {name: environment[name] for name in _SETTINGS} | {
            "POSTGRES_HOST": host,
            "REDIS_HOST": host,
            "MINIO_ENDPOINT": f"{host}:{_port(environment['MINIO_ENDPOINT'])}",
            "MLB_STATSAPI_BASE_URL": f"http://{host}:{_port(environment['MLB_STATSAPI_BASE_URL'])}",
            "MLB_REQUESTS_PER_SECOND": "1000",
        }
        self._apply("ConfigMap", "mlb-settings", data=settings)
        for name, variables in _SECRETS.items():
            self._apply("Secret", name, stringData={variable: environment[variable] for variable in variables})

    def _take_over(self) -> None:
        """End what tests have left that were cut off: it would go on with the settings of these.

        A cluster on which the platform is installed is left alone: our settings would lead it to this machine.
        """
        namespace = f"--namespace={NAMESPACE}"
        found = self.attempt("get", "configmap", "mlb-settings", namespace, "--output=json")
        if found.returncode != 0:
            return
        if not MADE_BY_TESTS.items() <= json.loads(found.stdout)["metadata"].get("labels", {}).items():
            pytest.fail(f"this cluster has a ConfigMap mlb-settings in {NAMESPACE} that is not of tests: use another")
        for kind in ("sparkapplications", "pods"):
            self.kubectl("delete", kind, "--all", namespace, "--timeout=100s")

    def _apply(self, kind: str, name: str, **content: Any) -> None:
        metadata = {"name": name, "namespace": NAMESPACE, "labels": MADE_BY_TESTS}
        manifest = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}
        self.kubectl("apply", "--filename=-", given=json.dumps(manifest))

    def this_machine(self) -> str:
        """Return this machine as pods reach it: MLB_TEST_HOST, else as nodes do."""
        return os.environ.get("MLB_TEST_HOST") or self.as_nodes_see_us()

    def as_nodes_see_us(self) -> str:
        """Return the address by which this machine talks to the first node."""
        node = json.loads(self.kubectl("get", "nodes", "--output=json"))["items"][0]
        addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((addresses["InternalIP"], 9))  # of UDP: nothing is sent
            return str(probe.getsockname()[0])

    def address(self) -> tuple[str, int]:
        """Return host and port of the API server."""
        server = urlsplit(self._config()["clusters"][0]["cluster"]["server"])
        return str(server.hostname), server.port or 443

    def kubeconfig_of_airflow(self, path: Path, port: int) -> None:
        """Write a kubeconfig with the rights that Airflow has on a cluster, by way of `port` of this machine."""
        cluster = self._config()["clusters"][0]["cluster"]
        token = self.kubectl("create", "token", AIRFLOW_ACCOUNT, f"--namespace={NAMESPACE}", "--duration=4h")
        authority = (
            cluster.get("certificate-authority-data")
            or base64.b64encode(Path(cluster["certificate-authority"]).read_bytes()).decode()
        )
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "airflow",
            "clusters": [
                {
                    "name": "cluster",
                    "cluster": {
                        "server": f"https://127.0.0.1:{port}",
                        "tls-server-name": self.address()[0],
                        "certificate-authority-data": authority,
                    },
                }
            ],
            "users": [{"name": "airflow", "user": {"token": token.strip()}}],
            "contexts": [{"name": "airflow", "context": {"cluster": "cluster", "user": "airflow"}}],
        }
        write_whole(path, json.dumps(config), private=True)

    def _config(self) -> Node:
        return dict(json.loads(self.kubectl("config", "view", "--minify", "--raw", "--output=json")))

    def pods(self, **labels: str) -> list[Node]:
        """Return the pods of the namespace with these labels."""
        return self._list("pods", labels)

    def applications(self) -> list[Node]:
        """Return the Spark applications of the namespace."""
        return self._list("sparkapplications", {})

    def _list(self, kind: str, labels: Mapping[str, str]) -> list[Node]:
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        found = self.kubectl("get", kind, f"--namespace={NAMESPACE}", f"--selector={selector}", "--output=json")
        return list(json.loads(found)["items"])

    def running_pod(self, **labels: str) -> str:
        """Wait for a pod with these labels whose container runs, and return its name."""
        return until(lambda: next((name(pod) for pod in self.pods(**labels) if _runs(pod)), None), f"pod with {labels}")

    def delete_pod(self, pod: str, *, grace_seconds: int | None = None) -> None:
        """Delete a pod as a drain does, or with a grace of 0 as when its node is gone."""
        grace = [] if grace_seconds is None else [f"--grace-period={grace_seconds}", "--force"]
        self.kubectl("delete", "pod", pod, f"--namespace={NAMESPACE}", "--wait=false", *grace)

    def cores_of_largest_node(self) -> float:
        """Return how many cores pods can have on the node that has most."""
        nodes = json.loads(self.kubectl("get", "nodes", "--output=json"))["items"]
        cores = (node["status"]["allocatable"]["cpu"] for node in nodes)
        return max(float(each[:-1]) / 1000 if each.endswith("m") else float(each) for each in cores)

    def left_over(self) -> list[str]:
        """Return the names of all pods and Spark applications that are there, and of what Spark makes for them."""
        made = [*self.pods(), *self.applications(), *self._of_spark("services"), *self._of_spark("configmaps")]
        return [name(each) for each in made]

    def _of_spark(self, kind: str) -> list[Node]:
        return [each for each in self._list(kind, {}) if "spark" in str(each["metadata"].get("labels", {}))]


def _port(url: str) -> str:
    return url.rpartition(":")[2]


def name(thing: Node) -> str:
    """Return the name of a pod, an application …"""
    return str(thing["metadata"]["name"])


def _runs(pod: Node) -> bool:
    statuses = pod["status"].get("containerStatuses", [])
    return "deletionTimestamp" not in pod["metadata"] and any("running" in status["state"] for status in statuses)
