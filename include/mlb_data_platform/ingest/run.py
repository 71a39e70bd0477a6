"""Runs the requests of a job: ask, validate, store; one bad answer stops no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal, get_args

from psycopg import Connection, OperationalError

from mlb_data_platform.documents.links import links
from mlb_data_platform.errors import PlatformError, TransientError, one_line
from mlb_data_platform.ingest.requests import ApiRequest, Plan
from mlb_data_platform.ingest.validate import validate
from mlb_data_platform.jobs.models import Settled
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi.client import StatsApiClient
from mlb_data_platform.statsapi.rate_limit import MLB_API_SLOTS
from mlb_data_platform.storage.archive import Archivist
from mlb_data_platform.storage.bodies import values_at
from mlb_data_platform.storage.capture import Capture, natural_key
from mlb_data_platform.storage.database import KeptConnection, connect
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.lost_content import store_or_bring_back
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.partitions import make_coming_months
from mlb_data_platform.storage.raw import newest
from mlb_data_platform.storage.stored_body import LostContentError
from mlb_data_platform.worker_threads import in_threads

# So many failures in a row that are worth a retry mean that the API, the database or the object store is away.
_FAILURES_THAT_END_THE_RUN = 20

# What became of a request: its answer is stored as new or unchanged, or it was not made: what it asks for is there.
Outcome = Literal["new", "unchanged", "skipped"]


def run(plan: Plan, settings: Settings, execution: Execution, report: Callable[[int, int], None]) -> dict[str, int]:
    """Bring the answers to the requests of `plan` into the raw tier, a few at a time, and return what became of them.

    What is asked for and done, and the error of each request that failed, stand in `execution`; `report` is called
    with (done, total) as they end. Many failures in a row that are worth a retry end the run. What is stored is stored
    for good, so that a run may be killed at any point and started again; at the end all of it is archived.
    Raises PlatformError where no request can be made at all.
    """
    total = execution.asked = len(plan.requests)
    _prepare(plan)
    counts = Counter(dict.fromkeys(get_args(Outcome), 0))
    failures_in_a_row = 0
    objects = ObjectStore(settings)
    with StatsApiClient(settings) as client, closing(KeptConnection()) as kept:
        archivist = Archivist(plan.raw_endpoints, kept, objects.write)
        ask = partial(_outcome, client=client, objects=objects)
        with closing(in_threads(plan.requests, ask, KeptConnection, MLB_API_SLOTS)) as outcomes:
            for ended, outcome in enumerate(outcomes, start=1):
                if isinstance(outcome, PlatformError):
                    execution.errors.append(outcome)
                    failures_in_a_row += isinstance(outcome, TransientError)
                else:
                    counts[outcome] += 1
                    execution.done += 1
                    failures_in_a_row = 0
                report(ended, total)
                execution.save()
                archivist.keep_up()
                if failures_in_a_row == _FAILURES_THAT_END_THE_RUN and ended < total:
                    execution.errors.append(_ended(total - ended))
                    break
        execution.errors += archivist.finish()
    return {**counts, "not_begun": plan.ahead}


def _prepare(plan: Plan) -> None:
    with connect(autocommit=True) as connection:
        for endpoint in plan.raw_endpoints:
            make_coming_months(connection, endpoint.name)


def _ended(left: int) -> TransientError:
    return TransientError(
        f"{_FAILURES_THAT_END_THE_RUN} requests in a row failed: {left} more were not made; run the same again later,"
        " it goes on from here"
    )


def _outcome(
    kept: KeptConnection, request: ApiRequest, *, client: StatsApiClient, objects: ObjectStore
) -> Outcome | PlatformError:
    try:
        # The connection comes first, so that nothing is asked for that could not be stored.
        return _ingest(request, kept.get(), client, objects)
    except PlatformError as error:
        return type(error)(f"{request}: {error}")
    except OperationalError as error:
        return TransientError(f"{request}: PostgreSQL: {one_line(error)}")


def asked(request: ApiRequest, client: StatsApiClient) -> Capture:
    """Make a request and return its answer, validated, as it is to be kept. Raises what `client.get` raises."""
    response = client.get(request.target, lambda answer: validate(request, answer), takes_old=request.takes_old)
    return Capture(
        request.mapping,
        request.parameters,
        response.url,
        response.status_code,
        response.captured_at,
        response.body,
    )


def _ingest(request: ApiRequest, connection: Connection, client: StatsApiClient, objects: ObjectStore) -> Outcome:
    if any(is_there(request, connection) for is_there in (_is_fresh, _is_settled, _was_followed_to_its_end)):
        return "skipped"
    capture = asked(request, client)
    stored = store_or_bring_back(connection, capture, objects.put)
    return "new" if stored.is_new else "unchanged"


def _is_fresh(request: ApiRequest, connection: Connection) -> bool:
    """Whether what is asked for was captured so lately that it need not be asked for again."""
    if request.fresh_for is None:
        return False
    last = newest(connection, request.mapping, natural_key(request.mapping, request.parameters))
    # One that is later than now is of a clock that is wrong: it says nothing.
    return last is not None and timedelta(0) <= datetime.now(UTC) - last.captured_at < request.fresh_for


def _is_settled(request: ApiRequest, connection: Connection) -> bool:
    """Whether the newest capture of what is asked for is as late as it must be, and says that nothing is to come."""
    if request.settled is None or request.settled_from is None:
        return False
    last = newest(connection, request.mapping, natural_key(request.mapping, request.parameters))
    if last is None or last.captured_at < request.settled_from:
        return False
    return _is_settled_in(request.settled, connection, request.mapping, last.raw_id)


def _was_followed_to_its_end(request: ApiRequest, connection: Connection) -> bool:
    """Whether there are patches of what is asked for, and its newest capture is a whole one that is settled."""
    if not request.unless_followed or request.settled is None or request.mapping.patches is None:
        return False
    captures = links(connection, request.mapping, natural_key(request.mapping, request.parameters))
    if not any(each.is_patch for each in captures) or captures[0].is_patch:
        return False
    return _is_settled_in(request.settled, connection, request.mapping, captures[0].raw_id)


def _is_settled_in(settled: Settled, connection: Connection, mapping: Mapping, raw_id: int) -> bool:
    """Whether a response says that nothing is to come, where that is what counts. One that is lost says nothing."""
    try:
        return settled.objects is None or settled.holds(values_at(connection, mapping, raw_id, settled.objects))
    except LostContentError:
        return False  # it is asked for again, and with luck comes back
