"""How the API is used: what a test of politeness looks at."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any


class Traffic:
    """Counts requests: by path, at once, and in any one second. Safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way = 0
        self.reset()

    def reset(self) -> None:
        """Begin anew; of the requests under way only their number is kept."""
        with self._lock:
            self._paths: Counter[str] = Counter()
            self._last_second: deque[float] = deque()
            self._busiest_second = 0
            self._peak = self._under_way

    @contextmanager
    def request(self, path: str) -> Iterator[None]:
        """Count the block as a request for `path`."""
        self._begin(path)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def _begin(self, path: str) -> None:
        moment = time.monotonic()
        with self._lock:
            self._paths[path] += 1
            self._under_way += 1
            self._peak = max(self._peak, self._under_way)
            self._last_second.append(moment)
            while self._last_second[0] <= moment - 1:
                self._last_second.popleft()
            self._busiest_second = max(self._busiest_second, len(self._last_second))

    def report(self) -> dict[str, Any]:
        """Return the counts."""
        with self._lock:
            return {
                "total": self._paths.total(),
                "peak_concurrency": self._peak,
                "max_per_second": self._busiest_second,
                "paths": dict(sorted(self._paths.items())),
            }
