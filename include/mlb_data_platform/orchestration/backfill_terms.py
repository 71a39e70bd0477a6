"""The terms of the Stats API at Airflow's door: a bulk backfill is refused in the form until somebody accepts them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlb_data_platform.ingest.terms import MOST_DATES, NOTICE
from mlb_data_platform.orchestration.backfill_dates import dates_meant


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # as Airflow understands it


Moment = Annotated[datetime, AfterValidator(_aware)]


class _Backfill(BaseModel):
    """What Airflow's form and `mlb-etl workflow backfill` ask for, as far as it matters here."""

    from_date: Moment
    to_date: Moment
    dag_run_conf: dict[str, object] | None = None

    @property
    def is_accepted(self) -> bool:
        return (self.dag_run_conf or {}).get("accept_terms") is True


class BackfillTerms:
    """Answers a request for a bulk backfill with the notice, which the form then shows, instead of making its runs.

    A task of each run would come too late: Airflow tells a task neither of its backfill nor of how many runs that has.
    All else, the heartbeats of tasks among it, goes through untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through unless it is refused."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith("/api/v2/backfills"):
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        reason = refusal(body)
        if reason:
            await JSONResponse({"detail": reason}, status_code=400)(scope, receive, send)
        else:
            await self._app(scope, _first(body, receive), send)


def _first(body: bytes, receive: Receive) -> Receive:
    """What gives the body that has been read, and after it what else comes."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return unread.pop() if unread else await receive()

    return receive_again


def refusal(body: bytes) -> str | None:
    """Return why a backfill is refused, in a line; None where it is small or accepted, or not for us to judge."""
    try:
        backfill = _Backfill.model_validate_json(body)
    except ValidationError:  # Airflow says what is wrong with it
        return None
    if backfill.to_date < backfill.from_date or backfill.is_accepted:
        return None
    try:
        dates = len(dates_meant(backfill.from_date, backfill.to_date))
    except OverflowError:
        return f"{backfill.from_date} to {backfill.to_date}: in UTC, no calendar has these dates."
    if dates <= MOST_DATES:
        return None
    return f"{dates} dates: this is bulk use. {NOTICE} If you may do this, set the param accept_terms to true."
