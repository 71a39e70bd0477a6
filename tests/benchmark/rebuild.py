"""`make bench-rebuild`: a season's tables derived again, from the raw tier and from the bucket alone."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.objects import RAW_BUCKET, ObjectStore
from mlb_data_platform.storage.stored_body import unpacked
from tests.benchmark.database import count, empty, scratch_database
from tests.benchmark.follow.report import saved
from tests.benchmark.follow.stage import own_services
from tests.benchmark.games import SimulatedSeason, load_raw
from tests.benchmark.measure import measure
from tests.benchmark.work import ENDPOINT
from tests.forked_programs import MLB_ETL

_GAMES = 2430
_ROWS_AT_ONCE = 50
_LATER = {"MLB_RAW_MONTHS": "1"}  # the season is over for longer than that, wherever the clock stands in winter


@dataclass(frozen=True)
class Step:
    """What a command took: until the tables were there, to its end; the largest of its processes in bytes."""

    title: str
    seconds: float
    wall: float
    largest: int


def main() -> None:
    """Measure and report."""
    arguments = _arguments()
    file = settings().mlb_state_dir.resolve() / "bench-rebuild.json"
    with own_services() as folder:
        figures = _measured(arguments.games, folder)
    print(f"{arguments.games:,} games, {os.cpu_count()} cores\n")
    print("| | seconds to the tables | games/s | seconds in all | largest process |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for step in figures["steps"]:
        rate, megabytes = arguments.games / step["seconds"], step["largest"] / 1e6
        print(f"| {step['title']} | {step['seconds']:.1f} | {rate:.0f} | {step['wall']:.1f} | {megabytes:.0f} MB |")
    print("\n" + ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in figures["bytes"].items()))
    print(f"figures: {saved(figures, file)}")


def _measured(games: int, folder: Path) -> dict[str, Any]:
    mapping, season = load_mapping(ENDPOINT), SimulatedSeason()
    steps: list[Step] = []

    def step(title: str, *words: str) -> None:
        found = measure([str(MLB_ETL), *words, "--json"], database, folder / "bench.log")
        steps.append(Step(title, found.answer["seconds"], found.wall, found.memory.largest))
        _say(f"{title}: {steps[-1].seconds:.1f} s")

    with scratch_database() as database:
        _say("raw tier and archive")
        load_raw(season, season.games[:games])
        _archive()
        step("transform, of empty tables", "transform", ENDPOINT, "--all")
        with connect(autocommit=True) as connection:
            rows = count(connection, mapping)
            step("rebuild --all, nothing differs", "rebuild", ENDPOINT, "--all")
            for table in mapping.tables:
                connection.execute(SQL("UPDATE {} SET raw_id = 0").format(Identifier(mapping.endpoint, table)))
            connection.execute("VACUUM ANALYZE")
            step("rebuild --all, every row differs", "rebuild", ENDPOINT, "--all")
            sizes = {"raw rows": _size(connection, f"{mapping.endpoint}.{mapping.method}")}
            os.environ |= _LATER
            settings.cache_clear()
            step("raw detach", "raw", "detach", ENDPOINT)
            sizes["raw rows without content"] = _size(connection, f"{mapping.endpoint}.{mapping.method}")
            empty(connection, mapping)
            step("transform, the content in the archive alone", "transform", ENDPOINT, "--all")
    del os.environ[next(iter(_LATER))]
    settings.cache_clear()
    with scratch_database() as database:
        step("rebuild --from archive, of an empty database", "rebuild", ENDPOINT, "--from", "archive")
        with connect(autocommit=True) as connection:
            if count(connection, mapping) != rows:
                sys.exit("error: the archive gave other rows than the raw tier")
            sizes["tables"] = sum(_size(connection, f"{mapping.endpoint}.{table}") for table in mapping.tables)
    objects = folder / "services" / "s3" / RAW_BUCKET
    sizes["archive"] = sum(file.stat().st_size for file in objects.rglob("*") if file.is_file())
    return {"games": games, "steps": [asdict(each) for each in steps], "bytes": sizes}


def _archive() -> None:
    """Give each raw row an object of its own, as ingest does."""
    with connect(autocommit=True) as connection:
        ids = [raw_id for (raw_id,) in connection.execute("SELECT id FROM game.live_game_v1 ORDER BY id")]
    ObjectStore(settings()).ensure()
    parts = [ids[start : start + _ROWS_AT_ONCE] for start in range(0, len(ids), _ROWS_AT_ONCE)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        list(pool.map(_archive_some, parts))


def _archive_some(ids: Sequence[int]) -> None:
    mapping, objects = load_mapping(ENDPOINT), ObjectStore(settings())
    query = "SELECT game_pk, captured_at, source_url, body FROM game.live_game_v1 WHERE id = %s"
    with closing(connect(autocommit=True)) as connection:
        for raw_id in ids:
            for game_pk, captured_at, url, body in connection.execute(query, [raw_id]).fetchall():
                capture = Capture(mapping, {"game_pk": game_pk}, url, 200, captured_at, unpacked(body))
                connection.execute(
                    "UPDATE game.live_game_v1 SET object_key = %s WHERE id = %s", [objects.put(capture), raw_id]
                )


def _size(connection: Any, table: str) -> int:
    query = "SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree(%s::regclass)"
    plain = "SELECT pg_total_relation_size(%s::regclass)"
    (size,) = connection.execute(query, [table]).fetchone()
    return int(size or connection.execute(plain, [table]).fetchone()[0])


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-rebuild", description=__doc__, epilog='Example: make bench-rebuild ARGS="--games 400"'
    )
    parser.add_argument("--games", type=int, default=_GAMES, help=f"how many (default {_GAMES}: a season)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
