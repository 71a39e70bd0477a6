"""The steps of a_day_of_baseball.feature: a Stats API of synthetic games, the real programs, the real services."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from pytest_bdd import given, parsers, scenarios, then, when

from statsapi_simulator.replay import Answer, serve
from tests.checker import game
from tests.checker.game import KEYS
from tests.conftest import Cli, Finished
from tests.synthetic import feed

DAY = "2026-07-01"
SCHEDULE, GAME = "schedule.schedule", "game.live_game_v1"

scenarios(str(Path(__file__).with_name("features")))


@dataclass
class Api:
    """What the Stats API says at the moment; `broken` answers come in place of feeds."""

    schedule: dict[str, Any] = field(default_factory=dict)
    feeds: dict[int, dict[str, Any]] = field(default_factory=dict)
    broken: dict[int, Answer] = field(default_factory=dict)

    def answers(self) -> dict[str, list[Answer]]:
        """Return the answers by URL."""
        games = {game_pk: Answer(body=json.dumps(response).encode()) for game_pk, response in self.feeds.items()}
        return {
            "/api/v1/schedule": [Answer(body=json.dumps(self.schedule).encode())],
            **{_path(game_pk): [answer] for game_pk, answer in (games | self.broken).items()},
        }


@dataclass
class Day:
    """Loads the day with the programs a DAG's tasks run."""

    mlb_etl: Cli
    api: Api
    ingested: Finished | None = None

    def load(self) -> Finished:
        """Schedule first, then its games; return how the ingest of the games ended."""
        with serve(answers=self.api.answers()) as url:
            api = {"MLB_STATSAPI_BASE_URL": url}
            self.mlb_etl.ok("ingest", "mlb_schedule", "--date", DAY, **api)
            self.mlb_etl.ok("transform", SCHEDULE, "--date", DAY)
            self.ingested = self.mlb_etl("ingest", "mlb_game", "--date", DAY, **api)
            self.mlb_etl.ok("transform", GAME, "--date", DAY)
        return self.ingested


def _path(game_pk: int) -> str:
    return f"/api/v1.1/game/{game_pk}/feed/live"


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def day(mlb_etl: Cli, api: Api) -> Day:
    return Day(mlb_etl, api)


@pytest.fixture
def rows_before() -> dict[str, list[Any]]:
    """Where the rows lay before the last load; filled by the step that loads."""
    return {}


@given(parsers.parse("the API lists the games {first:d} and {second:d} for 2026-07-01, and {third:d} as postponed"))
def _schedule(api: Api, first: int, second: int, third: int) -> None:
    games = [_listed(first, "F"), _listed(second, "F"), _listed(third, "D")]
    counts = {"totalItems": 3, "totalEvents": 0, "totalGames": 3, "totalGamesInProgress": 0}
    api.schedule = {**counts, "dates": [{"date": DAY, **counts, "games": games, "events": []}]}


def _listed(game_pk: int, code: str) -> dict[str, Any]:
    return {
        "gamePk": game_pk,
        "link": _path(game_pk),
        "gameType": "R",
        "season": "2026",
        "gameDate": f"{DAY}T23:10:00Z",
        "officialDate": DAY,
        "status": {
            "abstractGameState": "Final",
            "codedGameState": code,
            "detailedState": "Postponed" if code == "D" else "Final",
            "statusCode": code,
        },
        "teams": {
            "away": {"team": {"id": 990_200, "name": "Club 990200", "link": "/api/v1/teams/990200"}},
            "home": {"team": {"id": 990_100, "name": "Club 990100", "link": "/api/v1/teams/990100"}},
        },
        "venue": {"id": 990_700, "name": "Nowhere Park", "link": "/api/v1/venues/990700"},
        "gameNumber": 1,
        "doubleHeader": "N",
    }


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


@given("I have tried to load the day")
@when("I try to load the day")
def _try_to_load(day: Day) -> None:
    day.load()


@given("I have loaded the day")
def _have_loaded(day: Day, connection: Connection[Any], rows_before: dict[str, list[Any]]) -> None:
    _assert_done(day.load())
    rows_before |= {table: _written(connection, table) for table in KEYS}


@when("I load the day")
def _load(day: Day) -> None:
    _assert_done(day.load())


def _assert_done(finished: Finished) -> None:
    assert finished.exit_code == 0, finished.output


@then(parsers.parse("the schedule of the day has {number:d} games"))
def _schedule_has(connection: Connection[Any], number: int) -> None:
    rows = connection.execute("SELECT game_pk FROM schedule.games WHERE schedule_date = %s", (DAY,)).fetchall()
    assert len(rows) == number


@then(parsers.parse("the tables hold exactly what the API says of {game_pk:d}"))
def _exact(connection: Connection[Any], api: Api, game_pk: int) -> None:
    assert game.compare(connection, api.feeds[game_pk]) == []


@then(parsers.parse("nothing is known of {game_pk:d}"))
def _unknown(connection: Connection[Any], game_pk: int) -> None:
    for table in (GAME, "game.live_game_metadata"):
        assert connection.execute(f"SELECT FROM {table} WHERE game_pk = %s", (game_pk,)).fetchall() == []


@then("not one row of the games was rewritten")
def _untouched(connection: Connection[Any], rows_before: dict[str, list[Any]]) -> None:
    after = {table: _written(connection, table) for table in KEYS}
    # The newest capture is a later one now: only the version says so.
    assert {table for table in KEYS if after[table] != rows_before[table]} <= {"live_game_metadata"}


@then(parsers.parse("not one play of {game_pk:d} was rewritten"))
def _plays_untouched(connection: Connection[Any], rows_before: dict[str, list[Any]], game_pk: int) -> None:
    def of(rows: list[Any]) -> list[Any]:
        return [row for row in rows if row[0] == game_pk]

    assert of(_written(connection, "live_game_plays")) == of(rows_before["live_game_plays"]) != []


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
    finished = day.ingested
    assert finished is not None
    assert finished.exit_code != 0, finished.output
    lines = [line for line in finished.err.splitlines() if str(game_pk) in line]
    assert len(lines) == 1, finished.output
    assert _path(game_pk) in lines[0]
    assert "Traceback" not in finished.err


def _written(connection: Connection[Any], table: str) -> list[Any]:
    """Which transaction wrote each row, and where it lies."""
    return connection.execute(f"SELECT game_pk, ctid::text, xmin::text FROM game.{table} ORDER BY 1, 2").fetchall()
