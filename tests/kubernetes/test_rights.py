"""Who may do what: exactly what the provider and the Spark driver call, and nothing beside it."""

from __future__ import annotations

import pytest

from tests.kubernetes.cluster import AIRFLOW_ACCOUNT, AIRFLOW_NAMESPACE, NAMESPACE, Cluster

AIRFLOW = f"system:serviceaccount:{AIRFLOW_NAMESPACE}:{AIRFLOW_ACCOUNT}"
DRIVER, EXECUTOR, INGEST = (f"system:serviceaccount:{NAMESPACE}:mlb-{name}" for name in ("spark", "executor", "ingest"))
APPLICATIONS = "sparkapplications.sparkoperator.k8s.io"


@pytest.mark.parametrize(
    ("who", "verb", "what"),
    [
        (AIRFLOW, "create", "pods"),
        (AIRFLOW, "delete", "pods"),
        (AIRFLOW, "get", "pods/log"),
        (AIRFLOW, "list", "events"),
        (AIRFLOW, "create", APPLICATIONS),
        (AIRFLOW, "delete", APPLICATIONS),
        (DRIVER, "create", "pods"),
        (DRIVER, "create", "configmaps"),
    ],
)
def test_allowed(cluster: Cluster, who: str, verb: str, what: str) -> None:
    assert may(cluster, who, verb, what, NAMESPACE)


@pytest.mark.parametrize(
    ("who", "verb", "what", "where"),
    [
        (AIRFLOW, "create", "pods/exec", NAMESPACE),  # no XCom sidecar to talk to
        (AIRFLOW, "get", "secrets", NAMESPACE),  # pods take them by reference
        (AIRFLOW, "list", "secrets", NAMESPACE),
        (AIRFLOW, "update", "configmaps", NAMESPACE),
        (AIRFLOW, "create", "rolebindings", NAMESPACE),
        (AIRFLOW, "create", "serviceaccounts/token", NAMESPACE),
        (AIRFLOW, "create", "pods", "kube-system"),
        (AIRFLOW, "list", "pods", "default"),
        (DRIVER, "get", "secrets", NAMESPACE),
        (DRIVER, "create", "pods/exec", NAMESPACE),
        (DRIVER, "create", APPLICATIONS, NAMESPACE),
        (DRIVER, "list", "pods", "default"),
        (EXECUTOR, "get", "pods", NAMESPACE),
        (EXECUTOR, "get", "configmaps", NAMESPACE),
        (INGEST, "get", "pods", NAMESPACE),
        (INGEST, "get", "secrets", NAMESPACE),
    ],
)
def test_denied(cluster: Cluster, who: str, verb: str, what: str, where: str) -> None:
    assert not may(cluster, who, verb, what, where)


def may(cluster: Cluster, who: str, verb: str, what: str, where: str) -> bool:
    """What the API server answers when `who` asks."""
    done = cluster.attempt(
        "auth", "can-i", verb, *what.partition("/")[:1], *subresource(what), f"--as={who}", f"-n{where}"
    )
    assert done.stdout.strip() in ("yes", "no"), done.stderr
    return done.stdout.strip() == "yes"


def subresource(what: str) -> list[str]:
    """The option for what follows the slash."""
    _, _, sub = what.partition("/")
    return [f"--subresource={sub}"] if sub else []


def test_a_pod_that_is_not_restricted_is_refused(cluster: Cluster) -> None:
    done = cluster.attempt("run", "rooted", "--image=example/none:1", f"--namespace={NAMESPACE}", "--dry-run=server")
    assert done.returncode != 0
    assert 'violates PodSecurity "restricted' in done.stderr
