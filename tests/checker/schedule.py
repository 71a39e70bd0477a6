"""What `schedule.games` holds for one schedule response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from tests.checker.compare import ExpectedTable, Row, differences
from tests.checker.reading import get

Schedule = dict[str, Any]


def compare(connection: Connection[Any], schedule: Schedule) -> list[str]:
    """Return every difference between the tables, for the dates of `schedule`, and `schedule` itself."""
    return [line for table in expected(schedule) for line in differences(connection, table)]


def expected(schedule: Schedule) -> Iterator[ExpectedTable]:
    """Yield, per date of the response, the rows of `schedule.games`."""
    for day in schedule["dates"]:
        scope = {"schedule_date": day["date"]}
        rows = [_game(game) | scope for game in day["games"]]
        yield ExpectedTable("schedule", "games", scope, ("game_pk",), rows)


def _game(game: Schedule) -> Row:
    row = {
        "game_pk": game["gamePk"],
        "game_date": game["gameDate"],
        "abstract_game_state": get(game, "status", "abstractGameState"),
        "coded_game_state": get(game, "status", "codedGameState"),
        "detailed_state": get(game, "status", "detailedState"),
        "home_team_id": get(game, "teams", "home", "team", "id"),
        "away_team_id": get(game, "teams", "away", "team", "id"),
        "home_score": get(game, "teams", "home", "score"),
        "away_score": get(game, "teams", "away", "score"),
        "double_header": game.get("doubleHeader"),
        "game_number": game.get("gameNumber"),
        "venue_id": get(game, "venue", "id"),
        "reschedule_date": game.get("rescheduleDate"),
    }
    # Before 2019 a schedule has no officialDate; DESIGN names a fall-back only for the live feed.
    return row | ({"official_date": game["officialDate"]} if "officialDate" in game else {})
