"""What several browsers are shown at once is asked for once; questions that are sent together are answered in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import LiteralString

import psycopg
import pytest

from mlb_data_platform.storage.database import connect_async
from mlb_data_platform.web.changes import Changes
from mlb_data_platform.web.queries import at_once, rows_of
from mlb_data_platform.web.shared_looks import SharedLooks


class Looking:
    """A look that goes on until it is let go."""

    def __init__(self) -> None:
        self.times = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.times += 1
        number = self.times
        await self.may_end.wait()
        return number


def test_all_who_want_the_same_get_what_one_look_found() -> None:
    async def seen() -> tuple[list[int], int]:
        looks, look = SharedLooks(Changes()), Looking()
        wanted = [asyncio.create_task(looks.at(1, look)) for _ in range(5)]
        await asyncio.sleep(0)
        wanted[0].cancel()  # a browser is closed
        await asyncio.sleep(0)
        look.may_end.set()
        found = [await each for each in wanted[1:]]
        return [*found, await looks.at(1, look)], look.times

    assert asyncio.run(seen()) == ([1, 1, 1, 1, 2], 2), "once it has ended, it is looked at anew"


def test_who_wants_something_else_or_was_told_of_a_change_looks_himself() -> None:
    async def seen() -> list[int]:
        changes, look = Changes(), Looking()
        looks = SharedLooks(changes)
        before = [asyncio.create_task(looks.at(what, look)) for what in (1, 2)]
        await asyncio.sleep(0)
        changes.ring(None)
        after = asyncio.create_task(looks.at(1, look))
        await asyncio.sleep(0)
        look.may_end.set()
        return [await each for each in (*before, after)]

    assert asyncio.run(seen()) == [1, 2, 3]


@dataclass(frozen=True)
class Answer:
    """A row of a question."""

    number: int


@pytest.mark.services
def test_questions_that_are_sent_together_are_answered_in_their_order(evening: dict[str, str]) -> None:
    async def answers(*queries: LiteralString) -> list[int]:
        async with await connect_async(None) as connection:
            found = await at_once(connection, *(rows_of(connection, Answer, query) for query in queries))
            return [row.number for rows in found for row in rows]

    slow, quick, wrong = "SELECT 1 AS number FROM pg_sleep(0.2)", "SELECT 2 AS number", "SELECT 3 / 0 AS number"
    assert asyncio.run(answers(slow, quick)) == [1, 2]
    with pytest.raises(psycopg.errors.DivisionByZero):
        asyncio.run(answers(quick, wrong, quick))
