"""The one rate of all processes, with a real Redis that goes away and comes back."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from mlb_data_platform.services.access import ensure_access
from mlb_data_platform.services.redis import Redis
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi import rate_limit
from mlb_data_platform.statsapi.rate_limit import RateLimit


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of this test's own, so that it can be stopped."""
    server = Redis(tmp_path, ensure_access(tmp_path)["redis"])
    server.start()
    yield server
    server.stop()


def _limit(redis: Redis, per_second: int) -> RateLimit:
    access = {"redis_host": redis.access.host, "redis_port": redis.access.port, "redis_password": redis.access.password}
    return RateLimit(Settings.model_validate({**access, "mlb_requests_per_second": per_second}))


def _seconds(*turns: tuple[RateLimit, int]) -> float:
    """How long it takes until each has had so many turns, all at the same time."""
    started = time.monotonic()
    with ThreadPoolExecutor(len(turns)) as pool:
        list(pool.map(lambda turn: [turn[0].wait() for _ in range(turn[1])], turns))
    return time.monotonic() - started


def test_processes_share_one_rate(redis: Redis) -> None:
    seconds = _seconds((_limit(redis, 10), 10), (_limit(redis, 10), 10))
    assert 1.0 <= seconds < 4.0, "ten a second for both: twenty take a second, alone they take none"


def test_turns_that_are_taken_together_count_as_any_others(redis: Redis) -> None:
    limit, other = _limit(redis, 4), _limit(redis, 4)
    started = time.monotonic()
    limit.take(2)
    assert _seconds((limit, 2)) < 0.5, "these were taken"
    other.take(2)
    other.take(3)
    assert time.monotonic() - started >= 1.0, "seven of four a second"


def test_of_a_rate_that_allows_one_no_two_are_taken_together(redis: Redis) -> None:
    limit = _limit(redis, 1)
    started = time.monotonic()
    limit.take(2)
    _seconds((limit, 2))
    assert time.monotonic() - started >= 1.0


def test_who_wants_two_turns_gets_on_beside_those_who_take_each_that_is_free(redis: Redis) -> None:
    limit, other = _limit(redis, 4), _limit(redis, 4)
    over = Event()

    def take_each_that_is_free() -> None:
        while not over.wait(0.25):
            other.wait()

    with ThreadPoolExecutor(2) as pool:
        try:
            pool.submit(take_each_that_is_free)
            time.sleep(1.5)
            pool.submit(limit.take, 2).result(timeout=20)
        finally:
            over.set()


@pytest.mark.parametrize(
    ("per_second", "item"),
    [(4, "4 per 1 second"), (0.5, "1 per 2 second"), (4 / 46, "2 per 23 second"), (0.25 / 46, "1 per 184 second")],
)
def test_a_rate_is_counted_in_whole_requests_and_never_rounded_up(per_second: float, item: str) -> None:
    assert str(rate_limit._item(per_second)) == item


def test_without_redis_each_keeps_to_its_share_until_redis_is_back(
    redis: Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "_REDIS_IS_TRIED_AGAIN_AFTER_SECONDS", 0.3)
    limit, other = _limit(redis, 230), _limit(redis, 230)
    limit.wait()
    redis.stop()
    with caplog.at_level(logging.WARNING):
        assert _seconds((limit, 11)) >= 2.0, "230 a second for 46 processes: eleven take two seconds"
        redis.start()
        time.sleep(0.3)
        limit.wait()
    where = f"Redis at {redis.access.host}:{redis.access.port}"
    away, back = (record.getMessage() for record in caplog.records)
    assert away.startswith(f"{where} is away (")
    assert back == f"{where} is back: all processes share 230 per 1 second again"
    seconds = _seconds((limit, 230), (other, 230))
    assert 1.0 <= seconds < 4.0, "230 a second for both again"
