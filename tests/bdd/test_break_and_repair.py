"""The steps of break_and_repair.feature: one game's response breaks a rule of its mapping."""

from __future__ import annotations

import json
from typing import Any

from psycopg import Connection
from pytest_bdd import given, parsers, scenarios, then, when

from tests.bdd.day import GAME, Api, Day, path
from tests.checker import game
from tests.conftest import Cli

RULE = "live_game_linescore_innings.inning_between"

scenarios("features/break_and_repair.feature")


@given(parsers.parse("the API says of {game_pk:d} that its first inning is the {number:d}th"))
def _impossible(api: Api, game_pk: int, number: int) -> None:
    api.feeds[game_pk]["liveData"]["linescore"]["innings"][0]["num"] = number


@when(parsers.parse("I load {game_pk:d} alone"))
def _load_alone(day: Day, game_pk: int) -> None:
    day.load_game(game_pk)


@then(parsers.parse("it fails, and says what of {game_pk:d} is refused, why, what the tables hold and how to look"))
def _refused(day: Day, connection: Connection[Any], game_pk: int) -> None:
    finished = day.transformed
    assert finished is not None
    assert finished.exit_code == 2, finished.output
    (line,) = [line for line in finished.err.splitlines() if f"game_pk {game_pk}" in line]
    (before, _), (refused, _) = captures(connection, game_pk)
    assert f"(raw row {refused} from http" in line
    assert f"{path(game_pk)}) is refused: " in line
    assert RULE in line
    (held,) = connection.execute("SELECT captured_at FROM game.live_game_v1 WHERE id = %s", [before]).fetchone() or ()
    assert line.endswith(f"the tables hold the capture of {held:%Y-%m-%d %H:%M:%S}Z; look: mlb-etl raw show {refused}")
    assert "Traceback" not in finished.err


@then(parsers.parse("the tables hold what the API said of {game_pk:d} before"))
def _as_before(day: Day, connection: Connection[Any], game_pk: int) -> None:
    assert game.compare(connection, day.said[0][game_pk]) == []


@then(parsers.parse("{game_pk:d} is on the list of refused captures, with the reason"))
def _listed(connection: Connection[Any], game_pk: int) -> None:
    query = "SELECT raw_id, reason FROM metadata.rejected_captures WHERE endpoint = %s"
    ((raw_id, reason),) = connection.execute(query, [GAME]).fetchall()
    assert raw_id == captures(connection, game_pk)[-1][0]
    assert RULE in reason


@then(parsers.parse("what the API said of {game_pk:d} can still be read"))
def _kept(api: Api, mlb_etl: Cli, connection: Connection[Any], game_pk: int) -> None:
    shown = mlb_etl.ok("raw", "show", captures(connection, game_pk)[-1][0])
    assert json.loads(shown.out) == api.feeds[game_pk]


@then(parsers.parse("{game_pk:d} was not asked for again"))
def _left_alone(connection: Connection[Any], game_pk: int) -> None:
    assert [seen for _, seen in captures(connection, game_pk)] == [0, 0], "one capture of each load"


@then("loading the day no longer fails")
def _well(day: Day) -> None:
    day.load()
    for finished in (day.ingested, day.transformed):
        assert finished is not None
        assert finished.exit_code == 0, finished.output


def captures(connection: Connection[Any], game_pk: int) -> list[tuple[int, int]]:
    """The raw rows of a game in order, each with how often its content was seen again."""
    query = (
        f"SELECT r.id, count(s.captured_at)::int FROM {GAME} r LEFT JOIN metadata.raw_sightings s ON s.raw_id = r.id"
        " WHERE game_pk = %s GROUP BY r.id, r.captured_at ORDER BY r.captured_at"
    )
    return connection.execute(query, [game_pk]).fetchall()
