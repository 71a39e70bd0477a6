"""All SQL of the page, a module for each of its subjects: functions that take a connection and return typed rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.errors import PipelineAborted
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed

_NOW = "infinity"  # what is valid then is what is valid now

Row = TypeVar("Row")


async def rows_of(
    connection: AsyncConnection, kind: type[Row], query: LiteralString | SQL | Composed, **values: Any
) -> list[Row]:
    """Return what a query about these values finds, each row as what it is."""
    async with connection.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchall()


async def rows_as_of(
    connection: AsyncConnection, kind: type[Row], query: LiteralString, game_pk: int, at: datetime | None
) -> list[Row]:
    """Return the rows of a query about %(game_pk)s as of the moment %(at)s; None: as of now."""
    return await rows_of(connection, kind, query, game_pk=game_pk, at=at or _NOW)


async def at_once(connection: AsyncConnection, *questions: Awaitable[Any]) -> list[Any]:
    """Return the answers to several questions, in their order, which are sent without waiting for each other's."""
    async with connection.pipeline():
        answers = await asyncio.gather(*questions, return_exceptions=True)
    # Whoever waits first is told of what fails, whichever question that is; those behind it are aborted for its sake.
    failed = [answer for answer in answers if isinstance(answer, BaseException)]
    if failed:
        raise min(failed, key=lambda error: isinstance(error, PipelineAborted))
    return answers
