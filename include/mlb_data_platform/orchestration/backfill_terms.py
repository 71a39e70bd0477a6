"""The terms of the Stats API at Airflow's door: a bulk backfill is refused in the form until somebody accepts them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ValidationError
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

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


class BackfillTerms(BaseHTTPMiddleware):
    """Answers a request for a bulk backfill with the notice, which the form then shows, instead of making its runs.

    A task of each run would come too late: Airflow tells a task neither of its backfill nor of how many runs that has.
    """

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Let the request through unless it is refused."""
        if request.method == "POST" and request.url.path.endswith("/api/v2/backfills"):
            reason = refusal(await request.body())
            if reason:
                return JSONResponse({"detail": reason}, status_code=400)
        return await call_next(request)


def refusal(body: bytes) -> str | None:
    """Return why a backfill is refused, in a line; None where it is small or accepted, or not for us to judge."""
    try:
        backfill = _Backfill.model_validate_json(body)
    except ValidationError:  # Airflow says what is wrong with it
        return None
    dates = len(dates_meant(backfill.from_date, backfill.to_date))
    if dates <= MOST_DATES or backfill.is_accepted:
        return None
    return f"{dates} dates: this is bulk use. {NOTICE} If you may do this, set the param accept_terms to true."
