"""A bulk backfill meets the terms of the Stats API where it is asked for: in the form, before there is any run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mlb_data_platform.ingest.terms import NOTICE


def middlewares() -> list[Middleware]:
    """Those that Airflow's API server takes from the plugins."""
    from airflow import plugins_manager

    _, found = plugins_manager.get_fastapi_plugins()
    return [Middleware(each["middleware"], *each.get("args", []), **each.get("kwargs", {})) for each in found]


Post = Callable[[str, Any], httpx.Response]


@pytest.fixture
def post() -> Post:
    """Asks a server that makes every backfill it is asked for, and says which."""

    async def make(request: Request) -> JSONResponse:
        return JSONResponse({"made": await request.json()})

    routes = [Route(path, make, methods=["POST"]) for path in ("/api/v2/backfills", "/api/v2/backfills/dry_run")]
    server = httpx.ASGITransport(Starlette(routes=routes, middleware=middlewares()))

    async def ask(path: str, body: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=server, base_url="http://airflow") as client:
            return await client.post(path, json=body)

    return lambda path, body: asyncio.run(ask(path, body))


def backfill(last: str, **conf: Any) -> dict[str, Any]:
    """As the form sends it."""
    body = {"dag_id": "mlb_schedule", "from_date": "2026-04-01T04:00:00.000Z", "to_date": last}
    return {**body, "dag_run_conf": conf, "max_active_runs": 1, "reprocess_behavior": "none"}


MONTH, SEASON = "2026-05-02T03:59:59.999Z", "2026-09-30T03:59:59.999Z"


def test_a_bulk_backfill_is_refused_with_the_notice(post: Post) -> None:
    answer = post("/api/v2/backfills", backfill("2026-05-03T03:59:59.999Z", force=True))
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"32 dates: this is bulk use. {NOTICE}")
    assert "accept_terms" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("first", "last"),
    [("0001-01-01T00:00:00+14:00", SEASON), ("2026-04-01T00:00:00Z", "9999-12-31T23:59:59-10:00")],
)
def test_dates_that_no_calendar_has_are_told(post: Post, first: str, last: str) -> None:
    answer = post("/api/v2/backfills", backfill(last) | {"from_date": first})
    assert answer.status_code == 400
    assert "no calendar has these dates" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        backfill(MONTH),
        backfill(SEASON, accept_terms=True),
        backfill("2026-03-01T03:59:59.999Z"),
        {"dag_id": "mlb_schedule"},
        {"from_date": "soon"},
    ],
)
def test_what_is_small_or_accepted_or_airflows_to_judge_goes_through_whole(post: Post, body: dict[str, Any]) -> None:
    answer = post("/api/v2/backfills", body)
    assert answer.json() == {"made": body}


def test_how_many_dates_it_would_be_may_be_asked(post: Post) -> None:
    assert post("/api/v2/backfills/dry_run", backfill(SEASON)).is_success
