"""The queries of the page by their plans, in a database of hundreds of games: none reads a large table through."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from psycopg import AsyncConnection, AsyncCursor

from mlb_data_platform.storage.database import connect_async
from mlb_data_platform.web import queries
from mlb_data_platform.web.queries import game, game_history, game_plays, today
from tests.web.conftest import DAY, connect

pytestmark = pytest.mark.services

LARGE = 2000  # rows
GAME = 20261764


def _as_of_now(ask: Callable[..., Awaitable[Any]], connection: AsyncConnection) -> Awaitable[Any]:
    return ask(connection, GAME, datetime.now(UTC))


# Each function of the module of queries, asked as a page asks it.
QUESTIONS: dict[str, Callable[[AsyncConnection], Awaitable[Any]]] = {
    "today.newest_date": today.newest_date,
    "today.date_of": lambda connection: today.date_of(connection, DAY),
    "today.games": lambda connection: today.games(connection, DAY),
    "today.followers": lambda connection: today.followers(connection, [GAME, GAME + 1]),
    "game.listed": lambda connection: game.listed(connection, GAME),
    "game_history.captures": lambda connection: game_history.captures(connection, GAME),
} | {
    f"{module.__name__.rpartition('.')[2]}.{name}": partial(_as_of_now, getattr(module, name))
    for module, names in (
        (game, ("game", "innings", "batting", "pitching", "challenges")),
        (game_plays, ("plays", "events", "reviews", "batted_balls")),
        (game_history, ("corrections", "play_worths")),
    )
    for name in names
}


class Explaining(AsyncCursor[Any]):
    """A cursor that has each statement explained before it is executed."""

    plans: list[dict[str, Any]] = []

    async def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        text = query if isinstance(query, str) else query.as_string(self.connection)
        row = await AsyncCursor(self.connection).execute(f"EXPLAIN (FORMAT JSON) {text}".encode(), params)
        (found,) = await row.fetchone()  # type: ignore[misc]
        self.plans.append((found if isinstance(found, list) else json.loads(found))[0]["Plan"])
        return await super().execute(query, params, **options)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All nodes of a plan."""
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


@pytest.fixture(scope="module")
def large(season: dict[str, str]) -> set[str]:
    """The names of the tables that are large."""
    with connect(season) as connection:
        return {name for (name,) in connection.execute("SELECT relname FROM pg_class WHERE reltuples > %s", (LARGE,))}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_large_table_is_read_from_end_to_end(season: dict[str, str], large: set[str], question: str) -> None:
    plans = asyncio.run(_plans(QUESTIONS[question]))
    assert plans
    assert "live_game_plays" in large
    read = {node["Relation Name"] for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
    assert read & large == set(), json.dumps(plans, indent=1)


async def _plans(question: Callable[[AsyncConnection], Awaitable[Any]]) -> list[dict[str, Any]]:
    connection = await connect_async(None, role="mlb_reader", default_transaction_read_only="on")
    async with connection:
        connection.cursor_factory = type("_Explaining", (Explaining,), {"plans": (plans := [])})
        await question(connection)
    return plans


def test_every_query_is_among_them() -> None:
    modules = [
        importlib.import_module(f"{queries.__name__}.{found.name}") for found in pkgutil.iter_modules(queries.__path__)
    ]
    functions = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert functions == set(QUESTIONS)
