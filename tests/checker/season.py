"""What `season.seasons_normalized` holds for one answer of /api/v1/seasons."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from tests.checker.compare import ExpectedTable, differences
from tests.checker.reading import snake


def compare(connection: Connection[Any], response: dict[str, Any], sport_id: int) -> list[str]:
    """Return every difference between the table, for `sport_id`, and `response`: every field of every season."""
    return list(differences(connection, expected(response, sport_id)))


def expected(response: dict[str, Any], sport_id: int) -> ExpectedTable:
    """Return the rows of `season.seasons_normalized`: the seasons' own names in snake_case."""
    rows = [{snake(name): value for name, value in season.items()} for season in response["seasons"]]
    return ExpectedTable("season", "seasons_normalized", {"sport_id": sport_id}, ("season_id",), rows)
