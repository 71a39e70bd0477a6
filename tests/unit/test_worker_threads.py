"""Threads work on each item once, each with a tool that no other has, and an end that does not hang."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from threading import Event, Lock

import pytest

from mlb_data_platform import worker_threads
from mlb_data_platform.worker_threads import in_threads


class Tool:
    """Knows whether two threads use it at once, and whether it was closed."""

    def __init__(self) -> None:
        self._in_use = Lock()
        self.is_closed = False

    def doubled(self, number: int) -> int:
        assert self._in_use.acquire(blocking=False), "two threads have the same tool"
        assert not self.is_closed
        time.sleep(0.0001)
        self._in_use.release()
        return 2 * number

    def close(self) -> None:
        self.is_closed = True


class Tools:
    """Makes tools and remembers them."""

    def __init__(self) -> None:
        self.made: list[Tool] = []

    def __call__(self) -> Tool:
        self.made.append(Tool())
        return self.made[-1]


@pytest.fixture
def tools() -> Tools:
    return Tools()


def test_each_item_is_worked_on_once_with_a_tool_of_the_threads_own(tools: Tools) -> None:
    assert sorted(in_threads(range(1000), Tool.doubled, tools, threads=4)) == list(range(0, 2000, 2))
    assert len(tools.made) == 4
    assert all(tool.is_closed for tool in tools.made)


@pytest.mark.parametrize("threads", [0, 3])
def test_nothing_to_do_ends_at_once(tools: Tools, threads: int) -> None:
    assert list(in_threads((), Tool.doubled, tools, threads)) == []
    assert all(tool.is_closed for tool in tools.made)


def test_results_come_while_others_are_in_hand(tools: Tools) -> None:
    released = Event()

    def do(_: Tool, number: int) -> int:
        assert number or released.wait(10)
        return number

    with closing(in_threads(range(4), do, tools, threads=2)) as results:
        assert {next(results) for _ in range(3)} == {1, 2, 3}
        released.set()
        assert list(results) == [0]


def test_an_early_end_begins_no_further_item_and_waits_for_those_in_hand(tools: Tools) -> None:
    begun: list[int] = []
    done: list[int] = []

    def do(_: Tool, number: int) -> int:
        begun.append(number)
        time.sleep(0.05)
        done.append(number)
        return number

    with closing(in_threads(range(1000), do, tools, threads=3)) as results:
        next(results)
    assert sorted(begun) == sorted(done)
    assert len(begun) < 100
    assert all(tool.is_closed for tool in tools.made)
    time.sleep(0.2)
    assert sorted(begun) == sorted(done)


def test_an_exception_is_raised_where_the_results_are_read(tools: Tools) -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_threads([1, 0, 1], lambda _, number: 1 / number, tools, threads=2))
    assert all(tool.is_closed for tool in tools.made)


def test_who_does_not_finish_in_time_is_left_behind(monkeypatch: pytest.MonkeyPatch, tools: Tools) -> None:
    monkeypatch.setattr(worker_threads, "_GRACE_SECONDS", 0.2)
    released = Event()

    def hang(_: Tool, number: int) -> int:
        if number:
            released.wait()
        return number

    started = time.monotonic()
    with closing(in_threads([0, 1, 1], hang, tools, threads=2)) as results:
        assert next(results) == 0
    assert time.monotonic() - started < 2
    assert not all(tool.is_closed for tool in tools.made), "that of a thread that hangs is not closed under it"
    released.set()


def test_a_thread_that_hangs_does_not_keep_the_program_from_ending() -> None:
    program = """
import time
from contextlib import closing
from io import BytesIO
from mlb_data_platform import worker_threads
worker_threads._GRACE_SECONDS = 0.1
with closing(worker_threads.in_threads([0, 600], lambda _, seconds: time.sleep(seconds), BytesIO, 2)) as results:
    next(results)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
