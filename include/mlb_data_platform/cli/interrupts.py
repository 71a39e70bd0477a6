"""SIGTERM and Ctrl-C as exceptions, so that an interrupted program closes what it has opened, its record first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(BaseException):
    """Somebody asked the program to end; its text is the signal. No `except Exception` is meant to survive it."""


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Raise Interrupted in the block at the first SIGTERM or Ctrl-C. The second one ends the program at once."""
    ours = os.getpid()

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        if os.getpid() != ours:  # a forked worker inherited this handler: it has nothing to close
            os.kill(os.getpid(), number)
        raise Interrupted(signal.Signals(number).name)

    # What the starter told us to ignore, as shells do for what runs in the background, stays ignored.
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
