"""How long a program that goes on for hours waits for a service that is away."""

from __future__ import annotations

import time
from collections.abc import Callable

from mlb_data_platform.errors import PlatformError, TransientError

API_SECONDS = 300.0  # beyond what the client waits
DATABASE_SECONDS = 600.0  # a restart or failover fits in


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

    def failed(self, error: PlatformError) -> None:
        """Take down that it did not.

        Raises `error` where that lasts too long; as worth a retry where the service has done its work before.
        """
        now = time.monotonic()
        if self._fails_since is None:
            self._fails_since = now
            self._say(f"{error}; tried again")
        if now - self._fails_since >= self._seconds:
            raise TransientError(str(error)) if self._worked else error
