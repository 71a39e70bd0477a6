"""The steps of a_day_of_baseball.feature: a Stats API of synthetic games, the real programs, the real services."""

from __future__ import annotations

import json
from typing import Any

from psycopg import Connection
from pytest_bdd import given, parsers, scenarios, then

from statsapi_simulator.replay import Answer
from tests.bdd.conftest import written
from tests.bdd.day import DAY, GAME, Api, Day, path
from tests.checker.game import KEYS
from tests.synthetic import feed

scenarios("features/a_day_of_baseball.feature")


@given(parsers.parse("the API answers for {game_pk:d} with {answer}"))
def _broken(api: Api, game_pk: int, answer: str) -> None:
    api.broken[game_pk] = {
        "an error": Answer(body=b'{"messageNumber": 2, "message": "Game data couldn\'t be found"}'),
        "a web page": Answer(body=b"<html><body>Sorry</body></html>", headers={"Content-Type": "text/html"}),
        "another game": Answer(body=json.dumps(feed(980_009)).encode()),
    }[answer]


@given(parsers.parse("the API answers for {game_pk:d} as it should"))
def _mended(api: Api, game_pk: int) -> None:
    del api.broken[game_pk]


@then(parsers.parse("the schedule of the day has {number:d} games"))
def _schedule_has(connection: Connection[Any], number: int) -> None:
    rows = connection.execute("SELECT game_pk FROM schedule.games WHERE schedule_date = %s", (DAY,)).fetchall()
    assert len(rows) == number


@then(parsers.parse("nothing is known of {game_pk:d}"))
def _unknown(connection: Connection[Any], game_pk: int) -> None:
    for table in (GAME, "game.live_game_metadata"):
        assert connection.execute(f"SELECT FROM {table} WHERE game_pk = %s", (game_pk,)).fetchall() == []


@then("not one row of the games was rewritten")
def _untouched(connection: Connection[Any], rows_before: dict[str, list[Any]]) -> None:
    after = {table: written(connection, table) for table in KEYS}
    # The newest capture is a later one now: only the version says so.
    assert {table for table in KEYS if after[table] != rows_before[table]} <= {"live_game_metadata"}


@then(parsers.parse("not one play of {game_pk:d} was rewritten"))
def _plays_untouched(connection: Connection[Any], rows_before: dict[str, list[Any]], game_pk: int) -> None:
    def of(rows: list[Any]) -> list[Any]:
        return [row for row in rows if row[0] == game_pk]

    assert of(written(connection, "live_game_plays")) == of(rows_before["live_game_plays"]) != []


@then("each game has one raw response, seen twice")
def _one_response(connection: Connection[Any]) -> None:
    counts = connection.execute(
        "SELECT game_pk, count(DISTINCT id), count(s.captured_at) FROM game.live_game_v1 r"
        " LEFT JOIN metadata.raw_sightings s ON s.raw_id = r.id GROUP BY game_pk ORDER BY game_pk"
    ).fetchall()
    assert counts == [(980_001, 1, 1), (980_002, 1, 1)]


@then(parsers.parse("{game_pk:d} has {number:d} raw responses"))
def _responses(connection: Connection[Any], game_pk: int, number: int) -> None:
    rows = connection.execute("SELECT id FROM game.live_game_v1 WHERE game_pk = %s", (game_pk,)).fetchall()
    assert len(rows) == number


@then(parsers.parse("there is no raw response of {game_pk:d}"))
def _no_response(connection: Connection[Any], game_pk: int) -> None:
    _responses(connection, game_pk, 0)


@then(parsers.parse("it fails, and one line names {game_pk:d}, the URL and the reason"))
def _failed(day: Day, game_pk: int) -> None:
    finished, others = day.ingested, day.transformed
    assert finished is not None
    assert others is not None
    assert others.exit_code == 0, others.output
    assert finished.exit_code != 0, finished.output
    lines = [line for line in finished.err.splitlines() if str(game_pk) in line]
    assert len(lines) == 1, finished.output
    assert path(game_pk) in lines[0]
    assert "Traceback" not in finished.err
