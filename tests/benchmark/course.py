"""The course of the bench: the raw tier grows from size to size, and at each size its contenders load all of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import Connection

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.database import connect
from tests.benchmark.contenders import FLOOR, PLATFORM, Contender
from tests.benchmark.database import count, dump_feeds, dump_rows, empty
from tests.benchmark.games import Season, load_raw
from tests.benchmark.measure import Memory, measure
from tests.benchmark.work import FOLDER, copies_folder, feeds_folder

SIZES = (100, 400, 1000)  # games at which the growth is measured, before all of them

SMALL, ATTEMPTS = 400, 3  # up to so many games take so little time that the best of some attempts counts

Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """What a contender took for `games` games: `seconds` without its start-up, `wall` with it; `rows` by table."""

    contender: Contender
    games: int
    seconds: float
    wall: float
    memory: Memory
    rows: dict[str, int]
    version: str | None = None

    @property
    def games_per_second(self) -> float:
        """Without the start-up."""
        return self.games / self.seconds


class DifferentRows(Exception):
    """Two contenders made different rows of the same games."""


@dataclass
class Course:
    """What is measured where: `season`'s first `games` games, in the scratch database `database`."""

    mapping: Mapping
    season: Season
    games: int
    contenders: Sequence[Contender]
    database: str
    folder: Path
    say: Say
    runs: list[Run] = field(default_factory=list)

    def run(self) -> list[Run]:
        """Measure all. Raises DifferentRows with tables and counts, SystemExit where a contender fails."""
        os.environ[FOLDER] = str(self.folder)
        loaded = 0
        for size in self.sizes():
            self.say(f"{size} games: raw tier")
            load_raw(self.season, self.season.games[loaded:size])
            loaded = size
            with connect(autocommit=True) as connection:
                self._measure_at(connection, size)
        return self.runs

    def sizes(self) -> list[int]:
        """The sizes at which something is measured, rising to all games."""
        return [*(size for size in SIZES if size < self.games), self.games]

    def size_of(self, contender: Contender) -> int:
        """The largest size that `contender` is measured at."""
        sizes = self.sizes()
        return max((size for size in sizes if size <= (contender.most or size)), default=sizes[0])

    def _measure_at(self, connection: Connection, size: int) -> None:
        """Measure who is due at this size, the platform first: the floor copies its rows."""
        due = [each for each in self.contenders if each.grows or self.size_of(each) == size]
        for contender in sorted(due, key=lambda each: each is not PLATFORM):
            self._write_files(connection, contender)
            attempts = ATTEMPTS if contender.grows and size <= SMALL else 1
            best = min((self._measured(connection, contender, size) for _ in range(attempts)), key=_seconds)
            self.runs.append(best)
            same_rows(self.runs)
        shutil.rmtree(self.folder / "copies", ignore_errors=True)
        shutil.rmtree(self.folder / "feeds", ignore_errors=True)

    def _write_files(self, connection: Connection, contender: Contender) -> None:
        """Write what `contender` reads; the rows for the floor are those that the platform has just left."""
        if contender is FLOOR:
            dump_rows(connection, self.mapping, copies_folder())
        if contender.reads_files and not feeds_folder().exists():
            dump_feeds(connection, self.mapping, feeds_folder())

    def _measured(self, connection: Connection, contender: Contender, size: int) -> Run:
        empty(connection, self.mapping)
        found = measure(contender.program, self.database, self.folder.parent / f"bench-{contender.key}.log")
        seconds, wall = found.answer["seconds"], found.wall
        self.say(f"{size} games: {contender.title}: {seconds:.1f} s, with its start {wall:.1f} s")
        rows = found.answer.get("rows")
        counted = rows if isinstance(rows, dict) else count(connection, self.mapping)
        return Run(contender, size, seconds, wall, found.memory, counted, found.answer.get("version"))


def _seconds(run: Run) -> float:
    return run.seconds


def same_rows(runs: Sequence[Run]) -> None:
    """Check that the newest of `runs` made as many rows of the same games as the first one did.

    Raises DifferentRows naming the tables and both counts. Names of several tables (`a + b`) stand for their sum.
    """
    newest = runs[-1]
    first = next(run for run in runs if run.games == newest.games)
    differences = []
    for tables, found in newest.rows.items():
        wanted = sum(first.rows[table] for table in tables.split(" + "))
        if found != wanted:
            differences.append(f"{tables}: {first.contender.key} has {wanted:,}, {newest.contender.key} has {found:,}")
    if differences:
        raise DifferentRows(
            f"{newest.games} games became different rows, so there is no comparison: {'; '.join(differences)}"
        )
