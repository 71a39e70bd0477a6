"""`make run`: one recorded day of baseball, from the API's bytes to every table, then how to look at it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table
from steps import AIRFLOW, migrate, run, start_services

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.database import connect

DAY = "2026-04-19"
SEASON = 2026
# The schedule lists more games of that day; these are the ones that are recorded.
GAMES = (822750, 823556, 824452, 823475)

HOW_TO_LOOK = """
Look further:
  eval "$(.venv-jobs/bin/mlb-etl services env)"     leads what follows, and any program, to these services
  .venv-jobs/bin/mlb-etl db shell                   psql; such as: SELECT * FROM game.live_game_plays LIMIT 5;
  .venv-jobs/bin/mlb-etl db dsn                     one connection string for any other client
  .venv-jobs/bin/mlb-etl transform game.live_game_v1 --all     derive the tables again; nothing changes
  .venv/bin/airflow dags test mlb_game 2026-04-19 --conf '{"game_pks": [822750]}'
  make down                                         stops the services; the data stays\
"""

Counts = dict[str, dict[int, int]]


def main() -> None:
    """Load the day. Exits with 0 only if the rows of every game, of the day's schedule and of the season are there."""
    started = time.monotonic()
    environment = start_services()
    migrate(environment)
    load(environment)
    with connect(dsn(environment)) as connection:
        games, others = count_games(connection), count_others(connection)
    show(games, others)
    if missing := problems(games, others):
        sys.exit("error: " + "; ".join(missing))
    print(f"\n{DAY} is loaded ({time.monotonic() - started:.0f} s)\n{HOW_TO_LOOK}")


def load(environment: Mapping[str, str]) -> None:
    """Run the DAGs in the order in which each needs what the one before it loaded."""
    for dag, conf in (
        ("mlb_season", {"season": SEASON}),
        ("mlb_schedule", {"date": DAY}),
        ("mlb_game", {"game_pks": GAMES}),
    ):
        run(dag, [AIRFLOW, "dags", "test", dag, DAY, "--conf", json.dumps(conf)], environment)


def dsn(environment: Mapping[str, str]) -> str:
    """Return the connection string of the database that `environment` names."""
    same = {keyword: environment[f"POSTGRES_{keyword.upper()}"] for keyword in ("host", "port", "user", "password")}
    return make_conninfo("", **same, dbname=environment["POSTGRES_DB"])


def count_games(connection: psycopg.Connection) -> Counts:
    """Return the number of rows of each table of a game, by table and game."""
    counts: Counts = {}
    for table in load_mapping("game.live_game_v1").tables:
        query = sql.SQL("SELECT game_pk, count(*) FROM {} WHERE game_pk = ANY(%s) GROUP BY game_pk")
        rows = connection.execute(query.format(sql.Identifier("game", table)), [list(GAMES)])
        counts[table] = dict(rows)
    return counts


def count_others(connection: psycopg.Connection) -> dict[str, int]:
    """Return the number of rows of the season and of the day's schedule."""
    query = """
        SELECT 'season.seasons_normalized', count(*) FROM season.seasons_normalized WHERE season_id = %s
        UNION ALL
        SELECT 'schedule.games', count(*) FROM schedule.games WHERE schedule_date = %s
    """
    return dict(connection.execute(query, [SEASON, DAY]))


def show(games: Counts, others: Mapping[str, int]) -> None:
    """Print both as one table."""
    table = Table(title=f"\nRows of {DAY}", title_justify="left", title_style="bold")
    table.add_column("table")
    for game_pk in GAMES:
        table.add_column(str(game_pk), justify="right")
    table.add_column("all", justify="right")
    for name, counts in games.items():
        table.add_row(f"game.{name}", *(str(counts.get(pk, 0)) for pk in GAMES), str(sum(counts.values())))
    for name, number in others.items():
        table.add_row(name, *("" for _ in GAMES), str(number))
    Console(width=None if sys.stdout.isatty() else 100).print(table)


def problems(games: Counts, others: Mapping[str, int]) -> list[str]:
    """Return what is not as a loaded day must be: a game without its version row, a table without any row."""
    without = [str(game_pk) for game_pk in GAMES if not games["live_game_metadata"].get(game_pk)]
    empty = [f"game.{name}" for name, counts in games.items() if not counts]
    empty += [name for name, number in others.items() if not number]
    return [f"game {game_pk} was not loaded" for game_pk in without] + [f"{name} has no rows" for name in empty]


if __name__ == "__main__":
    try:
        main()
    except PlatformError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
