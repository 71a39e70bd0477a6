"""Who may do what: exactly what the provider and the Spark driver call, as the API server answers for each account."""

from __future__ import annotations

import json

import pytest

from tests.kubernetes.cluster import AIRFLOW_ACCOUNT, NAMESPACE, Cluster

AIRFLOW = {
    "pods": {"create", "get", "list", "patch", "delete"},
    "pods/log": {"get"},
    "events": {"list", "watch"},
    "sparkapplications.sparkoperator.k8s.io": {"create", "delete"},
    "sparkapplications/status.sparkoperator.k8s.io": {"get"},
}
DRIVER = {
    "pods": {"create", "get", "list", "watch", "delete", "deletecollection"},
    "configmaps": {"create", "deletecollection"},
    "services": {"deletecollection"},
    "persistentvolumeclaims": {"list", "deletecollection"},
}


@pytest.mark.parametrize(
    ("account", "rights"),
    [
        (f"{NAMESPACE}:{AIRFLOW_ACCOUNT}", AIRFLOW),
        ("airflow:airflow-scheduler", AIRFLOW),
        ("airflow:airflow-triggerer", AIRFLOW),
        (f"{NAMESPACE}:mlb-spark", DRIVER),
        (f"{NAMESPACE}:mlb-executor", {}),
        (f"{NAMESPACE}:mlb-ingest", {}),
    ],
)
def test_an_account_has_its_rights_and_no_other(cluster: Cluster, account: str, rights: dict[str, set[str]]) -> None:
    assert allowed(cluster, account, NAMESPACE) == rights
    assert allowed(cluster, account, "default") == {}
    assert allowed(cluster, account, "kube-system") == {}


def allowed(cluster: Cluster, account: str, namespace: str) -> dict[str, set[str]]:
    """The verbs for each resource that the account may use in a namespace, beside what everybody may: ask for this."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    who = [
        f"--as=system:serviceaccount:{account}",
        "--as-group=system:serviceaccounts",
        "--as-group=system:authenticated",
    ]
    # kubectl would validate with rights that the account does not have.
    asked = cluster.kubectl("create", *who, "--validate=false", "-f-", "-ojson", given=json.dumps(review))
    answer = json.loads(asked)
    found: dict[str, set[str]] = {}
    for rule in answer["status"]["resourceRules"]:
        for group in set(rule["apiGroups"]) - {"authorization.k8s.io", "authentication.k8s.io"}:
            for resource in rule["resources"]:
                found.setdefault(f"{resource}.{group}".strip("."), set()).update(rule["verbs"])
    return found


@pytest.mark.parametrize(
    ("verb", "what", "where"),
    [
        ("create", "pods", "kube-system"),
        ("get", "secrets", NAMESPACE),
        ("create", "rolebindings", NAMESPACE),
        ("create", "serviceaccounts", NAMESPACE),
    ],
)
def test_what_airflow_is_refused(cluster: Cluster, verb: str, what: str, where: str) -> None:
    done = cluster.attempt(
        "auth", "can-i", verb, what, f"--namespace={where}", f"--as=system:serviceaccount:{NAMESPACE}:{AIRFLOW_ACCOUNT}"
    )
    assert done.stdout.strip() == "no"


def test_a_pod_that_is_not_restricted_is_refused(cluster: Cluster) -> None:
    done = cluster.attempt("run", "rooted", "--image=example/none:1", f"--namespace={NAMESPACE}", "--dry-run=server")
    assert done.returncode != 0
    assert 'violates PodSecurity "restricted' in done.stderr
