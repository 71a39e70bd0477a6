"""How long a program that goes on for hours waits for a service that is away."""

from __future__ import annotations

import time
from collections.abc import Callable

from mlb_data_platform.errors import PlatformError, TransientError

# Longer than a game takes: who gave up in the middle of one would lose the rest of its changes, and a circuit that is
# open asks so seldom that waiting costs nothing. What is left after that is asked for in the morning.
API_SECONDS = 4 * 3600.0
DATABASE_SECONDS = 600.0  # a restart or failover fits in
_AT_FIRST_SECONDS = 600.0  # of what has not done its work once the settings may be wrong


class Patience:
    """Waits for one service, from its first failure on; tells by `say` that it is away, once, and that it is back."""

    def __init__(self, seconds: float, say: Callable[[str], None]) -> None:
        self._seconds = seconds
        self._say = say
        self._worked = False
        self._fails_since: float | None = None  # on the monotonic clock

    def succeeded(self) -> None:
        """Take down that the service did its work."""
        if self._fails_since is not None:
            self._say(f"all is well again, after {time.monotonic() - self._fails_since:.0f} s")
        self._worked, self._fails_since = True, None

    def failed(self, error: PlatformError, pause: float = 0.0) -> None:
        """Take down that it did not, and that it wants to be left alone for `pause` seconds.

        Raises `error` where that lasts too long; as worth a retry where the service has done its work before. One that
        has not is waited for no longer than ten minutes.
        """
        now = time.monotonic()
        if self._fails_since is None:
            self._fails_since = now
            self._say(f"{error}; tried again")
        seconds = self._seconds if self._worked else min(self._seconds, _AT_FIRST_SECONDS)
        if now + pause - self._fails_since >= seconds:
            raise TransientError(str(error)) if self._worked else error
