"""Airflow's REST API, asked within its own server as the user of the page: Airflow says what he may see and do."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

import httpx
from airflow.api_fastapi.app import cached_app
from fastapi import Depends, HTTPException, Request

from mlb_data_platform.errors import TransientError
from mlb_data_platform.jobs.run_date import date_of_run

_CREDENTIALS = ("Authorization", "Cookie")
_ENDED = ("success", "failed")
_NEVER = datetime.min.replace(tzinfo=UTC)
_MOST = 100  # that Airflow gives at once


@dataclass(frozen=True)
class Run:
    """A run of a DAG: its state in Airflow's words, the date it is for, where it is shown below Airflow's root."""

    dag_id: str
    run_id: str
    state: str
    day: str | None
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in _ENDED

    @property
    def path(self) -> str:
        """Where Airflow shows its tasks and their logs."""
        return f"/dags/{self.dag_id}/runs/{quote(self.run_id, safe='')}"


@dataclass(frozen=True)
class Dag:
    """A DAG of the platform, as far as the page says something of it."""

    dag_id: str
    description: str
    schedule: str
    is_paused: bool
    next_run: datetime | None


class Airflow:
    """Calls in the name of a user; what Airflow refuses is raised as HTTPException with its status and reason.

    One at a time: each takes connections of the fifteen that an API server has to its database, and where none is left
    Airflow waits for one within the event loop, so that nobody can give one back. All of the server stands still then.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def dags(self) -> list[Dag]:
        """Return the DAGs of the platform that the user may see, by name."""
        found = (await self._call("GET", "/api/v2/dags", params={"tags": "mlb", "limit": _MOST}))["dags"]
        return [
            Dag(
                dag["dag_id"], dag["description"] or "", dag["timetable_summary"] or "by hand",
                dag["is_paused"], _moment(dag["next_dagrun_run_after"]),
            )
            for dag in sorted(found, key=lambda dag: str(dag["dag_id"]))
        ]  # fmt: skip

    async def is_paused(self, dag_id: str) -> bool:
        """Return whether the runs of a DAG wait until it is unpaused."""
        return bool((await self._call("GET", f"/api/v2/dags/{dag_id}"))["is_paused"])

    async def last_runs(self, limit: int) -> list[tuple[Dag, list[Run]]]:
        """Return each DAG with the runs of it that were made last, newest first."""
        return [(dag, await self._runs(dag.dag_id, limit)) for dag in await self.dags()]

    async def runs_of(self, dag_id: str, day: date, limit: int) -> list[Run]:
        """Return the same of those runs that are for one date: by their partition, param `date` or logical date."""
        ways = (
            {"partition_key_prefix_pattern": str(day)},
            {"conf_contains": str(day)},
            {"logical_date_gte": f"{day}T00:00:00Z", "logical_date_lt": f"{day + timedelta(days=1)}T00:00:00Z"},
        )
        found = [await self._runs(dag_id, limit, **way) for way in ways]
        of_day = {run.run_id: run for runs in found for run in runs if run.day == str(day)}
        return sorted(of_day.values(), key=lambda run: run.queued_at or _NEVER, reverse=True)[:limit]

    async def backfill(self, dag_id: str, day: date) -> None:
        """Have a DAG run for one date, whether it has for that one before or not."""
        body = {
            "dag_id": dag_id,
            "from_date": f"{day}T00:00:00Z",
            "to_date": f"{day}T23:59:59Z",
            "reprocess_behavior": "completed",
            "max_active_runs": 1,
            "dag_run_conf": {},
        }
        await self._call("POST", "/api/v2/backfills", json=body)

    async def _runs(self, dag_id: str, limit: int, **wanted: str) -> list[Run]:
        params = {"order_by": "-id", "limit": limit, **wanted}
        answer = await self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns", params=params)
        return [_run(run) for run in answer["dag_runs"]]

    async def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        try:
            response = await self._client.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise TransientError(f"Airflow: {method} {path}: {error}") from None
        if response.is_success:
            return dict(response.json())
        raise HTTPException(response.status_code, f"Airflow: {_reason(response)}")


async def _as_user(request: Request) -> AsyncIterator[Airflow]:
    # The application that answers this request, as `airflow.api_fastapi.main` has made it.
    app = cached_app(apps=os.environ.get("AIRFLOW_API_APPS", "all"))
    credentials = {name: request.headers[name] for name in _CREDENTIALS if name in request.headers}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=credentials) as client:
        yield Airflow(client)


AsUser = Annotated[Airflow, Depends(_as_user)]


def _run(run: dict[str, Any]) -> Run:
    day = date_of_run(run["conf"] or {}, run["partition_key"], run["logical_date"])
    return Run(
        run["dag_id"], run["dag_run_id"], run["state"], day,
        _moment(run["queued_at"]), _moment(run["start_date"]), _moment(run["end_date"]),
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _reason(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
    return detail if isinstance(detail, str) else str(detail)
