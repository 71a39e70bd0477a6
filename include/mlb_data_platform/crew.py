"""A few threads that work through a line of items, so that no more is in memory than they have in their hands."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# How long what is in hand may take once nobody waits for it any more. Airflow kills 10 s after it asked to stop.
_GRACE_SECONDS = 5.0


def work(
    items: Iterable[Item], worker: Callable[[Iterator[Item]], Iterator[Result]], threads: int
) -> Generator[Result]:
    """Yield what `worker` yields in each of the threads, as it comes; each is given items that no other gets.

    An exception of a worker is raised here. When the iteration ends early no worker gets another item, and those that
    do not finish theirs within five seconds are left behind: they do not keep the program from ending.
    """
    line = _Line(items)
    results: SimpleQueue[_Yielded[Result] | _Ended] = SimpleQueue()

    def run() -> None:
        try:
            for result in worker(line):
                results.put(_Yielded(result))
        except BaseException as error:  # raised again in the thread that consumes
            results.put(_Ended(error))
        else:
            results.put(_Ended())

    crew = [Thread(target=run, name=f"worker-{number}", daemon=True) for number in range(threads)]
    for thread in crew:
        thread.start()
    try:
        at_work = threads
        while at_work:
            match results.get():
                case _Yielded(result):
                    yield result
                case _Ended(None):
                    at_work -= 1
                case _Ended(BaseException() as error):
                    raise error
    finally:
        line.close()
        deadline = time.monotonic() + _GRACE_SECONDS
        for thread in crew:
            thread.join(max(deadline - time.monotonic(), 0))


class _Line(Generic[Item]):
    """An iterator that several threads may share."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self._lock = Lock()

    def close(self) -> None:
        """Give out nothing more."""
        with self._lock:
            self._items = iter(())

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._lock:
            return next(self._items)


@dataclass(frozen=True)
class _Yielded(Generic[Result]):
    result: Result


@dataclass(frozen=True)
class _Ended:
    error: BaseException | None = None
