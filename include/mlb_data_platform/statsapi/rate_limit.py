"""One rate of requests for the whole installation, however many processes ask."""

from __future__ import annotations

import logging
import random
import time
from fractions import Fraction
from math import ceil
from threading import Lock

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from mlb_data_platform.settings import Settings

logger = logging.getLogger(__name__)

# Slots of the Airflow pool `mlb_api`, so the most of its tasks that ask at once; also the most requests one process has
# in flight, since a run from the command line is alone.
MLB_API_SLOTS = 4
# The most programs of the DAG `mlb_live` that ask at once: those of two dates, the watch of each and 20 followers. Its
# pool lets no more than 24 of them run, deferred ones counted; but a run without a scheduler (`dags test`), or of the
# commands by hand, takes no slots and asks beside those.
MLB_LIVE_PROGRAMS = 2 * (1 + 20)

_KEY = "statsapi"
_ROUNDED_UP_BY = 1.01  # at most
_TAKEN_FOR_SECONDS = 1.0
# After that whoever wants several turns makes do with one: so few are left that none may be taken on suspicion, and
# beside many who take each one that is free two may never be.
_WAITS_FOR_SEVERAL_SECONDS = 1.0
_WAKES_WITHIN_SECONDS = 0.005  # not all who wait at the same moment
_REDIS_ANSWERS_WITHIN_SECONDS = 2.0
_REDIS_IS_TRIED_AGAIN_AFTER_SECONDS = 5.0


class RateLimit:
    """Makes callers wait their turn in a moving window that all processes share through Redis.

    While Redis is away each process keeps to its share of the rate, the rate divided by how many may ask at once, and
    says so; it tries Redis again every few seconds, and says when the rate is shared again. Of the usual four requests
    a second that is two in 23 seconds: a follower, which would ask every ten, falls behind a little.
    """

    def __init__(self, settings: Settings) -> None:
        self._where = f"{settings.redis_host}:{settings.redis_port}"
        self._shared_item = _item(settings.mlb_requests_per_second)
        self._own_item = _item(settings.mlb_requests_per_second / (MLB_API_SLOTS + MLB_LIVE_PROGRAMS))
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._lock = Lock()
        self._taken, self._taken_until = 0, 0.0
        self._away = False
        self._ask_redis_from = 0.0  # on the monotonic clock
        self._shared = MovingWindowRateLimiter(
            RedisStorage(
                f"redis://{self._where}/{settings.redis_db}",
                key_prefix="mlb:rate",
                wrap_exceptions=True,
                # Not part of the URL, which errors quote.
                password=settings.redis_password.get_secret_value() or None,  # type: ignore[arg-type]
                socket_connect_timeout=_REDIS_ANSWERS_WITHIN_SECONDS,
                socket_timeout=_REDIS_ANSWERS_WITHIN_SECONDS,
            )
        )

    def wait(self) -> None:
        """Return when the caller may make one request: at once where it is one of those taken before."""
        with self._lock:
            if self._taken and time.monotonic() < self._taken_until:
                self._taken -= 1
                return
        self._wait(1)

    def take(self, turns: int) -> None:
        """Return when so many requests may be made at once, the next ones within a second.

        For requests of which one is of use only with the other, so that what came is not kept waiting for it. Where
        they are not free for a while, or never are, one may be made; the others wait for turns of their own.
        """
        with self._lock:
            self._taken = 0
        taken = self._wait(turns)
        with self._lock:
            self._taken, self._taken_until = taken, time.monotonic() + _TAKEN_FOR_SECONDS

    def _wait(self, turns: int) -> int:
        """Take places in the window, and return how many: not more than it has, and one after a while."""
        several_until = time.monotonic() + _WAITS_FOR_SEVERAL_SECONDS
        while True:
            patience = several_until - time.monotonic() if turns > 1 else 0.0
            taken, delay = self._try(turns if patience > 0 else 1)
            if taken:
                return taken
            time.sleep(min(delay, patience if patience > 0 else _REDIS_IS_TRIED_AGAIN_AFTER_SECONDS))

    def _try(self, turns: int) -> tuple[int, float]:
        """Take places in the window and return how many, or none and the seconds until they may be free."""
        now = time.monotonic()
        if now >= self._ask_redis_from:
            if self._away:
                # One thread finds out; the others do not wait for a server that may not answer.
                self._ask_redis_from = now + _REDIS_IS_TRIED_AGAIN_AFTER_SECONDS
            try:
                answer = _take(self._shared, self._shared_item, turns)
            except StorageError as error:
                self._lost(error)
            else:
                self._found()
                return answer
        return _take(self._own, self._own_item, turns)

    def _lost(self, error: StorageError) -> None:
        with self._lock:
            self._ask_redis_from = time.monotonic() + _REDIS_IS_TRIED_AGAIN_AFTER_SECONDS
            if not self._away:
                self._away = True
                logger.warning(
                    "Redis at %s is away (%s): this process keeps to its share, %s",
                    self._where,
                    error.storage_error,
                    self._own_item,
                )

    def _found(self) -> None:
        with self._lock:
            if self._away:
                self._away = False
                self._ask_redis_from = 0.0
                logger.warning("Redis at %s is back: all processes share %s again", self._where, self._shared_item)


def _item(per_second: float) -> RateLimitItem:
    """The rate as whole requests in whole seconds, which is what `limits` counts: 0.5 a second is 1 in 2 seconds."""
    rate = Fraction(per_second).limit_denominator(60)
    if not 0 < rate < per_second * _ROUNDED_UP_BY:
        return RateLimitItemPerSecond(1, ceil(1 / per_second))
    return RateLimitItemPerSecond(rate.numerator, rate.denominator)


def _take(limiter: MovingWindowRateLimiter, item: RateLimitItem, turns: int) -> tuple[int, float]:
    places = min(turns, item.amount)
    if limiter.hit(item, _KEY, cost=places):
        return places, 0.0
    until_free = limiter.get_window_stats(item, _KEY).reset_time - time.time()
    if until_free > 0:  # at that moment: beside who comes a little later, each time, whoever waits longer gets none
        return 0, until_free + random.uniform(0.0, _WAKES_WITHIN_SECONDS)  # nosec B311
    return 0, random.uniform(0.01, 0.05)  # one is free where several are wanted  # nosec B311
