"""Work on many items in a few threads, each item with a tool, such as a connection, that no other thread has meanwhile.

The standard library's ThreadPool does most of it. Its threads are daemons: one that hangs in a request does not keep
the program from ending, as those of concurrent.futures do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from multiprocessing.pool import ThreadPool
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# How long what is in hand may take once nobody waits for it any more. Airflow kills 10 s after it asked to stop.
_GRACE_SECONDS = 5.0


class Tool(Protocol):
    """What an item is worked on with; it is closed at the end."""

    def close(self) -> None: ...


AnyTool = TypeVar("AnyTool", bound=Tool)


def in_threads(
    items: Sequence[Item], do: Callable[[AnyTool, Item], Result], make_tool: Callable[[], AnyTool], threads: int
) -> Generator[Result]:
    """Yield what `do` returns for each item, as it comes, from at most `threads` threads with a tool for each.

    An exception of `do` is raised here. When the iteration ends early no further item is begun, and what is not done
    within five seconds is left behind with its tool: to close that under a thread that uses it could crash the process.
    """
    idle: SimpleQueue[AnyTool] = SimpleQueue()

    def work_on(item: Item) -> Result:
        tool = idle.get()
        try:
            return do(tool, item)
        finally:
            idle.put(tool)

    threads = max(1, min(threads, len(items)))
    for _ in range(threads):
        idle.put(make_tool())
    with ThreadPool(threads) as pool:
        try:
            yield from pool.imap_unordered(work_on, items)
        finally:
            pool.terminate()
            deadline = time.monotonic() + _GRACE_SECONDS
            with suppress(Empty):
                for _ in range(threads):
                    idle.get(timeout=max(deadline - time.monotonic(), 0)).close()
