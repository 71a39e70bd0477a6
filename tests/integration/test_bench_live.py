"""`make bench-live` in short: three games, half a minute, an outage of a moment. No figure is asserted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from mlb_data_platform.settings import settings
from tests.benchmark.follow.real_time import middle
from tests.benchmark.follow.stage import Stage, stage
from tests.benchmark.follow.usage import POSTGRES
from tests.benchmark.live import real_time
from tests.benchmark.live.playing import Way

DAY, GAMES, MINUTES = date(2026, 8, 11), 3, 0.5

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]


@pytest.fixture
def short_stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage in this process, whose environment then is what it was."""
    before = dict(os.environ)
    os.environ["MLB_STATE_DIR"] = str(tmp_path)
    settings.cache_clear()
    try:
        with stage(DAY, GAMES) as ready:
            yield ready
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def test_what_is_live_is_measured_from_the_change_to_the_rows(short_stage: Stage) -> None:
    begins = middle(short_stage, MINUTES)
    pauses = real_time.Pauses(settle=2, outage=1)
    found = real_time.measure(short_stage, Way("push", "process"), begins, MINUTES, pauses)
    assert found.games == GAMES
    assert found.latencies.change_to_rows.count == found.latencies.change_to_capture.count > 1
    assert found.latencies.received_to_rows.p50 >= found.latencies.capture_to_rows.p50 > 0
    assert found.rows_changed > found.latencies.received_to_rows.count
    kinds = ["Redis", "followers", "simulated API", "stream", "watch", "workers of the stream", POSTGRES]
    assert sorted(found.usage.kinds) == sorted(kinds)
