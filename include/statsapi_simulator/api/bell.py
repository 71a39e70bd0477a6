"""A bell: who waits for something else hears that he should look again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class Bell:
    """Calls all who listen. Safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listening: list[Callable[[], None]] = []

    def ring(self) -> None:
        """Call everybody; none of them may wait for anything."""
        with self._lock:  # so that nobody is called after his block has ended
            for wake in self._listening:
                wake()

    @contextmanager
    def heard(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` at each ring while the block runs."""
        with self._lock:
            self._listening.append(wake)
        try:
            yield
        finally:
            with self._lock:
                self._listening.remove(wake)
