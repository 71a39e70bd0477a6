"""Schedules and seasons: each table holds exactly what the response holds."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from psycopg import Connection

from tests import recordings
from tests.checker import schedule, season
from tests.conftest import Cli, Database
from tests.integration.support import Platform, at, body, insert_raw
from tests.recordings import Recording

pytestmark = pytest.mark.unmeasured

DAY = "2026-07-01"


@pytest.mark.parametrize("recording", recordings.parameters("/api/v1/schedule"))
def test_recorded_schedule(recording: Recording, connection: Connection[Any], database: Database) -> None:
    _insert(connection, "schedule.schedule", recording)
    _transform(database, "schedule.schedule")
    assert schedule.compare(connection, recording.json) == []


@pytest.mark.parametrize("recording", recordings.parameters(r"/api/v1/seasons(/\w+)?"))
def test_recorded_seasons(recording: Recording, connection: Connection[Any], database: Database) -> None:
    _insert(connection, "season.seasons", recording)
    _transform(database, "season.seasons")
    assert season.compare(connection, recording.json, sport_id=1) == []


def test_postponed_game_stands_under_both_dates(connection: Connection[Any], mlb_etl: Cli) -> None:
    postponed = _game(930_001, "D", rescheduleDate="2026-07-03T17:10:00Z", rescheduleGameDate="2026-07-03")
    made_up = _game(930_001, "S", rescheduledFrom=f"{DAY}T23:10:00Z", rescheduledFromDate=DAY)
    first, second = _schedule(DAY, postponed, _game(930_002, "F")), _schedule("2026-07-03", made_up)
    for minute, (response, day) in enumerate(((first, DAY), (second, "2026-07-03"))):
        _insert_schedule(connection, response, minute, day)
    mlb_etl.ok("transform", "schedule.schedule", "--all")
    assert schedule.compare(connection, first) + schedule.compare(connection, second) == []


def test_game_that_left_the_date_leaves_the_table(connection: Connection[Any], mlb_etl: Cli) -> None:
    both, one = (_schedule(DAY, *games) for games in ([_game(1, "S"), _game(2, "S")], [_game(2, "I")]))
    for minute, response in enumerate((both, one)):
        _insert_schedule(connection, response, minute, DAY)
        mlb_etl.ok("transform", "schedule.schedule", "--date", DAY)
        assert schedule.compare(connection, response) == []


def test_date_without_games_any_more_is_emptied(connection: Connection[Any], mlb_etl: Cli) -> None:
    """The API answers an empty date with `dates: []`: the date itself stands in the request only."""
    for minute, response in enumerate((_schedule(DAY, _game(1, "S")), {**_schedule(DAY), "dates": []})):
        _insert_schedule(connection, response, minute, DAY)
        mlb_etl.ok("transform", "schedule.schedule", "--date", DAY)
    assert connection.execute("SELECT game_pk FROM schedule.games").fetchall() == []


def test_answers_for_many_dates_load_too(connection: Connection[Any], mlb_etl: Cli) -> None:
    """A range of dates replaces each date it holds, whichever captures are older."""
    older_day, newer_range = _schedule(DAY, _game(1, "S")), _schedule(DAY, _game(2, "S"))
    newer_range["dates"].append(_schedule("2026-07-02", _game(3, "S"))["dates"][0])
    other_range = _schedule("2026-06-01", _game(4, "S"))
    for minute, (response, first, last) in enumerate(
        [(other_range, "2026-06-01", "2026-06-02"), (newer_range, DAY, "2026-07-02")]
    ):
        insert_raw(
            connection,
            "schedule.schedule",
            body(response),
            at(minute + 1),
            url=f"https://statsapi.mlb.com/api/v1/schedule?sportId=1&startDate={first}&endDate={last}",
            request_params={"sportId": 1, "startDate": first, "endDate": last},
        )
    _insert_schedule(connection, older_day, 0, DAY)
    mlb_etl.ok("transform", "schedule.schedule", "--all")
    assert schedule.compare(connection, newer_range) + schedule.compare(connection, other_range) == []


def _transform(database: Database, endpoint: str) -> None:
    with database.connect(autocommit=False) as connection:
        Platform(connection, endpoint).transform()


def _insert(connection: Connection[Any], table: str, recording: Recording) -> None:
    asked = dict(parse_qsl(urlsplit(recording.url).query))
    insert_raw(connection, table, recording.body, at(0), url=recording.url, request_params=asked)


def _insert_schedule(connection: Connection[Any], response: dict[str, Any], minute: int, day: str) -> None:
    insert_raw(
        connection,
        "schedule.schedule",
        body(response),
        at(minute),
        url=f"https://statsapi.mlb.com/api/v1/schedule?sportId=1&date={day}",
        request_params={"sportId": 1, "date": day},
    )


def _schedule(day: str, *games: dict[str, Any]) -> dict[str, Any]:
    counts = {"totalItems": len(games), "totalEvents": 0, "totalGames": len(games), "totalGamesInProgress": 0}
    return {**counts, "dates": [{"date": day, **counts, "games": list(games), "events": []}]}


def _game(game_pk: int, code: str, **more: Any) -> dict[str, Any]:
    """A game as a schedule lists it; postponed ('D') counts as Final and has no score (FEED.md, 38)."""
    abstract = {"S": "Preview", "I": "Live"}.get(code, "Final")
    score = {"score": 3} if code in "IF" else {}
    return {
        "gamePk": game_pk,
        "link": f"/api/v1.1/game/{game_pk}/feed/live",
        "gameType": "R",
        "season": "2026",
        "gameDate": f"{DAY}T23:10:00Z",
        "officialDate": DAY,
        "status": {"abstractGameState": abstract, "codedGameState": code, "detailedState": code, "statusCode": code},
        "teams": {side: {"team": {"id": 990_100, "name": "Club", "link": "/"}, **score} for side in ("away", "home")},
        "venue": {"id": 990_700, "name": "Nowhere Park", "link": "/api/v1/venues/990700"},
        "gameNumber": 1,
        "doubleHeader": "N",
        **more,
    }
