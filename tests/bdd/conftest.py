"""The steps that several features share: what the API says of a day, that it is loaded, what the tables hold."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import Connection
from pytest_bdd import given, parsers, then, when

from tests.bdd.day import DAY, Api, Day, listed
from tests.checker import game
from tests.checker.game import KEYS
from tests.conftest import Cli
from tests.synthetic import feed


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def day(mlb_etl: Cli, api: Api) -> Day:
    return Day(mlb_etl, api)


@pytest.fixture
def rows_before() -> dict[str, list[Any]]:
    """Where the rows lay after the last load that a scenario begins with."""
    return {}


@given(parsers.parse("the API lists the games {first:d} and {second:d} for 2026-07-01, and {third:d} as postponed"))
def _schedule(api: Api, first: int, second: int, third: int) -> None:
    games = [listed(first, "F"), listed(second, "F"), listed(third, "D")]
    counts = {"totalItems": 3, "totalEvents": 0, "totalGames": 3, "totalGamesInProgress": 0}
    api.schedule = {**counts, "dates": [{"date": DAY, **counts, "games": games, "events": []}]}


@given("both games are final")
def _both_final(api: Api) -> None:
    api.feeds = {game_pk: feed(game_pk) for game_pk in (980_001, 980_002)}


@given(parsers.parse("{game_pk:d} is in progress"))
def _in_progress(api: Api, game_pk: int) -> None:
    api.feeds[game_pk] = feed(game_pk, state="In Progress")


@given(parsers.parse("{game_pk:d} has ended"))
def _ended(api: Api, game_pk: int) -> None:
    api.feeds[game_pk] = feed(game_pk)


@given(parsers.parse("the scorer corrects {game_pk:d} without a new time stamp"))
def _corrected(api: Api, game_pk: int) -> None:
    api.feeds[game_pk] = feed(game_pk, revision=1)


@given("I have loaded the day")
@given("I have loaded the day again")
def _have_loaded(day: Day, connection: Connection[Any], rows_before: dict[str, list[Any]]) -> None:
    _load(day)
    rows_before |= {table: written(connection, table) for table in KEYS}


@when("I load the day")
def _load(day: Day) -> None:
    day.load()
    for finished in (day.ingested, day.transformed):
        assert finished is not None
        assert finished.exit_code == 0, finished.output


@given("I have tried to load the day")
@when("I try to load the day")
def _try_to_load(day: Day) -> None:
    day.load()


@then(parsers.parse("the tables hold exactly what the API says of {game_pk:d}"))
def _exact(connection: Connection[Any], api: Api, game_pk: int) -> None:
    assert game.compare(connection, api.feeds[game_pk]) == []


def written(connection: Connection[Any], table: str) -> list[Any]:
    """Which transaction wrote each row, and where it lies."""
    return connection.execute(f"SELECT game_pk, ctid::text, xmin::text FROM game.{table} ORDER BY 1, 2").fetchall()
