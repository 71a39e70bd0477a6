"""The commands of docs/*.md that need a cluster and nothing installed there, on the cluster and typed in order.

The others are run by tests/integration, or say in the document why they are not run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.airflow import Airflow
from tests.documentation.markdown import Where, all_blocks
from tests.documentation.session import Session
from tests.kubernetes.cluster import NAMESPACE, Cluster
from tests.kubernetes.season import League
from tests.kubernetes.test_faults import DAY
from tests.recordings import PROJECT_DIR

BLOCKS = [block for block in all_blocks() if block.where is Where.CLUSTER]
RATE = "MLB_REQUESTS_PER_SECOND"  # readers spare the API, tests do not


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 6


def test_the_guide_on_a_cluster(cluster: Cluster, airflow: Airflow, league: League, tmp_path: Path) -> None:
    before = told_to_pods(cluster)
    cluster.kubectl("delete", *before, f"--namespace={NAMESPACE}")  # the guide makes them
    instead = {
        "HOST=host.docker.internal": f"HOST={cluster.this_machine()}",
        "8601": airflow.environment["MLB_STATSAPI_BASE_URL"].rpartition(":")[2],
        "822750": str(league.played(DAY)[0]),  # of the season that is simulated here
    }
    readers = {"KUBECONFIG": os.environ["KUBECONFIG"], "PATH": f"{PROJECT_DIR}/.venv-jobs/bin:{os.environ['PATH']}"}
    session = Session(tmp_path, airflow.environment | readers, instead)
    try:
        said = [session.run(block) for block in BLOCKS]
        assert told_to_pods(cluster) == before
    finally:
        session.end()
        cluster.kubectl("delete", *before, "pod/by-hand", f"--namespace={NAMESPACE}", "--ignore-not-found")
        cluster.prepare(airflow.environment)
    (by_hand,) = (each for each in said if "pod/by-hand created" in each)
    assert "1 of 1 done" in by_hand


def told_to_pods(cluster: Cluster) -> dict[str, dict[str, str]]:
    """The ConfigMap and the Secrets that pods of the platform read, by kind and name."""
    found = cluster.kubectl("get", "configmap,secret", f"--namespace={NAMESPACE}", "--output=json")
    return {f"{each['kind']}/{each['metadata']['name']}".lower(): _content(each) for each in json.loads(found)["items"]
            if each["metadata"]["name"].startswith("mlb-")}  # fmt: skip


def _content(thing: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in thing["data"].items() if name != RATE}
