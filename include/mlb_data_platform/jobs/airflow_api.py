"""Airflow's REST API (v2), as far as `mlb-etl workflow` needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlb_data_platform.errors import BadInputError, TransientError


class AirflowSettings(BaseSettings):
    """Where Airflow's API server is and who asks it."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    mlb_airflow_url: str = Field("http://127.0.0.1:8080", pattern=r"^https?://")
    mlb_airflow_user: str = "admin"
    mlb_airflow_password: SecretStr | None = None


class AirflowApi:
    """Calls with a token; every answer that is not a success is an error with method, path and Airflow's reason."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def dags(self) -> list[dict[str, Any]]:
        """Return the platform's DAGs (those tagged `mlb`), by name."""
        return list(self._get("/api/v2/dags", tags="mlb", order_by="dag_id", limit=100)["dags"])

    def trigger(self, dag_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Start a run and return it."""
        return self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)

    def backfill(self, body: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
        """Create a backfill, or return which runs it would have."""
        return self._call("POST", "/api/v2/backfills" + ("/dry_run" if dry_run else ""), json=body)

    def runs(self, dag_id: str, limit: int) -> list[dict[str, Any]]:
        """Return the newest runs of a DAG, newest first."""
        return list(self._get(f"/api/v2/dags/{dag_id}/dagRuns", order_by="-run_after", limit=limit)["dag_runs"])

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the tasks of a run in the order they started, those that did not last."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        tasks = self._get(path, limit=1000)["task_instances"]
        return sorted(tasks, key=lambda task: (task["start_date"] is None, task["start_date"] or "", task["map_index"]))

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._call("GET", path, params=query)

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return _checked(self._client, method, path, **arguments)


@contextmanager
def airflow_api() -> Iterator[AirflowApi]:
    """Give an API that is logged in.

    Raises TransientError where Airflow does not answer, BadInputError where it refuses.
    """
    settings = AirflowSettings()
    with httpx.Client(base_url=settings.mlb_airflow_url, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {_token(client, settings)}"
        yield AirflowApi(client)


def _token(client: httpx.Client, settings: AirflowSettings) -> str:
    """Log in. Without a password: what an Airflow that trusts everybody (simple_auth_manager_all_admins) gives."""
    if settings.mlb_airflow_password is None:
        return str(_checked(client, "GET", "/auth/token")["access_token"])
    login = {"username": settings.mlb_airflow_user, "password": settings.mlb_airflow_password.get_secret_value()}
    return str(_checked(client, "POST", "/auth/token", json=login)["access_token"])


def _checked(client: httpx.Client, method: str, path: str, **arguments: Any) -> dict[str, Any]:
    try:
        response = client.request(method, path, **arguments)
    except httpx.TransportError as error:
        raise TransientError(f"Airflow at {client.base_url}: {error} (set MLB_AIRFLOW_URL; is it running?)") from None
    if response.is_success:
        return dict(response.json())
    message = f"{method} {client.base_url.join(path)}: {response.status_code} {_reason(response)}"
    raise TransientError(message) if response.status_code >= 500 else BadInputError(message)


def _reason(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
    return detail if isinstance(detail, str) else str(detail)
