"""SIGTERM and Ctrl-C as exceptions, so that an interrupted program closes what it has opened, its record first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Threads have five to end in, the record of the run three. What has not closed by then never will: an exception in the
# middle of a library's work (a pipeline of psycopg, a `__del__`) may be lost there, or leave it waiting.
_SECONDS_TO_CLOSE = 9.0


class Interrupted(BaseException):
    """Somebody asked the program to end; its text is the signal. No `except Exception` is meant to survive it."""


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Raise Interrupted in the block at the first SIGTERM or Ctrl-C. The second one ends the program at once.

    Where the block does not end within some seconds of the first one, SIGALRM ends the program.
    """
    ours = os.getpid()

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        if os.getpid() != ours:  # a forked worker inherited this handler: it has nothing to close
            os.kill(os.getpid(), number)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS_TO_CLOSE)
        raise Interrupted(signal.Signals(number).name)

    # What the starter told us to ignore, as shells do for what runs in the background, stays ignored.
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
