"""The queries of the page by their plans, in a database of hundreds of games: none reads a large table through."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from psycopg import AsyncConnection, AsyncCursor

from mlb_data_platform.mapping.load import followed_mapping
from mlb_data_platform.storage.database import connect_async
from mlb_data_platform.web import queries
from mlb_data_platform.web.access import BACKFILLED
from mlb_data_platform.web.endpoints import expected, listing
from mlb_data_platform.web.queries import dates, game, game_history, game_plays, health, player, player_pictures, today
from tests.web.conftest import DAY, connect

pytestmark = pytest.mark.services

LARGE = 2000  # rows: a season has 2,430 games
# What is asked about all games of a season may read through what has one row for each of them: a few hundred pages.
THROUGH = {"health.due_again": {"live_game_metadata"}}
GAME = 20261764


def _as_of_now(ask: Callable[..., Awaitable[Any]], connection: AsyncConnection) -> Awaitable[Any]:
    return ask(connection, GAME, datetime.now(UTC))


# Each function of the module of queries, asked as a page asks it.
QUESTIONS: dict[str, Callable[[AsyncConnection], Awaitable[Any]]] = {
    "today.date_that_is_on": lambda connection: today.date_that_is_on(connection, DAY - timedelta(days=1), DAY),
    "today.newest_date": lambda connection: today.newest_date(connection, DAY),
    "today.newest_date_in_tables": lambda connection: today.newest_date_in_tables(connection, DAY),
    "today.date_of": lambda connection: today.date_of(connection, DAY),
    "today.games": lambda connection: today.games(connection, DAY),
    "today.followers": lambda connection: today.followers(connection, [GAME, GAME + 1]),
    "game.listed": lambda connection: game.listed(connection, GAME),
    "game_history.captures": lambda connection: game_history.captures(connection, GAME),
    "game_history.changed": lambda connection: game_history.changed(
        connection, GAME, datetime(2026, 8, 12, tzinfo=UTC), datetime.now(UTC)
    ),
    "dates.seasons": dates.seasons,
    "dates.calendar": lambda connection: _of_listing(dates.calendar, connection, DAY.year, DAY),
    "dates.season_of": lambda connection: dates.season_of(connection, DAY),
    "dates.one_day": lambda connection: _of_listing(dates.one_day, connection, DAY.year, DAY, DAY),
    "dates.day_games": lambda connection: dates.day_games(connection, DAY),
    "health.freshness": lambda connection: _of_plan(health.freshness, connection, "endpoints"),
    "health.broken_rules": lambda connection: health.broken_rules(connection, datetime(2026, 8, 1, tzinfo=UTC), 25),
    "health.checked_at": health.checked_at,
    "health.refusals": lambda connection: _of_plan(health.refusals, connection, "mappings", 25),
    "health.drift": lambda connection: health.drift(connection, 25),
    "health.budget_used": lambda connection: health.budget_used(connection, "ingest mlb_corrections"),
    "health.asked_since": lambda connection: health.asked_since(connection, datetime.now(UTC), "ingest "),
    "health.due_again": health.due_again,
    "health.corrections": lambda connection: health.corrections(connection, [GAME, GAME + 1]),
    "player.find": lambda connection: player.find(connection, "Mar", 50),
    "player.player": lambda connection: _of_player(player.player, connection),
    "player.batting": lambda connection: _of_player(player.batting, connection),
    "player.pitching": lambda connection: _of_player(player.pitching, connection),
    "player.last_games": lambda connection: _of_player(player.last_games, connection, 15),
    "player_pictures.batted_balls": lambda connection: _of_player(
        player_pictures.batted_balls, connection, DAY.year, 400
    ),
    "player_pictures.pitches": lambda connection: _of_player(player_pictures.pitches, connection, DAY.year, 400),
    "player_pictures.pitch_types": lambda connection: _of_player(player_pictures.pitch_types, connection, DAY.year),
} | {
    f"{module.__name__.rpartition('.')[2]}.{name}": partial(_as_of_now, getattr(module, name))
    for module, names in (
        (game, ("game", "innings", "batting", "pitching", "challenges")),
        (game_plays, ("plays", "events", "reviews", "batted_balls")),
        (game_history, ("corrections", "play_worths")),
    )
    for name in names
}


async def _of_listing(question: Any, connection: AsyncConnection, *values: Any) -> Any:
    return await question(connection, await listing(BACKFILLED), *values)


async def _of_plan(question: Any, connection: AsyncConnection, part: str, *values: Any) -> Any:
    return await question(connection, getattr(await expected(), part), *values)


async def _of_player(question: Any, connection: AsyncConnection, *values: Any) -> Any:
    """Of who has thrown the most pitches: who has played in one game has few rows."""
    plain = AsyncCursor(connection)
    await plain.execute("SELECT pitcher_id FROM game.live_game_plays GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
    (player_id,) = await plain.fetchone() or (0,)
    return await question(connection, player_id, *values)


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
    """The names of the tables that are large; one of many captures of games was refused."""
    with connect(season) as connection:
        connection.execute(_CAPTURES, (followed_mapping()[0].name, followed_mapping()[0].sha256))
        connection.execute("VACUUM ANALYZE game.live_game_v1")
        return {name for (name,) in connection.execute("SELECT relname FROM pg_class WHERE reltuples > %s", (LARGE,))}


_CAPTURES = """
    WITH captures AS (
        INSERT INTO game.live_game_v1 (game_pk, captured_at, data)
        SELECT 100000000 + n, '2026-08-10T12:00Z', '{}' FROM generate_series(1, 3000) AS n RETURNING id, captured_at
    )
    INSERT INTO metadata.rejected_captures (endpoint, raw_id, captured_at, mapping_sha256, reason)
    SELECT %s, max(id), max(captured_at), %s, 'of a test' FROM captures
"""


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_large_table_is_read_from_end_to_end(season: dict[str, str], large: set[str], question: str) -> None:
    plans = asyncio.run(_plans(QUESTIONS[question]))
    assert plans
    assert {"live_game_plays", "live_game_metadata", "games", "people"} <= large
    assert any(name.startswith("live_game_v1_") for name in large), "the raw rows, in their partition"
    read = {node["Relation Name"] for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
    assert read & large <= THROUGH.get(question, set()), json.dumps(plans, indent=1)


async def _plans(question: Callable[[AsyncConnection], Awaitable[Any]]) -> list[dict[str, Any]]:
    connection = await connect_async(None, role="mlb_reader", default_transaction_read_only="on")
    async with connection:
        connection.cursor_factory = type("_Explaining", (Explaining,), {"plans": (plans := [])})
        await question(connection)
    return plans


def test_a_single_letter_and_an_unfinished_word_are_looked_up_by_both_names(season: dict[str, str]) -> None:
    for begins in ("m", "Mar"):
        (plan,) = asyncio.run(_plans(partial(player.find, begins=begins, limit=50)))
        indexes = {node["Index Name"] for node in nodes(plan) if "Index Name" in node}
        of_games = {"live_game_metadata_official_date", "live_game_players_pkey"}
        assert indexes == {"people_full_name_searched", "people_last_name_searched", *of_games}, json.dumps(
            plan, indent=1
        )


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
