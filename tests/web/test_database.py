"""The page's connections to PostgreSQL: what they need, and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from psycopg import AsyncConnection, Connection

from mlb_data_platform.web.database import Database
from mlb_data_platform.web.queries.game import game
from tests.web.game_pages import LIVE, a_game

pytestmark = pytest.mark.services


@asynccontextmanager
async def a_request() -> AsyncIterator[AsyncConnection]:
    """The connection of a request, in a process that had none before."""
    database = Database()
    try:
        async with database.connection() as connection:
            yield connection
    finally:
        await database.close()


def test_a_connection_that_the_page_has_no_use_for_may_be_wrong(
    evening: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MLB_S3", '{"conn_type": "aws"}')

    async def looked() -> int:
        async with a_request() as connection:
            return (await connection.execute("SELECT 1")).rowcount

    assert asyncio.run(looked()) == 1


def test_what_is_published_while_a_page_is_made_is_in_none_of_its_parts(
    evening: dict[str, str], owner: Connection[Any]
) -> None:
    """A line score of one capture beside the box score of the next would be half a game."""
    game_pk = a_game(owner, LIVE)

    async def looked() -> None:
        async with a_request() as connection:
            first = await game(connection, game_pk, None)
            owner.execute("UPDATE game.live_game_metadata SET home_runs = 99 WHERE game_pk = %s", (game_pk,))
            assert first
            assert await game(connection, game_pk, None) == first
        async with a_request() as connection:
            later = await game(connection, game_pk, None)
        assert later
        assert later.home_runs == 99

    asyncio.run(looked())
