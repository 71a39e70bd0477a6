"""`make bench`: raw rows already in PostgreSQL → all tables committed, beside a bare COPY of the same rows.

The same database, games and rows for both; what COPY takes is the floor nobody gets under. Prints a table and writes
the figures as JSON to the state folder.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier
from rich.console import Console
from rich.table import Table

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.migrate import migrate
from mlb_data_platform.transform.run import in_process, run
from mlb_data_platform.transform.select import Selection

ENDPOINT = "game.live_game_v1"
FIRST_GAME_PK = 9_000_000
CONNECTIONS = 2


def main() -> None:
    """Run the benchmark and print its table."""
    arguments = _arguments()
    mapping = load_mapping(ENDPOINT)
    with scratch_database():
        with connect(autocommit=True) as connection:
            migrate(connection)
        with connect() as connection:
            load_raw(connection, mapping, arguments.games, feed(arguments.feed))
        seconds, rows = timed(lambda: transform(arguments.games))
        floor, copied = bare_copy(mapping)
    if rows != copied:
        raise SystemExit(f"the transform staged {rows} rows, the tables hold {copied}: no comparison")
    report(arguments.games, rows, seconds, floor)


def feed(path: Path | None) -> dict[str, Any]:
    """Return the feed that is copied: a recorded one if given, else a synthetic one."""
    if path is None:
        from tests.synthetic.feed import feed as synthetic_feed

        return synthetic_feed(FIRST_GAME_PK)
    body = path.read_bytes()
    return dict(json.loads(gzip.decompress(body) if path.suffix == ".gz" else body))


def load_raw(connection: psycopg.Connection, mapping: Mapping, games: int, document: dict[str, Any]) -> None:
    """Insert `games` raw rows: one feed under as many gamePks."""
    statement = SQL(
        "COPY {} (game_pk, captured_at, source_url, request_params, status_code, content_sha256, data)"
    ).format(Identifier(mapping.endpoint, mapping.method))
    with connection.cursor().copy(statement + SQL(" FROM STDIN")) as copy:
        for game_pk in range(FIRST_GAME_PK, FIRST_GAME_PK + games):
            body = json.dumps({**document, "gamePk": game_pk})
            digest = hashlib.sha256(body.encode()).hexdigest()
            parameters = json.dumps({"game_pk": game_pk})
            copy.write_row((game_pk, "2026-04-20T00:00Z", f"bench:{game_pk}", parameters, 200, digest, body))
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")


def transform(games: int) -> int:
    """Apply all raw rows in-process; return the number of rows staged."""
    execution = Execution()
    rows = run(ENDPOINT, Selection(), execution, lambda done, total: None, in_process)
    if execution.errors or execution.done != games:
        raise SystemExit(f"{execution.done} of {games} games done; {execution.errors[:1]}")
    return rows


def bare_copy(mapping: Mapping) -> tuple[float, int]:
    """Copy the rows out, empty the tables and copy the rows in again: the seconds of the last step, and the rows."""
    with connect() as connection:
        tables = {table: SQL("{}").format(Identifier(mapping.endpoint, table)) for table in mapping.tables}
        content = {}
        for table, name in tables.items():
            with connection.cursor().copy(SQL("COPY {} TO STDOUT").format(name)) as copy:
                content[table] = b"".join(bytes(block) for block in copy)
        connection.execute(SQL("TRUNCATE {}").format(SQL(", ").join(tables.values())))
        connection.commit()
        connection.autocommit = True
        connection.execute("CHECKPOINT")

    def copy_in(names: list[str]) -> None:
        with connect() as connection:
            for table in names:
                with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(tables[table])) as copy:
                    copy.write(content[table])

    def copy_all() -> None:
        copy_in([table for table in mapping.tables if not mapping.tables[table].references])
        for level in _levels(mapping):
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                list(pool.map(copy_in, [[table] for table in level]))

    seconds, _ = timed(copy_all)
    return seconds, sum(text.count(b"\n") for text in content.values())


def _levels(mapping: Mapping) -> Iterator[list[str]]:
    """Tables by how far their foreign keys reach, the largest share first: those of one level can be copied at once."""
    done = {table for table in mapping.tables if not mapping.tables[table].references}
    while len(done) < len(mapping.tables):
        level = [
            table
            for table, model in mapping.tables.items()
            if table not in done and model.references and model.references.table in done
        ]
        yield level
        done |= set(level)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds `work` takes, and what it returns."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


@contextmanager
def scratch_database() -> Iterator[None]:
    """Create a database of its own for the benchmark and drop it afterwards."""
    name = f"bench_{uuid4().hex[:8]}"
    with connect(autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        os.environ["POSTGRES_DB"] = name
        settings.cache_clear()
        try:
            yield
        finally:
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def report(games: int, rows: int, seconds: float, floor: float) -> None:
    """Print the table and write the figures as JSON."""
    figures = {
        "platform (in-process)": {"seconds": seconds, "games_per_second": games / seconds, "ratio": seconds / floor},
        "bare COPY, the floor": {"seconds": floor, "games_per_second": games / floor, "ratio": 1.0},
    }
    table = Table(title=f"{games} games, {rows:,} rows, {os.cpu_count()} cores, Python {platform.python_version()}")
    for heading in ("raw rows → tables committed", "seconds", "games/s", "rows/s", "ratio to the floor"):
        table.add_column(heading, justify="left" if heading.startswith("raw") else "right")
    for name, figure in figures.items():
        table.add_row(
            name,
            f"{figure['seconds']:.1f}",
            f"{figure['games_per_second']:.0f}",
            f"{rows / figure['seconds']:,.0f}",
            f"{figure['ratio']:.2f}",
        )
    Console().print(table)
    target = settings().mlb_state_dir / "bench.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"games": games, "rows": rows, "figures": figures}, indent=2))
    print(f"figures: {target}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=int, default=400, help="copies of the feed (default 400)")
    parser.add_argument("--feed", type=Path, help="a recorded feed/live response (.json or .json.gz)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
