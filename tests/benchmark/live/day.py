"""The whole date at sixty times real time: how late rows are under that load, and whether they are right at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from mlb_data_platform.storage.database import connect
from tests.benchmark.follow.day import BEFORE_THE_FIRST, SPEED
from tests.benchmark.follow.stage import Stage, empty_database
from tests.benchmark.follow.usage import Usage, watch
from tests.benchmark.live.playing import Way, kinds, playing
from tests.benchmark.live.rows import Latencies, latencies
from tests.slate import checks

_LONGEST_SECONDS = 1800.0
_PATIENCE_SECONDS = 300.0
_AFTER_THE_LAST = timedelta(minutes=1)


@dataclass(frozen=True)
class Day:
    """What one way took; latencies are in real time. `wrong` are differences between tables and final feeds.

    `retries` are programs that ended with 1, as something was away, and were started again.
    """

    way: Way
    games: int
    seconds: float
    latencies: Latencies
    usage: Usage
    retries: int
    wrong: list[str]


def measure(stage: Stage, way: Way) -> Day:
    """Play the date from before the first game until all programs have ended, in a database of its own."""
    api, slate = stage.api, stage.slate
    begins, ends = slate.begins - BEFORE_THE_FIRST, slate.ends + _AFTER_THE_LAST
    api.stop(begins)
    with empty_database(), playing(stage, way, SPEED) as programs:
        asked_before, begun = len(api.log), time.monotonic()
        api.go(SPEED)
        usage = watch(kinds(stage, programs), stage.server, begun + _LONGEST_SECONDS, lambda: api.clock.now() < ends)
        api.stop()  # a scorer's late correction would come after the end of a follower
        programs.wait(_PATIENCE_SECONDS)
        with connect(autocommit=True) as connection:
            wrong = [
                *programs.failed(),
                *checks.wrong_endings(connection, api, slate.game_pks),
                *checks.wrong_tables(connection, api, slate.game_pks),
            ]
        return Day(
            way=way,
            games=len(slate.game_pks),
            seconds=time.monotonic() - begun,
            latencies=latencies(api, api.log[asked_before:], slate.game_pks, begins, slate.ends),
            usage=usage,
            retries=programs.retried,
            wrong=wrong,
        )
