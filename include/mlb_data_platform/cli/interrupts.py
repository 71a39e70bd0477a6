"""SIGTERM and Ctrl-C as exceptions, so that an interrupted program closes what it has opened, its record first."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Threads have five to end in, the record of the run three. What has not closed by then never will: an exception in the
# middle of a library's work, such as a pipeline of psycopg, may leave it waiting.
_SECONDS_TO_CLOSE = 9.0
# What the garbage collector calls, anywhere, is over by then: it can raise nothing, and what is raised in it is lost.
_SECONDS_TO_COLLECT = 0.05


class Interrupted(BaseException):
    """Somebody asked the program to end; its text is the signal. No `except Exception` is meant to survive it."""


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Raise Interrupted in the block at the first SIGTERM or Ctrl-C. The second one ends the program at once.

    Where the first one falls into a `__del__` or a callback, which can raise nothing, it is raised a moment later.

    Where the block does not end within some seconds of the first one, the program ends with exit code 1 and says where
    it stood: by no signal, since none ends a program that is the first process of a container, nor does the second one.
    """
    ours = os.getpid()

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        if os.getpid() != ours:  # a forked worker inherited this handler: it has nothing to close
            os.kill(os.getpid(), number)
        faulthandler.dump_traceback_later(_SECONDS_TO_CLOSE, exit=True, file=2)  # stderr, whatever became of sys.stderr
        raise Interrupted(signal.Signals(number).name)

    def raise_again(lost: UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, Interrupted):
            unraisable(lost)
            return
        number = signal.Signals[str(lost.exc_value)]
        signal.signal(signal.SIGALRM, lambda _, frame: interrupt(number, frame))
        signal.setitimer(signal.ITIMER_REAL, _SECONDS_TO_COLLECT)

    # What the starter told us to ignore, as shells do for what runs in the background, stays ignored.
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.getsignal(number) for number in (*heeded, signal.SIGALRM)}
    unraisable, sys.unraisablehook = sys.unraisablehook, raise_again
    for number in heeded:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = unraisable
        for number, handler in before.items():
            signal.signal(number, handler)
