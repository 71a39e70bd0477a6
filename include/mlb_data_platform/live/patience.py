"""How long a program that goes on for hours waits for a service that is away."""

from __future__ import annotations

import time
from collections.abc import Callable

from mlb_data_platform.errors import PlatformError, TransientError

API_SECONDS = 300.0  # beyond what the client waits
DATABASE_SECONDS = 600.0  # a restart or failover fits in


class Patience:
    """Waits for one service from its last success on; tells by `say` that it is away, once, and that it is back."""

    def __init__(self, seconds: float, say: Callable[[str], None]) -> None:
        self._seconds = seconds
        self._say = say
        self._succeeded_at = time.monotonic()
        self._worked = self._fails = False

    def succeeded(self) -> None:
        """Take down that the service did its work."""
        if self._fails:
            self._say(f"all is well again, after {time.monotonic() - self._succeeded_at:.0f} s")
        self._succeeded_at = time.monotonic()
        self._worked, self._fails = True, False

    def failed(self, error: PlatformError) -> None:
        """Take down that it did not.

        Raises `error` where that lasts too long; as worth a retry where the service has done its work before.
        """
        if time.monotonic() - self._succeeded_at > self._seconds:
            raise TransientError(str(error)) if self._worked else error
        if not self._fails:
            self._say(f"{error}; tried again")
        self._fails = True
