"""Runs in a world's Airflow, where no scheduler brings them to an end: what was made there is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.page.world import World


@contextmanager
def airflow_of(world: World, role: str = "user") -> Iterator[httpx.Client]:
    """Give the block Airflow's REST API as a user calls it; after it there is no run, and no backfill goes on."""
    login = {"username": role, "password": world.password(role)}
    token = httpx.post(f"{world.airflow}/auth/token", json=login, timeout=60).raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{world.airflow}/api/v2", headers=headers, timeout=60) as client:
        try:
            yield client
        finally:
            _take_back(client)


def _take_back(client: httpx.Client) -> None:
    for backfill in client.get("/backfills", params={"dag_id": "mlb_schedule"}).json()["backfills"]:
        if backfill["completed_at"] is None:
            client.put(f"/backfills/{backfill['id']}/cancel").raise_for_status()
    for run in client.get("/dags/~/dagRuns").json()["dag_runs"]:
        client.delete(f"/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}").raise_for_status()
