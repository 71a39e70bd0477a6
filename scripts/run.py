"""`make run`: one simulated day of baseball, from the API's bytes to every table, then how to look at it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace

import airflow_processes
import demo
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table
from steps import AIRFLOW, DAY, SHOWN, SIMULATED, alone, migrate, run, script, start_services

from mlb_data_platform import services
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import connect

HOW_TO_LOOK = """
Look further:
  eval "$(.venv-jobs/bin/mlb-etl services env)"     leads what follows, and any program, to these services
  .venv-jobs/bin/mlb-etl db shell                   psql; such as: SELECT * FROM game.live_game_plays LIMIT 5;
  .venv-jobs/bin/mlb-etl db dsn                     one connection string for any other client
  .venv-jobs/bin/mlb-etl transform game.live_game_v1 --all     derive the tables again; nothing changes
  .venv/bin/airflow dags test mlb_game 2026-07-30     load the day again, from what is asked for now
  make down                                         stops the services; the data stays\
"""

Counts = dict[str, tuple[int, int | None]]


@alone()
def main() -> None:
    """Load the day. Exits with 0 only if every game of the day, its schedule and its season are in the tables."""
    started = time.monotonic()
    if airflow_processes.running():
        raise BadInputError(
            "Airflow of `make up` follows the simulator here, and this would set it to another day: run `make down` "
            "first, or leave it alone with services of its own: MLB_STATE_DIR=.local/run make run"
        )
    environment = start_services(simulated())
    migrate(environment)
    load(environment)
    with connect(dsn(environment)) as connection:
        tables, missing = count_rows(connection), games_not_loaded(connection)
    show(tables)
    problems = [f"game {game_pk} was not loaded" for game_pk in missing]
    problems += [f"{name} has no rows" for name, (rows, _) in tables.items() if not rows]
    if problems:
        sys.exit("error: " + "; ".join(problems))
    print(f"\n{DAY} of a simulated season is loaded ({time.monotonic() - started:.0f} s)\n{HOW_TO_LOOK}")


def simulated() -> services.SimulatedSeason:
    """Return the season of the day, in the league of this folder, which it keeps from now on."""
    league = demo.load(SHOWN, settings().mlb_simulator_seed)
    demo.save(SHOWN, league)
    return replace(SIMULATED, seed=league.seed)


def load(environment: Mapping[str, str]) -> None:
    """Run the DAGs in the order in which each needs what the one before it loaded."""
    for dag in ("mlb_season", "mlb_schedule", "mlb_game"):
        conf = json.dumps({"season": DAY.year} if dag == "mlb_season" else {"date": str(DAY)})
        run(dag, [AIRFLOW, "dags", "test", dag, str(DAY), "--conf", conf], environment)


def dsn(environment: Mapping[str, str]) -> str:
    """Return the connection string of the database that `environment` names."""
    same = {keyword: environment[f"POSTGRES_{keyword.upper()}"] for keyword in ("host", "port", "user", "password")}
    return make_conninfo("", **same, dbname=environment["POSTGRES_DB"])


def count_rows(connection: psycopg.Connection) -> Counts:
    """Return for each table how many rows it has of the day, and of how many games (None: it is not by game)."""
    season = connection.execute("SELECT count(*) FROM season.seasons_normalized WHERE season_id = %s", [DAY.year])
    counts: Counts = {"season.seasons_normalized": (*(season.fetchone() or (0,)), None)}
    for table in ("schedule.games", *(f"game.{name}" for name in load_mapping("game.live_game_v1").tables)):
        query = sql.SQL("""
            SELECT count(*), count(DISTINCT game_pk) FROM {}
            WHERE game_pk IN (SELECT game_pk FROM schedule.games WHERE schedule_date = %s)
        """).format(sql.Identifier(*table.split(".")))
        counts[table] = connection.execute(query, [DAY]).fetchone() or (0, 0)
    return counts


def games_not_loaded(connection: psycopg.Connection) -> list[int]:
    """Return the games that were to be played on the day and have no row in game.live_game_metadata."""
    query = """
        SELECT game_pk FROM schedule.games WHERE schedule_date = %s AND coded_game_state NOT IN ('C', 'D')
        EXCEPT SELECT game_pk FROM game.live_game_metadata ORDER BY game_pk
    """
    return [game_pk for (game_pk,) in connection.execute(query, [DAY])]


def show(counts: Counts) -> None:
    """Print them as a table."""
    table = Table(title=f"\nRows of {DAY}", title_justify="left", title_style="bold")
    table.add_column("table")
    table.add_column("games", justify="right")
    table.add_column("rows", justify="right")
    for name, (rows, games) in counts.items():
        table.add_row(name, "" if games is None else str(games), f"{rows:,}")
    Console(width=None if sys.stdout.isatty() else 100).print(table)


if __name__ == "__main__":
    script(main)
