"""Some minutes of the date in real time: how late rows are, what they take, and how far an outage sets them back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from mlb_data_platform.mapping.load import load_mapping
from statsapi_simulator.api.games import timecode
from tests.benchmark.follow import latency
from tests.benchmark.follow.stage import Stage, empty_database
from tests.benchmark.follow.usage import Usage, watch
from tests.benchmark.live.playing import Way, ended, kinds, playing
from tests.benchmark.live.rows import Latencies, latencies, publications, rows_that_differ, with_rows
from tests.benchmark.next_capture import row_writes
from tests.slate.checks import GAME

_PATIENCE_SECONDS = 300.0
_LOOKS_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Pauses:
    """Seconds: until the followers' phases are apart, the channels open and the counts of rows told; of the outage."""

    settle: float = 15.0
    outage: float = 60.0


@dataclass(frozen=True)
class RealTime:
    """What one way took: `lag` is from PostgreSQL's return to the rows of what had changed until then, in seconds.

    `rows_written` and `rows_changed` are of all games and of the minutes before the outage.
    """

    way: Way
    games: int
    requests: int
    busiest_second: int
    latencies: Latencies
    usage: Usage
    lag: float
    rows_written: int
    rows_changed: int


def measure(stage: Stage, way: Way, begins: datetime, minutes: float, pauses: Pauses) -> RealTime:
    """Play from `begins` on, in a database of its own. Raises SystemExit where a program ends."""
    api, mapping = stage.api, load_mapping(GAME)
    api.stop(begins)
    with empty_database(), playing(stage, way, speed=1) as programs:
        time.sleep(pauses.settle)
        written_before, changes_since = row_writes(mapping), time.time()
        api.traffic.reset()
        asked_before = len(api.log)
        api.go(1)
        usage = watch(kinds(stage, programs), stage.server, time.monotonic() + minutes * 60, lambda: True)
        until = api.clock.now()
        traffic = api.traffic.report()
        _until_in_tables(stage, until)
        found = latencies(api, api.log[asked_before:], stage.slate.game_pks, begins, until)
        api.stop()
        time.sleep(pauses.settle)
        written, changed = row_writes(mapping) - written_before, rows_that_differ(changes_since)
        lag = _lag(stage, pauses.outage)
        if gone := ended(programs):
            raise SystemExit("\n".join([f"error: {way}: programs ended", *gone]))
    return RealTime(
        way=way,
        games=len(stage.slate.game_pks),
        requests=traffic["total"],
        busiest_second=traffic["max_per_second"],
        latencies=found,
        usage=usage,
        lag=lag,
        rows_written=written,
        rows_changed=changed,
    )


def _lag(stage: Stage, seconds: float) -> float:
    """Take PostgreSQL away for so long; return how long after its return the rows of all that changed are committed."""
    stage.api.go(1)
    stage.postgres.stop()
    time.sleep(seconds)
    stage.postgres.start()
    back_at, changed_until = time.time(), stage.api.clock.now()
    return max(_until_in_tables(stage, changed_until) - back_at, 0.0)


def _until_in_tables(stage: Stage, moment: datetime) -> float:
    """Wait until what had changed by a moment is in the tables; return when that was committed, since the epoch."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while (committed := _in_tables(stage, moment)) is None:
        if time.monotonic() > until:
            raise SystemExit(f"error: what changed until {moment} is not in the tables after {_PATIENCE_SECONDS:.0f} s")
        time.sleep(_LOOKS_EVERY_SECONDS)
    return committed


def _in_tables(stage: Stage, moment: datetime) -> float | None:
    published = with_rows(latency.commits(), publications())
    moments = []
    for game_pk in stage.slate.game_pks:
        newest = timecode(max(each for each in stage.api.course(game_pk).revisions if each <= moment))
        reached = (each for each in published if each.game_pk == game_pk and max(each.reached) >= newest)
        moments.append(next((each.committed_at for each in reached), None))
    return None if None in moments else max(each for each in moments if each is not None)
