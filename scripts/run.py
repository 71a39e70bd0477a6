"""`make run`: one recorded day of baseball from the API's bytes to every table, then how to look at it."""

from __future__ import annotations

import json
import os
import sys
import time

import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table
from steps import AIRFLOW, STATE_DIR, migrate, run, start_services

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.mapping.load import load_mapping

DAY = "2026-04-19"
SEASON = 2026
# The schedule lists more games of that day; these are the ones that are recorded.
GAMES = (822750, 823556, 824452, 823475)


def main() -> None:
    """Load the day; exit 0 only if every game's rows are in the tables."""
    started = time.monotonic()
    environment = start_services()
    migrate(environment)
    for dag, conf in (
        ("mlb_season", {"season": SEASON}),
        ("mlb_schedule", {"date": DAY}),
        ("mlb_game", {"game_pks": GAMES}),
    ):
        run(dag, [AIRFLOW, "dags", "test", dag, DAY, "--conf", json.dumps(conf)], environment)
    counts, schedule = read_counts(environment)
    show(counts, schedule)
    missing = problems(counts, schedule)
    if missing:
        sys.exit("error: " + "; ".join(missing))
    print(f"\nAll of it took {time.monotonic() - started:.0f} s. {how_to_look()}")


def read_counts(environment: dict[str, str]) -> tuple[dict[str, dict[int, int]], dict[str, int]]:
    """Return the rows per table and game, and those of the season and the day's schedule."""
    counts: dict[str, dict[int, int]] = {}
    with psycopg.connect(
        host=environment["POSTGRES_HOST"],
        port=environment["POSTGRES_PORT"],
        user=environment["POSTGRES_USER"],
        password=environment["POSTGRES_PASSWORD"],
        dbname=environment["POSTGRES_DB"],
    ) as connection:
        for table in load_mapping("game.live_game_v1").tables:
            query = sql.SQL("SELECT game_pk, count(*) FROM {} WHERE game_pk = ANY(%s) GROUP BY game_pk").format(
                sql.Identifier("game", table.name)
            )
            counts[table.name] = dict(connection.execute(query, [list(GAMES)]).fetchall())
        others = {
            "season.seasons_normalized": ("season_id = %s", str(SEASON)),
            "schedule.games": ("schedule_date = %s", DAY),
        }
        schedule = {}
        for name, (condition, value) in others.items():
            statement = f"SELECT count(*) FROM {name} WHERE {condition}"
            row = connection.execute(statement, [value]).fetchone()
            schedule[name] = row[0] if row else 0
    return counts, schedule
