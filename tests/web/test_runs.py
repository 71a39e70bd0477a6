"""Runs as Airflow's REST API tells them to whoever looks: as far as he may see them, each with where its log is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from mlb_data_platform.web import clock
from mlb_data_platform.web.airflow_api import Airflow
from tests.web.conftest import DAY, Client
from tests.web.test_health import words

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("dags")]


def test_of_a_dag_that_somebody_may_not_see_there_are_no_runs_and_of_the_other_there_are(
    viewer: httpx.Client, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.app import get_auth_manager

    path, manager = "/ballpark/health/date/2026-08-07/runs", get_auth_manager()
    with client("USER") as user:
        body = {"dag_run_id": "of.a.game", "conf": {"date": "2026-08-07"}, "logical_date": None}
        user.post("/api/v2/dags/mlb_game/dagRuns", json=body).raise_for_status()
    assert "mlb_schedule is paused" in words(viewer.get(path).text)
    allowed = manager.is_authorized_dag
    monkeypatch.setattr(  # as roles for single DAGs have it, which Airflow's simple manager does not know
        manager,
        "is_authorized_dag",
        lambda *, details=None, **of: not (details and details.id == "mlb_schedule") and allowed(details=details, **of),
    )
    answer = viewer.get(path)
    assert answer.status_code == 200, answer.text
    assert "of.a.game" in answer.text
    assert "mlb_schedule" not in answer.text


@pytest.mark.parametrize("status", [401, 500])
def test_whatever_else_airflow_refuses_is_an_error(status: int) -> None:
    async def ask() -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(status, json={"detail": "no"}))
        async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as client:
            await Airflow(client).runs_of("mlb_schedule", DAY, 5)

    with pytest.raises(HTTPException, match="no") as refused:
        asyncio.run(ask())
    assert refused.value.status_code == status


def test_a_run_that_failed_leads_to_the_log_of_the_task_that_did_so_first(client: Client) -> None:
    tasks = "/api/v2/dags/mlb_teams/dagRuns/it.failed/taskInstances"
    with client("USER") as user:
        for run_id in ("it.failed", "it.failed.too"):
            body = {"dag_run_id": run_id, "logical_date": None}
            user.post("/api/v2/dags/mlb_teams/dagRuns", json=body).raise_for_status()
        names = [task["task_id"] for task in user.get(tasks).json()["task_instances"]]
        for name in names[:2]:
            user.patch(f"{tasks}/{name}", json={"new_state": "failed"}).raise_for_status()
        for run_id in ("it.failed", "it.failed.too"):
            user.patch(f"/api/v2/dags/mlb_teams/dagRuns/{run_id}", json={"state": "failed"}).raise_for_status()
        html = user.get("/ballpark/health/runs").text
    assert f'href="/dags/mlb_teams/runs/it.failed/tasks/{names[0]}" data-airflow>failed' in html
    assert 'href="/dags/mlb_teams/runs/it.failed.too" data-airflow>failed' in html, "no task of it did"


@contextmanager
def a_run(user: httpx.Client, dag_id: str, run_id: str, day: str) -> Iterator[str]:
    """Give the block the address of a run for a date, as Airflow's REST API knows it; after it there is none."""
    runs = f"/api/v2/dags/{dag_id}/dagRuns"
    user.post(runs, json={"dag_run_id": run_id, "logical_date": None, "partition_key": day}).raise_for_status()
    try:
        yield f"{runs}/{run_id}"
    finally:
        user.delete(f"{runs}/{run_id}").raise_for_status()


def test_so_does_a_run_that_failed_among_those_of_a_date(client: Client) -> None:
    with client("USER") as user, a_run(user, "mlb_schedule", "it.failed", "2026-08-06") as run:
        user.patch(f"{run}/taskInstances/ingest", json={"new_state": "failed"}).raise_for_status()
        user.patch(run, json={"state": "failed"}).raise_for_status()
        html = user.get("/ballpark/health/date/2026-08-06/runs").text
    assert 'href="/dags/mlb_schedule/runs/it.failed/tasks/ingest" data-airflow>it.failed' in html


def test_it_is_said_of_which_dags_a_date_has_no_runs(client: Client) -> None:
    with client("USER") as user, a_run(user, "mlb_live", "of.the.evening", "2026-08-04"):
        said = words(user.get("/ballpark/health/date/2026-08-04/runs").text)
    assert "mlb_schedule and mlb_game have no run for this date." in said


def test_a_dates_runs_are_asked_for_until_what_one_of_them_leads_to_would_be_there(
    ballpark: FastAPI, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow makes the run for the games of a date some seconds after that for its schedule has ended."""
    path = "/ballpark/health/date/2026-08-05/runs"

    def is_asked_for_again(later: timedelta) -> bool:
        at = datetime.now(UTC) + later
        monkeypatch.setitem(ballpark.dependency_overrides, clock.now, lambda: at)
        html = user.get(path).text
        assert "leads.on" in html
        return f'hx-get="{path}"' in html

    with client("USER") as user, a_run(user, "mlb_schedule", "leads.on", "2026-08-05") as run:
        assert is_asked_for_again(timedelta(days=1)), "it goes on"
        user.patch(run, json={"state": "success"}).raise_for_status()
        assert is_asked_for_again(timedelta(seconds=30))
        assert not is_asked_for_again(timedelta(seconds=90))


def test_of_a_task_that_ran_for_each_game_it_is_the_log_of_the_one_that_failed() -> None:
    run = {"dag_id": "mlb_game", "dag_run_id": "a/b", "state": "failed", "conf": None, "partition_key": None}
    tasks = [
        {"dag_id": dag_id, "dag_run_id": "a/b", "task_id": "games.load", "map_index": number}
        for dag_id, number in (("mlb_game", 9), ("mlb_game", 3), ("mlb_other", 1))  # the last that ended comes first
    ]
    dag = {"dag_id": "mlb_game", "timetable_summary": None, "is_paused": False, "next_dagrun_run_after": None}

    def answer(request: httpx.Request) -> httpx.Response:
        runs = [run | {"logical_date": None, "queued_at": None, "end_date": None}]
        return httpx.Response(200, json={"dags": [dag], "dag_runs": runs, "task_instances": tasks})

    async def ask() -> str:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://airflow") as client:
            ((_, (found,)),) = await Airflow(client).last_runs(5)
            return found.path

    assert asyncio.run(ask()) == "/dags/mlb_game/runs/a%2Fb/tasks/games.load/mapped/3"


def test_when_a_dag_runs_next_is_told_unless_it_is_paused(client: Client) -> None:
    with client("USER") as user:
        assert "next" not in row_of(user.get("/ballpark/health/runs").text, "mlb_season"), "all of them are paused"
        user.patch("/api/v2/dags/mlb_season", json={"is_paused": False}).raise_for_status()
        after = user.get("/api/v2/dags/mlb_season").json()["next_dagrun_run_after"]
        said = row_of(user.get("/ballpark/health/runs").text, "mlb_season")
        user.patch("/api/v2/dags/mlb_season", json={"is_paused": True}).raise_for_status()
    assert f", next {datetime.fromisoformat(after):%-d %b %H:%M} UTC" in said


def row_of(html: str, dag_id: str) -> str:
    """What a person reads of a DAG."""
    found = re.search(rf'<tr>\s*<th scope="row"><a href="/dags/{dag_id}" (.*?)</tr>', html, re.DOTALL)
    assert found, dag_id
    return words(found[1])
