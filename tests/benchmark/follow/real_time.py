"""Some minutes of the date in real time: how late what is kept is, and what it takes, for three ways to follow."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psutil

from mlb_data_platform.storage.database import connect
from tests.benchmark.follow import latency
from tests.benchmark.follow.latency import Spread
from tests.benchmark.follow.stage import FOLLOWERS, Stage, bucket, empty_database
from tests.benchmark.follow.usage import Usage, watch
from tests.slate.programs import Programs

WAYS = ("polling", "push", "full feeds")
_REQUESTS_PER_SECOND = 4
_START_SECONDS = 120.0
_SETTLE_SECONDS = 15.0  # until the phases of the followers are apart, and their channels open
_CATCH_UP_SECONDS = 30.0  # in which what changed in the last moment is captured


@dataclass(frozen=True)
class Way:
    """What one way took: requests in all and in the busiest second, bytes of answers and messages, how late it was.

    `objects` is how many the archive got meanwhile.
    """

    name: str
    games: int
    requests: int
    busiest_second: int
    size: int
    change_to_commit: Spread
    received_to_commit: Spread
    usage: Usage
    objects: int


def measure(stage: Stage, name: str, begins: datetime, minutes: float) -> Way:
    """Follow from `begins` on, in a database of its own."""
    api = stage.api
    api.stop(begins)
    folder = stage.folder / name.replace(" ", "-")
    folder.mkdir()
    with empty_database(), _following(stage, name) as processes:
        _until_all_are_kept(len(stage.slate.game_pks))
        api.go(1)
        time.sleep(_SETTLE_SECONDS)
        api.traffic.reset()
        objects_before = bucket(stage)[0]
        asked_before, told_before, since = len(api.log), api.told, api.clock.now()
        usage = watch(lambda: {FOLLOWERS: processes}, stage.server, time.monotonic() + minutes * 60, lambda: True)
        until = api.clock.now()
        report, log, told = api.traffic.report(), api.log[asked_before:], api.told - told_before
        time.sleep(_CATCH_UP_SECONDS)
        kept = latency.commits()
        changes = latency.change_to_commit(api, kept, stage.slate.game_pks, since, until)
        kept = [each for each in kept if each.asked_at >= api.real(since)]
        return Way(
            name=name,
            games=len(stage.slate.game_pks),
            requests=report["total"],
            busiest_second=report["max_per_second"],
            size=sum(each.size for each in log) + told,
            change_to_commit=latency.spread(changes),
            received_to_commit=latency.spread(latency.received_to_commit(api.log, kept)),
            usage=usage,
            objects=bucket(stage)[0] - objects_before,
        )


@contextmanager
def _following(stage: Stage, name: str) -> Iterator[list[psutil.Process]]:
    os.environ |= {
        "MLB_CLOCK_SPEED": "1",
        "MLB_REQUESTS_PER_SECOND": str(_REQUESTS_PER_SECOND),
        "MLB_PUSH_URL": stage.api.url.replace("http", "ws") if name == "push" else "",
    }
    if name == "full feeds":
        program = [sys.executable, "-m", "tests.benchmark.follow.full_feeds", *map(str, stage.slate.game_pks)]
        process = subprocess.Popen(program)
        try:
            yield [psutil.Process(process.pid)]
        finally:
            process.kill()
            process.wait()
        return
    followers = Programs(os.environ, stage.folder / name)
    followers.follow(stage.slate.game_pks)
    try:
        yield [psutil.Process(process.pid) for process in followers.running.values()]
        if failed := followers.failed():
            raise SystemExit("\n".join(["error: followers ended", *failed]))
    finally:
        followers.close()


def _until_all_are_kept(games: int) -> None:
    """Wait for the first document of each game."""
    until = time.monotonic() + _START_SECONDS
    with connect(autocommit=True) as connection:
        while connection.execute("SELECT count(DISTINCT game_pk) FROM bench.commits").fetchone() != (games,):
            if time.monotonic() > until:
                raise SystemExit(f"error: not every game was captured within {_START_SECONDS:.0f} s")
            time.sleep(0.2)


def middle(stage: Stage, minutes: float) -> datetime:
    """Return where so many minutes begin in which most revisions are made."""
    every = sorted(
        revision
        for game_pk in stage.slate.game_pks
        for revision in stage.api.course(game_pk).revisions
        if revision > stage.slate.begins
    )
    span = timedelta(minutes=minutes)
    starts = [stage.slate.begins + timedelta(minutes=10 * step) for step in range(36)]
    return max(starts, key=lambda start: sum(start < each <= start + span for each in every))
