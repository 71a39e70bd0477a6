"""Airflow's REST API (v2), as far as `mlb-etl workflow` needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.settings import from_environment

_WHERE = 'is it running? MLB_AIRFLOW_URL says where; `eval "$(mlb-etl services env)"` leads to that of `make up`'
_HOW_TO_GO_ON: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "; `mlb-etl workflow list` and `mlb-etl workflow status DAG` say what there is",
    HTTPStatus.CONFLICT: "; try it again when that has ended: `mlb-etl workflow status DAG` shows the runs",
}


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
        return self._every("/api/v2/dags", "dags", tags="mlb", order_by="dag_id")

    def is_paused(self, dag_id: str) -> bool:
        """Return whether a DAG's runs wait until it is unpaused."""
        return bool(self._get(f"/api/v2/dags/{dag_id}")["is_paused"])

    def unpause(self, dag_id: str) -> dict[str, Any]:
        """Let a DAG run, and return it."""
        return self._call("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Start a run and return it."""
        return self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)

    def backfill(self, body: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
        """Create a backfill, or return which runs it would have."""
        return self._call("POST", "/api/v2/backfills" + ("/dry_run" if dry_run else ""), json=body)

    def backfill_has_ended(self, backfill: int) -> bool:
        """Return whether all runs of a backfill have ended."""
        return self._get(f"/api/v2/backfills/{backfill}")["completed_at"] is not None

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Return a run."""
        return self._get(_run_path(dag_id, run_id))

    def newest_runs(self, dag_id: str, limit: int) -> list[dict[str, Any]]:
        """Return the runs of a DAG that were made last, newest first."""
        return list(self._get(f"/api/v2/dags/{dag_id}/dagRuns", order_by="-id", limit=limit)["dag_runs"])

    def runs(self, dag_id: str, **wanted: Any) -> list[dict[str, Any]]:
        """Return all runs of a DAG that match, by the names of Airflow's filters, in the order they were made."""
        return self._every(f"/api/v2/dags/{dag_id}/dagRuns", "dag_runs", order_by="id", **wanted)

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the tasks of a run in the order they started, those that did not last."""
        tasks = self._every(f"{_run_path(dag_id, run_id)}/taskInstances", "task_instances")
        return sorted(tasks, key=lambda task: (task["start_date"] is None, task["start_date"] or "", task["map_index"]))

    def listed_games(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the games of a run as `list_games` found them, in the order of the map indexes."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/list_games/xcomEntries/return_value"
        return list(self._get(path)["value"])

    def clear(self, dag_id: str, run_id: str, tasks: Sequence[str | list[Any]] | None) -> list[dict[str, Any]]:
        """Let tasks of a run run again, each given as id or [id, map index], with what comes after; None: all tasks.

        Returns the task instances that will run again.
        """
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": None if tasks is None else [*tasks],
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        return list(self._call("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", json=body)["task_instances"])

    def _every(self, path: str, key: str, **query: Any) -> list[dict[str, Any]]:
        """All pages of a list: Airflow gives at most 100 at once, whatever is asked for."""
        found: list[dict[str, Any]] = []
        while True:
            page = self._get(path, limit=100, offset=len(found), **query)
            found += page[key]
            if not page[key] or len(found) >= page.get("total_entries", 0):
                return found

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._call("GET", path, params=query)

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return _checked(self._client, method, path, **arguments)


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


@contextmanager
def airflow_api() -> Iterator[AirflowApi]:
    """Give an API that is logged in.

    Raises TransientError where Airflow does not answer, BadInputError where it refuses or is not Airflow.
    """
    settings = from_environment(AirflowSettings)
    with httpx.Client(base_url=settings.mlb_airflow_url, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {_token(client, settings)}"
        yield AirflowApi(client)


def _token(client: httpx.Client, settings: AirflowSettings) -> str:
    """Log in. Without a password: what an Airflow that trusts everybody (simple_auth_manager_all_admins) gives."""
    if settings.mlb_airflow_password is None:
        answer = _checked(client, "GET", "/auth/token")
    else:
        password = settings.mlb_airflow_password.get_secret_value()
        login = {"username": settings.mlb_airflow_user, "password": password}
        answer = _checked(client, "POST", "/auth/token", json=login)
    if "access_token" not in answer:
        raise _not_airflow(client, "/auth/token")
    return str(answer["access_token"])


def _checked(client: httpx.Client, method: str, path: str, **arguments: Any) -> dict[str, Any]:
    try:
        response = client.request(method, path, **arguments)
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise TransientError(f"Airflow at {client.base_url}: {error} ({_WHERE})") from None
    if response.is_success:
        try:
            return dict(response.json())
        except (ValueError, TypeError):
            raise _not_airflow(client, path) from None
    message = f"{method} {client.base_url.join(path)}: {response.status_code} {_reason(response)}"
    # 409 is worth a retry: another backfill of the DAG, or the task, is still running
    is_transient = response.status_code >= 500 or response.status_code == HTTPStatus.CONFLICT
    raise TransientError(message) if is_transient else BadInputError(message)


def _not_airflow(client: httpx.Client, path: str) -> BadInputError:
    return BadInputError(f"{client.base_url.join(path)}: what answers there is not Airflow: set MLB_AIRFLOW_URL")


def _reason(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"{response.reason_phrase} (is this Airflow? MLB_AIRFLOW_URL says where it is)"
    return f"{detail}{_HOW_TO_GO_ON.get(response.status_code, '')}"
