"""Leaves an API alone that answers nothing, and lets those who want to ask wait until it answers again."""

from __future__ import annotations

import logging
import time
from threading import Condition

logger = logging.getLogger(__name__)

# Attempts in a row. With all slots at work no request has made all of its attempts by then: none is lost.
_FAILURES_THAT_OPEN = 8
_PAUSE_SECONDS = 30.0
# A restart of the API fits in, and it is less than the shortest timeout of a task: who gives up can still say why.
_PATIENCE_SECONDS = 180.0


class AwayTooLongError(Exception):
    """The API has answered nothing for as long as it is waited for, or asks to be left alone for longer than that.

    It is asked again in `seconds`.
    """

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Circuit:
    """Open while the API answers nothing: then one caller asks every `pause` seconds, and the others wait for it.

    They wait for at most `patience` seconds after it opened. Shared by threads.
    """

    def __init__(self, pause: float = _PAUSE_SECONDS, patience: float = _PATIENCE_SECONDS) -> None:
        self._pause, self._patience = pause, patience
        self._changed = Condition()
        self._failures = 0
        # On the monotonic clock.
        self._opened_at: float | None = None
        self._resumes_at = 0.0
        self._tried_until = 0.0  # by then somebody who asks knows

    def wait(self) -> None:
        """Return when the caller may ask. Raises AwayTooLongError when that is not to be expected in time."""
        with self._changed:
            while self._opened_at is not None:
                now = time.monotonic()
                if now >= max(self._resumes_at, self._tried_until):
                    self._tried_until = now + self._pause
                    return
                if now >= self._tried_until and self._resumes_at > self._opened_at + self._patience:
                    seconds = self._resumes_at - now
                    raise AwayTooLongError(
                        f"the API has answered nothing for {now - self._opened_at:.0f} s;"
                        f" try again in {seconds:.0f} s or later",
                        seconds,
                    )
                self._changed.wait(max(self._resumes_at, self._tried_until) - now)

    def answered(self) -> None:
        """Take down that the API answered."""
        with self._changed:
            if self._opened_at is not None:
                logger.warning("the API answers again, after %.0f s", time.monotonic() - self._opened_at)
            self._failures, self._opened_at = 0, None
            self._changed.notify_all()

    def failed(self, reason: str, asked_to_wait: float = 0.0) -> bool:
        """Take down that an attempt got no answer, and how many seconds the API asked to wait; return if it is open."""
        with self._changed:
            self._failures += 1
            if self._failures < _FAILURES_THAT_OPEN:
                return False
            now = time.monotonic()
            if self._opened_at is None:
                self._opened_at = now
                logger.warning(
                    "%s; %d attempts in a row failed: from now on one every %.0f s, for %.0f s",
                    reason, self._failures, self._pause, self._patience,
                )  # fmt: skip
            self._resumes_at = now + max(self._pause, asked_to_wait)
            self._tried_until = 0.0
            self._changed.notify_all()
            return True
