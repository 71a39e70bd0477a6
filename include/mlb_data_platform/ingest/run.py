"""Runs the requests of a job: ask, validate, store; one bad answer stops no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import UTC, datetime

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.ingest.requests import ApiRequest
from mlb_data_platform.ingest.validate import validate
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi.client import StatsApiClient
from mlb_data_platform.statsapi.rate_limit import MLB_API_SLOTS
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.raw import Stored, ensure_partitions, store


def run(
    requests: Sequence[ApiRequest],
    settings: Settings,
    execution: Execution,
    report: Callable[[int, int], None],
) -> dict[str, int]:
    """Bring the answers to `requests` into the raw tier, a few at a time, and return how many are new and unchanged.

    What is asked for and done, and the error of each request that failed, stand in `execution`; `report` is called
    with (done, total) as they end. Raises PlatformError where no request can be made at all.
    """
    execution.asked = len(requests)
    with connect() as connection:
        for mapping in {request.mapping.name: request.mapping for request in requests}.values():
            ensure_partitions(connection, mapping, datetime.now(UTC).date())
    objects = ObjectStore(settings)
    found: Counter[bool] = Counter()
    with StatsApiClient(settings) as client, ThreadPoolExecutor(MLB_API_SLOTS, "ingest") as pool:
        futures = {pool.submit(_ingest, request, client, objects): request for request in requests}
        try:
            for ended, future in enumerate(as_completed(futures), start=1):
                _account(futures[future], future, execution, found)
                report(ended, len(requests))
        finally:
            pool.shutdown(cancel_futures=True)
    return {"new": found[True], "unchanged": found[False]}


def _ingest(request: ApiRequest, client: StatsApiClient, objects: ObjectStore) -> Stored:
    response = client.get(request.target, lambda answer: validate(request, answer))
    capture = Capture(
        request.mapping,
        request.parameters,
        response.url,
        response.status_code,
        response.captured_at,
        response.body,
    )
    with connect() as connection:
        return store(connection, capture, objects.put)


def _account(request: ApiRequest, future: Future[Stored], execution: Execution, found: Counter[bool]) -> None:
    try:
        found[future.result().is_new] += 1
        execution.done += 1
    except PlatformError as error:
        execution.errors.append(type(error)(f"{request}: {error}"))
