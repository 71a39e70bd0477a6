"""Games as the schedule's table lists them, and what PostgreSQL tells of those who ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

WATCH = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"  # as `mlb-etl live watch` does, with "watch DATE"


def list_game(connection: Connection[Any], game_pk: int, day: str, **columns: Any) -> None:
    """Insert a game that is ahead, or as the given columns have it."""
    from psycopg.sql import SQL, Identifier

    values = {
        "game_pk": game_pk,
        "schedule_date": day,
        "sport_id": 1,
        "away_team_name": "Away",
        "home_team_name": "Home",
        "abstract_game_state": "Preview",
        "coded_game_state": "S",
        "detailed_state": "Scheduled",
        "captured_at": "now",
        "raw_id": 1,
        **columns,
    }
    query = SQL("INSERT INTO schedule.games ({}) VALUES ({})").format(
        SQL(", ").join(map(Identifier, values)), SQL(", ").join([SQL("%s")] * len(values))
    )
    connection.execute(query, list(values.values()))


def begin(connection: Connection[Any], *game_pks: int) -> None:
    """Let these games begin."""
    query = (
        "UPDATE schedule.games SET abstract_game_state = 'Live', coded_game_state = 'I', detailed_state = 'In Progress'"
        " WHERE game_pk = ANY(%s)"
    )
    connection.execute(query, (list(game_pks),))


def sessions(connection: Connection[Any], for_seconds: float = 0) -> int:
    """Return how many sessions programs of the platform have in this database, and have had for so long."""
    query = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mlb-etl'"
        " AND backend_start < now() - make_interval(secs => %s)"
    )
    return len(connection.execute(query, (for_seconds,)).fetchall())


def questions(connection: Connection[Any]) -> int:
    """Return how often the schedule's table was read; PostgreSQL tells it with a second's delay."""
    query = "SELECT seq_scan + idx_scan FROM pg_stat_user_tables WHERE relid = 'schedule.games'::regclass"
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
