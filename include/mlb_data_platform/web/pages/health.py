"""Health: which dates of a season are loaded, how fresh each endpoint is, what was refused; and what runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from fastapi.responses import Response
from psycopg import AsyncConnection

from mlb_data_platform.errors import TransientError
from mlb_data_platform.ingest.terms import NOTICE
from mlb_data_platform.web.access import BACKFILLED, SHOWN, MayBackfill, backfiller
from mlb_data_platform.web.airflow_api import Airflow, AsUser, Run
from mlb_data_platform.web.clock import Day, Now, baseball_date
from mlb_data_platform.web.database import Reading
from mlb_data_platform.web.endpoints import expected, listing
from mlb_data_platform.web.queries import dates, health
from mlb_data_platform.web.rendering import render

router = APIRouter()

_QUALITY_OF = timedelta(days=7)
_MOST_SHOWN = 25  # of what was refused, and the like
_RUNS_SHOWN = 5
_FOLLOWED_WITHIN = timedelta(minutes=1)  # a run for a schedule by that for its games: Airflow makes it in seconds
_LOADING = (BACKFILLED, SHOWN)  # the DAGs whose runs for a date its page shows: those that a backfill leads to


async def _paused(airflow: AsUser) -> set[str]:
    """The DAGs that are paused; none where Airflow does not say, of which the part with the runs is told as well."""
    with suppress(HTTPException, TransientError):
        return {dag.dag_id for dag in await airflow.dags() if dag.is_paused}
    return set()


@router.api_route("/health", methods=["GET", "HEAD"])
async def platform(
    request: Request,
    paused: Annotated[set[str], Depends(_paused)],  # first: nobody holds a connection while Airflow is asked
    connection: Reading,
    now: Now,
    season: Annotated[int | None, Query(ge=1876, le=2100)] = None,
) -> Response:
    """Return the page of a season; without one, of the newest that is loaded."""
    plan = await expected()
    seasons = await dates.seasons(connection)
    season = season or next(iter(seasons), baseball_date(now).year)
    days = await dates.calendar(connection, await listing(BACKFILLED), season, baseball_date(now))
    freshness = await health.freshness(connection, plan.endpoints)
    budgets = [(budget, await health.budget_used(connection, budget.asked_by)) for budget in plan.budgets]
    asked = await health.asked_since(connection, now - timedelta(hours=health.BUDGET_HOURS), "ingest ")
    return render(
        request, "health/page.html", season=season, seasons=seasons, months=_months(days),
        endpoints=list(zip(plan.endpoints, freshness, strict=True)), paused=paused, moment=now,
        per_second=plan.per_second, budgets=budgets, asked=asked, due=await health.due_again(connection),
        broken=await health.broken_rules(connection, now - _QUALITY_OF, _MOST_SHOWN), quality_days=_QUALITY_OF.days,
        checked_at=await health.checked_at(connection),
        refusals=await health.refusals(connection, plan.mappings, _MOST_SHOWN),
        drift=await health.drift(connection, _MOST_SHOWN),
    )  # fmt: skip


@router.get("/health/runs")
async def runs(request: Request, airflow: AsUser) -> Response:
    """Return the part of the page with each DAG and its last runs."""
    return render(request, "health/dags.html", dags=await airflow.last_runs(_RUNS_SHOWN))


@router.api_route("/health/date/{day}", methods=["GET", "HEAD"])
async def one_date(request: Request, connection: Reading, now: Now, may_backfill: MayBackfill, day: Day) -> Response:
    """Return the page of a date: its games, what was corrected and refused, and its runs."""
    found = await _of_date(connection, now, day)
    if found["date"] is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"{day} lies outside of every season that is loaded.")
    may_backfill = may_backfill and day <= baseball_date(now)
    return render(request, "health/date.html", **found, may_backfill=may_backfill, notice=NOTICE, dag=BACKFILLED)


@router.get("/health/date/{day}/runs")
async def runs_of_date(request: Request, airflow: AsUser, now: Now, day: Day) -> Response:
    """Return the runs of a date and what they have come to; they ask for themselves again while one goes on."""
    runs = await _runs_of_date(airflow, now, day)  # first: nobody holds a connection while Airflow is asked
    async with request.app.state.database.connection() as connection:
        found = await _of_date(connection, now, day)
    return render(request, "health/runs.html", **runs, **found, is_new=False)


@router.post("/health/date/{day}/backfill", dependencies=[Depends(backfiller)])
async def backfill(request: Request, airflow: AsUser, now: Now, day: Day) -> Response:
    """Have the date loaded again, as a backfill of Airflow's, and return its runs."""
    if day > baseball_date(now):
        raise HTTPException(status.HTTP_409_CONFLICT, f"{day} is yet to come.")
    await airflow.backfill(BACKFILLED, day)
    return render(request, "health/runs.html", **await _runs_of_date(airflow, now, day), date=None, is_new=True)


async def _of_date(connection: AsyncConnection, now: datetime, day: date) -> dict[str, Any]:
    """What the tables have of a date; it is None where it lies outside of every season."""
    games = await dates.day_games(connection, day)
    changed = [game.game_pk for game in games if game.is_changed]
    season = await dates.season_of(connection, day)
    return {
        "season": season,
        "date": await dates.one_day(connection, await listing(BACKFILLED), season, day, baseball_date(now)),
        "games": games,
        "corrections": await health.corrections(connection, changed) if changed else {},
    }


async def _runs_of_date(airflow: Airflow, now: datetime, day: date) -> dict[str, Any]:
    """What Airflow has of a date."""
    found = [run for dag_id in _LOADING for run in await airflow.runs_of(dag_id, day, _RUNS_SHOWN)]
    return {
        "day": day,
        "dags": _LOADING,
        "runs": found,
        "paused": [dag_id for dag_id in _LOADING if await airflow.is_paused(dag_id)],
        "goes_on": any(_goes_on(run, now) for run in found),
    }


def _goes_on(run: Run, now: datetime) -> bool:
    """Whether something may come of a run yet, be it the one that follows."""
    is_new = run.ended_at is not None and now - run.ended_at < _FOLLOWED_WITHIN
    return not run.has_ended or (is_new and run.dag_id == BACKFILLED)


def _months(days: Sequence[dates.Day]) -> list[list[list[dates.Day | None]]]:
    """The months of these dates, each as its weeks from Monday to Sunday, with None for what is no date of them."""
    months = []
    for _, of_month in groupby(days, key=lambda each: each.day.replace(day=1)):
        known = {each.day: each for each in of_month}
        first, last = min(known), max(known)
        monday = first - timedelta(days=first.weekday())
        weeks = range((last - monday).days // 7 + 1)
        months.append([[known.get(monday + timedelta(days=7 * week + day)) for day in range(7)] for week in weeks])
    return months
