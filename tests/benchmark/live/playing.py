"""What `mlb_live` runs for a date, as programs of their own: a watch, a stream, and a follower of each game."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

import psutil
from redis import Redis

from mlb_data_platform.storage.database import connect
from tests.benchmark.follow.stage import FOLLOWERS, Stage
from tests.benchmark.follow.usage import Kinds
from tests.slate.programs import Programs

CHANNELS, ENGINES = ("polling", "push"), ("process", "spark")
REQUESTS_PER_SECOND = 4  # of the API's clock
_START_SECONDS = 600.0  # Spark, and as many followers, on a machine that has other work too
_LOOKS_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Way:
    """How changes are heard of, and who makes rows of them."""

    channel: str
    engine: str

    def __str__(self) -> str:
        return f"{self.channel}, {self.engine}"


@contextmanager
def playing(stage: Stage, way: Way, speed: float) -> Iterator[Programs]:
    """Start the programs of the date, and give them once each game has rows; the API's clock may stand still.

    Raises SystemExit where one ends before that.
    """
    folder = stage.folder / f"{way.channel}-{way.engine}-{speed:g}"
    folder.mkdir()
    os.environ |= {
        "MLB_CLOCK_SPEED": f"{speed:g}",
        "MLB_REQUESTS_PER_SECOND": f"{REQUESTS_PER_SECOND * speed:g}",
        "MLB_PUSH_URL": stage.api.url.replace("http", "ws") if way.channel == "push" else "",
    }
    _empty_cache(stage)
    day, programs = stage.slate.date, Programs(os.environ, folder)
    try:
        programs.start("watch", "watch", "--date", day)
        _until(programs, lambda: _rows("schedule.games") > 0, "the games of the date in the tables")
        programs.start("stream", "stream", "--date", day, "--engine", way.engine)
        for game_pk in stage.slate.game_pks:
            programs.start(game_pk, "follow", "--game-pk", game_pk, "--date", day)
        games = len(stage.slate.game_pks)
        _until(programs, lambda: _rows("game.live_game_metadata") == games, "the rows of each game")
        yield programs
    finally:
        programs.close()


def ended(programs: Programs) -> list[str]:
    """Return who has ended, and how: while games are on nobody does."""
    alive = programs.alive()
    return [f"{name}: {programs.said(name)[-1000:]}" for name in programs.running if name not in alive]


def kinds(stage: Stage, programs: Programs) -> Kinds:
    """Return what finds the processes by kind: those of the stream apart, and this one, which is the API."""
    running = {name: psutil.Process(process.pid) for name, process in programs.running.items()}
    fixed = {
        FOLLOWERS: [process for name, process in running.items() if isinstance(name, int)],
        "watch": [running["watch"]],
        "stream": [running["stream"]],
        "Redis": [psutil.Process(stage.redis.process.pid())],
        "simulated API": [psutil.Process()],
    }
    return lambda: fixed | _of_the_stream(running["stream"])


def _of_the_stream(stream: psutil.Process) -> Mapping[str, Sequence[psutil.Process]]:
    """What the stream has started: the JVM, and whoever else: its workers."""
    found = sorted(_descendants(stream), key=_is_java)
    names = {True: "JVM of the stream", False: "workers of the stream"}
    return {names[is_java]: list(processes) for is_java, processes in groupby(found, _is_java)}


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _is_java(process: psutil.Process) -> bool:
    try:
        return process.name() == "java"
    except psutil.Error:
        return False


def _empty_cache(stage: Stage) -> None:
    access = stage.redis.access
    with Redis(host=access.host, port=access.port, password=access.password) as cache:
        cache.flushall()


def _until(programs: Programs, is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while not is_so():
        if gone := ended(programs):
            raise SystemExit("\n".join(["error: programs ended", *gone]))
        if time.monotonic() > until:
            raise SystemExit(f"error: {what}: not within {_START_SECONDS:.0f} s")
        time.sleep(_LOOKS_EVERY_SECONDS)


def _rows(table: str) -> int:
    with connect(autocommit=True) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
