"""Waiting for what another program does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

Value = TypeVar("Value")


def until(ask: Callable[[], Value | None], what: str, seconds: float = 180) -> Value:
    """Return the first answer of `ask` that is not None or False; fail the test if there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = ask()
        if answer is not None and answer is not False:
            return answer
        time.sleep(0.5)
    pytest.fail(f"{what}: not within {seconds:.0f} s")
