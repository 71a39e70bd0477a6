"""A crew works through a line: each item once, no more taken than are in hand, and an end that does not hang."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from threading import Event, Semaphore

import pytest

from mlb_data_platform import crew
from mlb_data_platform.crew import work


def _doubled(numbers: Iterator[int]) -> Iterator[int]:
    for number in numbers:
        yield 2 * number


def test_each_item_is_worked_on_once() -> None:
    assert sorted(work(range(1000), _doubled, threads=4)) == list(range(0, 2000, 2))


@pytest.mark.parametrize("threads", [0, 3])
def test_nothing_to_do_ends_at_once(threads: int) -> None:
    assert list(work((), _doubled, threads)) == []


def test_no_more_is_taken_from_the_line_than_there_are_hands() -> None:
    taken: list[int] = []
    permits = Semaphore(0)

    def line() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    def slowly(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            permits.acquire()
            yield number

    with closing(work(line(), slowly, threads=3)) as results:
        permits.release(2)
        assert {next(results), next(results)} < set(range(5))
        time.sleep(0.1)
        assert len(taken) == 5, "two are done, three in hand"
        permits.release(100)
        next(results)


def test_an_exception_of_a_worker_is_raised_where_the_results_are_read() -> None:
    def stumble(numbers: Iterator[int]) -> Iterator[float]:
        for number in numbers:
            yield 1 / number

    with pytest.raises(ZeroDivisionError):
        list(work([1, 0, 1], stumble, threads=2))


def test_who_does_not_finish_in_time_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "_GRACE_SECONDS", 0.2)
    released = Event()

    def hang(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            if number:
                released.wait()
            yield number

    started = time.monotonic()
    with closing(work([0, 1, 1], hang, threads=2)) as results:
        assert next(results) == 0
    assert time.monotonic() - started < 2
    released.set()
