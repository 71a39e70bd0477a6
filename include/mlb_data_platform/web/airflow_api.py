"""Airflow's REST API, asked within its own server as the user of the page: Airflow says what he may see and do."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

import httpx
from airflow.api_fastapi.app import cached_app
from fastapi import Depends, HTTPException, Request, status

from mlb_data_platform.errors import TransientError
from mlb_data_platform.jobs.run_date import date_of_told_run

_CREDENTIALS = ("Authorization", "Cookie")
_FAILED = "failed"
_ENDED = ("success", _FAILED)
_UNSEEN = (status.HTTP_403_FORBIDDEN, status.HTTP_404_NOT_FOUND)
_NEVER = datetime.min.replace(tzinfo=UTC)
_MOST = 100  # that Airflow gives at once


@dataclass(frozen=True)
class Run:
    """A run of a DAG: its state in Airflow's words, the date it is for, where it is shown below Airflow's root.

    Of one that has failed, `failed` is the task that did so first, as Airflow's paths have it, if that is known.
    """

    dag_id: str
    run_id: str
    state: str
    day: str | None
    queued_at: datetime | None
    ended_at: datetime | None
    failed: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether Airflow does nothing more of it."""
        return self.state in _ENDED

    @property
    def path(self) -> str:
        """Where Airflow shows its tasks, or the log of the one that failed."""
        run = f"/dags/{self.dag_id}/runs/{quote(self.run_id, safe='')}"
        return f"{run}/tasks/{self.failed}" if self.failed else run


@dataclass(frozen=True)
class Dag:
    """A DAG of the platform, as far as the page says something of it."""

    dag_id: str
    schedule: str
    is_paused: bool
    next_run: datetime | None


class Airflow:
    """Calls in the name of a user; what Airflow refuses is raised as HTTPException with its status and reason.

    Of a DAG that the user may not see there is nothing, and nothing is raised.

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
                dag["dag_id"], dag["timetable_summary"] or "by hand", dag["is_paused"],
                _moment(dag["next_dagrun_run_after"]),
            )
            for dag in sorted(found, key=lambda dag: str(dag["dag_id"]))
        ]  # fmt: skip

    async def is_paused(self, dag_id: str) -> bool:
        """Return whether the runs of a DAG wait until it is unpaused; not of one that the user may not see."""
        dag = await self._seen(f"/api/v2/dags/{dag_id}")
        return dag is not None and bool(dag["is_paused"])

    async def last_runs(self, limit: int) -> list[tuple[Dag, list[Run]]]:
        """Return each DAG with the runs of it that were made last, newest first."""
        found = [(dag, await self._runs(dag.dag_id, limit)) for dag in await self.dags()]
        failed = await self._failed_first([run for _, runs in found for run in runs])
        return [(dag, _with_failed(runs, failed)) for dag, runs in found]

    async def runs_of(self, dag_id: str, day: date, limit: int) -> list[Run]:
        """Return those runs of a DAG that are for one date: by their partition, param `date` or logical date."""
        ways = (
            {"partition_key_prefix_pattern": str(day)},
            {"conf_contains": str(day)},
            {"logical_date_gte": f"{day}T00:00:00Z", "logical_date_lt": f"{day + timedelta(days=1)}T00:00:00Z"},
        )
        found = [await self._runs(dag_id, limit, **way) for way in ways]
        of_day = {run.run_id: run for runs in found for run in runs if run.day == str(day)}
        newest = sorted(of_day.values(), key=lambda run: run.queued_at or _NEVER, reverse=True)[:limit]
        return _with_failed(newest, await self._failed_first(newest))

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
        answer = await self._seen(f"/api/v2/dags/{dag_id}/dagRuns", order_by="-id", limit=limit, **wanted)
        return [_run(run) for run in answer["dag_runs"]] if answer else []

    async def _failed_first(self, runs: Sequence[Run]) -> dict[tuple[str, str], str]:
        """The task that failed first of each of these runs, by DAG and id of the run: asked for at once.

        A pattern finds those of others as well.
        """
        failed = [run.run_id for run in runs if run.state == _FAILED]
        if not failed:
            return {}
        answer = await self._seen(
            "/api/v2/dags/~/dagRuns/~/taskInstances", state=_FAILED, order_by="-end_date", limit=_MOST,
            run_id_pattern="|".join(failed),
        )  # fmt: skip
        tasks = answer["task_instances"] if answer else []  # the last one first: the first one stays
        return {(task["dag_id"], task["dag_run_id"]): _path_of(task) for task in tasks}

    async def _seen(self, path: str, **wanted: Any) -> dict[str, Any] | None:
        """What there is at a path below a DAG; None where that is not for the user to see, or is not at all."""
        try:
            return await self._call("GET", path, params=wanted)
        except HTTPException as error:
            if error.status_code not in _UNSEEN:
                raise
            return None

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
    return Run(
        run["dag_id"], run["dag_run_id"], run["state"], date_of_told_run(run),
        _moment(run["queued_at"]), _moment(run["end_date"]),
    )  # fmt: skip


def _with_failed(runs: Sequence[Run], failed: Mapping[tuple[str, str], str]) -> list[Run]:
    return [replace(run, failed=failed.get((run.dag_id, run.run_id))) for run in runs]


def _path_of(task: dict[str, Any]) -> str:
    """Where Airflow shows a task's log, below what it shows of a run's tasks; that of a mapped one has its number."""
    name = quote(task["task_id"], safe="")
    return name if task["map_index"] < 0 else f"{name}/mapped/{task['map_index']}"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _reason(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
    return detail if isinstance(detail, str) else str(detail)
