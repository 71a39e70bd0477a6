"""The one way requests reach the Stats API: pooled, at the shared rate, with retries that heed Retry-After."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from types import TracebackType
from typing import Self

import httpx
import tenacity

from mlb_data_platform import __version__
from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi.circuit import AwayTooLongError, Circuit
from mlb_data_platform.statsapi.rate_limit import MLB_API_SLOTS, RateLimit
from mlb_data_platform.statsapi.stubs import keeper, transport

_ATTEMPTS = 4
_BACKOFF = tenacity.wait_exponential_jitter(multiplier=0.5, max=10, jitter=1)
# A server that asks for more than this is not waited for: the task ends, and its own retry comes later.
_LONGEST_RETRY_AFTER_SECONDS = 60.0
_TIMEOUT = httpx.Timeout(30, connect=10)
_LONGEST_ANSWER_SECONDS = 60.0  # from first byte to last: one that trickles never times out by itself
_SHOWN_BYTES = 80


@dataclass(frozen=True)
class Response:
    """An answer: its exact decoded bytes, and the moment just before it was asked for."""

    url: str
    status_code: int
    captured_at: datetime
    body: bytes

    def error(self, reason: str) -> str:
        """Return one line that says what is wrong with this answer: URL, status, reason, first bytes."""
        start = " ".join(self.body[:_SHOWN_BYTES].decode("utf-8", "replace").split())
        return f"{self.url}: HTTP {self.status_code}: {reason}" + (f" (begins: {start})" if start else "")


class Traffic:
    """How many requests were made, and the bytes that came in answer, as they came: zipped. Shared by threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.requests = 0
        self.bytes = 0

    def count(self, received: int) -> None:
        """Take down a request and the bytes of its answer."""
        with self._lock:
            self.requests += 1
            self.bytes += received


class ApiAwayError(TransientError):
    """No answer, or 429 or 5xx; `retry_after` is the pause the API asked for, or that it is left alone, in seconds.

    `is_for_all`: the circuit is open, so this says nothing of the request.
    """

    is_for_all = False

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OldAnswerError(TransientError):
    """An answer from before the end of something that is over: asked again, since a cache may be behind."""

    def __init__(self, message: str, response: Response) -> None:
        super().__init__(message)
        self.response = response


class MixedUpError(BadInputError):
    """An answer to another question: asked again, since a cache may have mixed up two. A later run is no better."""


def _accept_any(_: Response) -> None:
    return None


class StatsApiClient:
    """Asks the API at `MLB_STATSAPI_BASE_URL` in the way the stub mode says; may be shared by threads."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.Client(
            base_url=settings.mlb_statsapi_base_url,
            transport=transport(settings),
            # A proxy of the environment is for the API, not for a simulator on this machine.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
            limits=httpx.Limits(max_connections=MLB_API_SLOTS),
            headers={
                "User-Agent": _user_agent(settings.mlb_contact),
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            },
            timeout=_TIMEOUT,
            follow_redirects=True,
        )
        self._keep = keeper(settings)
        # A replay asks nobody: it keeps to no rate, and needs no Redis.
        self._rate_limit = None if settings.stub_mode == "replay" else RateLimit(settings)
        self._circuit = Circuit()
        self.traffic = Traffic()

    def get(self, target: str, check: Callable[[Response], None] = _accept_any, *, takes_old: bool = False) -> Response:
        """Return the answer to `target` (path and query) that has status 200 and passes `check`; `capture` records it.

        With `takes_old`, one that `check` still calls old after all attempts is taken as well: the API insists.

        Tries again, with growing pauses, after 429, 5xx, a timeout, a broken connection, or a TransientError or
        MixedUpError of `check`. While the API answers nobody, waits until it does, and begins anew. Raises the error of
        the last attempt; ApiAwayError when the API is away for too long; BadInputError for any other status, and
        whatever else `check` raises, without another attempt.
        """
        try:
            response = self._asked(target, check)
        except OldAnswerError as old:
            if not takes_old:
                raise TransientError(str(old)) from None
            response = old.response
        except AwayTooLongError as away:
            raise ApiAwayError(f"{self._http.base_url.join(target)}: given up: {away}", away.seconds) from None
        self._keep(target, response.body, response.captured_at)
        return response

    def take_turns(self, turns: int) -> None:
        """Return when the rate of the installation allows so many requests: the next ones do not wait."""
        if self._rate_limit:
            self._rate_limit.take(turns)

    def wait_for_turn(self) -> None:
        """Return when the rate of the installation allows a request."""
        if self._rate_limit:
            self._rate_limit.wait()

    def _asked(self, target: str, check: Callable[[Response], None]) -> Response:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes_by_itself),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=_pause,
            reraise=True,
        )
        while True:
            try:
                return retrying(self._attempt, target, check)
            except ApiAwayError as error:
                if not error.is_for_all:
                    raise

    def _attempt(self, target: str, check: Callable[[Response], None]) -> Response:
        self._circuit.wait()
        try:
            response = self._ask(target)
        except ApiAwayError as error:
            error.is_for_all = self._circuit.failed(str(error), error.retry_after)
            raise
        # Any answer, a refusal too, shows that the API is there: the circuit counts only attempts that got none.
        self._circuit.answered()
        if response.status_code != httpx.codes.OK:
            raise BadInputError(response.error("the API refuses the request"))
        check(response)
        return response

    def _ask(self, target: str) -> Response:
        self.wait_for_turn()
        # Taken after the wait for a turn, or a capture that waited long would claim to be older than it is.
        captured_at = datetime.now(UTC)
        try:
            with self._http.stream("GET", target) as answer:
                body = _read(answer)
        except httpx.RequestError as error:
            self.traffic.count(0)
            reason = str(error) or type(error).__name__
            raise ApiAwayError(f"{self._http.base_url.join(target)}: {reason}") from None
        self.traffic.count(answer.num_bytes_downloaded)
        response = Response(str(answer.url), answer.status_code, captured_at, body)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            seconds = _seconds(answer.headers.get("Retry-After", "0"), captured_at)
            reason = f"the API asks to wait {seconds:.0f} s" if seconds else "the API cannot answer now"
            raise ApiAwayError(response.error(reason), seconds)
        return response

    def close(self) -> None:
        """Give the pooled connections back."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _read(answer: httpx.Response) -> bytes:
    """The decoded body. Raises httpx.ReadTimeout for one that does not come to its end."""
    ends_at = time.monotonic() + _LONGEST_ANSWER_SECONDS
    parts = []
    for part in answer.iter_bytes():
        parts.append(part)
        if time.monotonic() > ends_at:
            raise httpx.ReadTimeout(f"no end of the answer within {_LONGEST_ANSWER_SECONDS:.0f} s")
    return b"".join(parts)


def _user_agent(contact: str) -> str:
    return f"mlb-data-platform/{__version__}" + (f" ({contact})" if contact else "")


def _seconds(retry_after: str, now: datetime) -> float:
    """The pause a Retry-After header asks for, in seconds or as a date (RFC 9110, 10.2.3)."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max((parsedate_to_datetime(retry_after) - now).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return 0.0  # neither a number nor a date with a zone: as good as no header


def _passes_by_itself(error: BaseException) -> bool:
    if isinstance(error, ApiAwayError):
        return error.retry_after <= _LONGEST_RETRY_AFTER_SECONDS and not error.is_for_all
    return isinstance(error, TransientError | MixedUpError)


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    backoff = _BACKOFF(state)
    return max(error.retry_after, backoff) if isinstance(error, ApiAwayError) else backoff
