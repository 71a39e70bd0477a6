"""`make bench-export`: a season's first exports and the next day's, beside a bare COPY … TO of the same tables.

The next day is one whose games were all published again, which is what a day more or a day corrected costs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.load import all_mappings
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import connect
from tests.benchmark.database import scratch_database
from tests.benchmark.games import SimulatedSeason, load_raw
from tests.benchmark.measure import measure
from tests.benchmark.work import ENDPOINT

_MLB_ETL = Path(sys.executable).with_name("mlb-etl")
_SEASON = 2430
_MB = 1_000_000


def main() -> None:
    """Measure what the arguments ask for, one line each."""
    games = _arguments().games
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=settings().mlb_state_dir.resolve()))
    try:
        with scratch_database() as database:
            season = SimulatedSeason()
            load_raw(season, season.games[:games])
            _program(database, folder, "transform", ENDPOINT, "--all")
            print(f"{games} games", flush=True)
            for line in _measured(database, folder):
                print(line, flush=True)
    finally:
        shutil.rmtree(folder)


def _measured(database: str, folder: Path) -> Iterator[str]:
    yield f"COPY … TO, all tables          {_copy_out():7.1f} s"
    place = f"s3://processed-data/bench-{uuid4().hex[:8]}"
    for kind in ("parquet", "delta"):
        yield _program(database, folder, "export", kind, "--to", f"{place}/{kind}", title=f"{kind}, first export")
        _publish_a_day()
        yield _program(database, folder, "export", kind, "--to", f"{place}/{kind}", title=f"{kind}, next day")
        yield _program(database, folder, "export", kind, "--to", f"{place}/{kind}", title=f"{kind}, nothing changed")
    yield _program(database, folder, "export", "duckdb", str(folder / "season.duckdb"), title="duckdb, one file")
    yield f"COPY … TO, once more           {_copy_out():7.1f} s"


def _copy_out() -> float:
    """Seconds that all tables take as text, to nowhere."""
    started = time.perf_counter()
    with connect() as connection, Path(os.devnull).open("wb") as nowhere:
        for mapping in all_mappings():
            for table in mapping.tables:
                statement = SQL("COPY {} TO STDOUT").format(Identifier(mapping.endpoint, table))
                with connection.cursor().copy(statement) as copy:
                    for block in copy:
                        nowhere.write(block)
    return time.perf_counter() - started


def _program(database: str, folder: Path, *arguments: str, title: str = "") -> str:
    """Run `mlb-etl ARGUMENTS`, and say what it took."""
    measured = measure([str(_MLB_ETL), *arguments, "--json"], database, folder / "log.txt")
    memory = measured.memory
    return (
        f"{title:<30} {measured.answer['seconds']:7.1f} s, {measured.wall:5.1f} s with its start;"
        f" peak {memory.processes / _MB:4.0f} MB, PostgreSQL {memory.backends / _MB:4.0f} MB"
    )


def _publish_a_day() -> None:
    with connect() as connection:
        connection.execute(
            "UPDATE game.live_game_metadata SET published_xid = pg_current_xact_id()"
            " WHERE official_date = (SELECT max(official_date) FROM game.live_game_metadata)"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-export", description=__doc__, epilog='Example: make bench-export ARGS="--games 400"'
    )
    parser.add_argument("--games", type=int, default=_SEASON, help=f"how many (default {_SEASON}: a season)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
