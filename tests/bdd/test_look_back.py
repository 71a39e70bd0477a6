"""The steps of look_back.feature: the tables as of a moment, and the captures of a game."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection
from pytest_bdd import parsers, scenarios, then, when

from tests.bdd.day import Day
from tests.checker import game
from tests.checker.compare import differences
from tests.conftest import Cli

THEN = "as_it_was"
LOADS = {"first": 0, "second": 1}

scenarios("features/look_back.feature")


@pytest.fixture
def moments() -> list[datetime]:
    """The moments that somebody looked at."""
    return []


@when(parsers.parse("I look at the tables as of the first capture that the timeline of {game_pk:d} lists"))
def _at_capture(mlb_etl: Cli, moments: list[datetime], game_pk: int) -> None:
    first = timeline(mlb_etl, game_pk)[0]
    look(mlb_etl, moments, datetime.fromisoformat(first["since"]))


@when("I look at the tables as of a second before it")
def _before(mlb_etl: Cli, moments: list[datetime]) -> None:
    look(mlb_etl, moments, moments[-1] - timedelta(seconds=1))


@when("I look at the tables as of now")
def _now(mlb_etl: Cli, moments: list[datetime]) -> None:
    look(mlb_etl, moments, datetime.now(UTC))


@then(parsers.parse("I see exactly what the API said of {game_pk:d} at the {load} load"))
def _seen(day: Day, connection: Connection[Any], game_pk: int, load: str) -> None:
    tables = game.expected(day.said[LOADS[load]][game_pk])
    assert [line for table in tables for line in differences(connection, replace(table, schema=THEN))] == []


@then(parsers.parse("I see nothing of {game_pk:d}"))
def _nothing(connection: Connection[Any], game_pk: int) -> None:
    for table in game.KEYS:
        assert connection.execute(f"SELECT FROM {THEN}.{table} WHERE game_pk = %s", [game_pk]).fetchall() == [], table


@then(parsers.parse("the timeline of {game_pk:d} lists two captures, of which the second one brought plays"))
def _goes_on(mlb_etl: Cli, game_pk: int) -> None:
    first, second = timeline(mlb_etl, game_pk)
    assert first["until"] == first["since"], "it was captured once"
    assert first["changes"] == {}
    assert second["changes"]["live_game_plays"]["added"] > 0
    assert second["changes"]["live_game_metadata"] == {"added": 0, "changed": 1, "removed": 0}


@then(parsers.parse("the timeline of {game_pk:d} lists one capture, which was seen at both loads"))
def _stays(mlb_etl: Cli, game_pk: int) -> None:
    (only,) = timeline(mlb_etl, game_pk)
    assert only["since"] < only["until"]


def look(mlb_etl: Cli, moments: list[datetime], moment: datetime) -> None:
    """Look at the tables as of a moment."""
    moments.append(moment)
    mlb_etl.ok("as-of", moment.isoformat(), "--into", THEN)


def timeline(mlb_etl: Cli, game_pk: int) -> list[dict[str, Any]]:
    """The captures of a game."""
    found: list[dict[str, Any]] = json.loads(mlb_etl.ok("timeline", game_pk, "--json").out)
    return found
