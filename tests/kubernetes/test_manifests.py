"""What the DAGs ask Kubernetes for, and what the platform needs there, as the API server itself judges it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kubernetes.cluster import MANIFESTS, Cluster
from tests.recordings import PROJECT_DIR

# tests/dags proves that these are what the operators send.
GOLDEN = sorted((PROJECT_DIR / "tests" / "dags" / "golden").glob("manifest.*.yaml"))


def test_there_are_manifests_to_judge() -> None:
    assert len(GOLDEN) >= 10


@pytest.mark.parametrize("manifest", GOLDEN, ids=lambda path: path.stem.removeprefix("manifest."))
def test_the_api_server_takes_each_tasks_manifest(cluster: Cluster, manifest: Path) -> None:
    done = cluster.attempt("create", "--dry-run=server", "--validate=strict", f"--filename={manifest}")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr  # Pod Security says so where it would not enforce


def test_applying_the_manifests_again_changes_nothing(cluster: Cluster) -> None:
    said = cluster.kubectl("apply", "--dry-run=server", "--kustomize", str(MANIFESTS))
    assert {line.rpartition(" (")[0].rpartition(" ")[2] for line in said.splitlines()} == {"unchanged"}
