"""The whole date at sixty times real time: what a game takes on disk, in the bucket and on the wire."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import psutil
from psycopg.sql import SQL, Identifier

from mlb_data_platform.storage.database import connect
from statsapi_simulator.api.http import Request
from tests.benchmark.follow.stage import FOLLOWERS, Stage, bucket, empty_database
from tests.benchmark.follow.usage import Usage, watch
from tests.slate.checks import GAME, PATCHES
from tests.slate.programs import Programs

SPEED = 60
REQUESTS_PER_SECOND = 4 * SPEED
BEFORE_THE_FIRST = timedelta(minutes=10)
_FULL_FEED_EVERY = timedelta(seconds=10)
_SAMPLED = 18  # one full feed in so many is made: three minutes apart its size hardly changes
_LONGEST_SECONDS = 3600.0

During = Callable[[Programs], object]


@dataclass(frozen=True)
class Day:
    """Sums over all games of a date; sizes in bytes. `disk` is tables, TOAST and indexes, by raw table."""

    games: int
    seconds: float
    rows: dict[str, int]
    disk: dict[str, int]
    objects: int
    object_size: int
    requests: int
    busiest_second: int
    size: int
    full_feeds_size: int
    counts: dict[str, int]
    usage: Usage


def play(stage: Stage, way: str) -> tuple[Day, Programs]:
    """Follow all games from before the first to after the last one, in the database that is there."""
    api, folder = stage.api, stage.folder / f"day-{way}"
    folder.mkdir()
    os.environ |= {
        "MLB_CLOCK_SPEED": str(SPEED),
        "MLB_REQUESTS_PER_SECOND": str(REQUESTS_PER_SECOND),
        "MLB_PUSH_URL": api.url.replace("http", "ws") if way == "push" else "",
    }
    bucket_before = bucket(stage)
    api.stop(stage.slate.begins - BEFORE_THE_FIRST)
    followers = Programs(os.environ, folder)
    asked_before, told_before, begun = len(api.log), api.told, time.monotonic()
    try:
        followers.follow(stage.slate.game_pks)
        _until_all_asked(stage, asked_before)
        api.traffic.reset()
        api.go(SPEED)
        processes = [psutil.Process(process.pid) for process in followers.running.values()]
        usage = watch(
            lambda: {FOLLOWERS: processes}, stage.server, begun + _LONGEST_SECONDS, lambda: bool(followers.alive())
        )
    finally:
        followers.close()
    if failed := followers.failed():
        raise SystemExit("\n".join(["error: followers failed", *failed]))
    report = api.traffic.report()
    objects, object_size = bucket(stage)
    return Day(
        games=len(stage.slate.game_pks),
        seconds=time.monotonic() - begun,
        rows={table: _count(table) for table in (GAME, PATCHES)},
        disk={table: _disk(table) for table in (GAME, PATCHES)},
        objects=objects - bucket_before[0],
        object_size=object_size - bucket_before[1],
        requests=len(api.log) - asked_before,
        busiest_second=report["max_per_second"],
        size=sum(each.size for each in api.log[asked_before:]) + api.told - told_before,
        full_feeds_size=sum(_full_feeds(stage, game_pk) for game_pk in stage.slate.game_pks),
        counts=_added([followers.summary(game_pk) for game_pk in stage.slate.game_pks]),
        usage=usage,
    ), followers


def measure(stage: Stage, way: str) -> Day:
    """Follow the date in a database of its own."""
    with empty_database():
        return play(stage, way)[0]


def _until_all_asked(stage: Stage, before: int) -> None:
    while len({each.target for each in stage.api.log[before:]}) < len(stage.slate.game_pks):
        time.sleep(0.1)


def _full_feeds(stage: Stage, game_pk: int) -> int:
    """The bytes of the feeds that are read by asking every ten seconds from the first pitch until it is final."""
    course = stage.api.course(game_pk)
    first = next(status.since for status in course.statuses if status.code[0] == "I")
    final = next(status.since for status in course.statuses if status.code[0] == "F")
    total, at = 0, first
    while at < final:
        target = f"/api/v1.1/game/{game_pk}/feed/live?timecode={at:%Y%m%d_%H%M%S}"
        total += len(stage.api.unwatched(Request(target, zips=True)).body) * _SAMPLED
        at += _FULL_FEED_EVERY * _SAMPLED
    return total


def _count(table: str) -> int:
    with connect(autocommit=True) as connection:
        row = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(*table.split(".")))).fetchone()
    return int(row[0]) if row else 0


def _disk(table: str) -> int:
    """Bytes of a raw table with its TOAST and indexes, once what is dead may be used again."""
    with connect(autocommit=True) as connection:
        connection.execute(SQL("VACUUM ANALYZE {}").format(Identifier(*table.split("."))))
        connection.execute("CHECKPOINT")
        row = connection.execute(
            "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(%s::regclass)", (table,)
        ).fetchone()
    return int(row[0]) if row else 0


def _added(summaries: Sequence[dict[str, object]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for summary in summaries:
        for name, value in summary.items():
            if isinstance(value, int) and not isinstance(value, bool):
                total[name] = total.get(name, 0) + value
    return total
