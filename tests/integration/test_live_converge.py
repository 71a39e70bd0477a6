"""Whatever happens while a date is streamed, its tables and Redis end as those of the newest acceptable captures.

DESIGN section 7, guarantees 1 to 3, for the live path. `make soak` looks for more of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Literal

import pytest
from hypothesis import HealthCheck, example, given, settings

from mlb_data_platform.live.stream.workers import Workers
from tests.conftest import Database
from tests.integration.live_world import LiveBench, happen, live_bench
from tests.live_histories import Captured, Edit, Happens, History, Ticks, histories

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]


@pytest.fixture(scope="module")
def live(module_database: Database) -> Iterator[LiveBench]:
    """Where the histories of this module happen."""
    with live_bench(module_database) as found:
        yield found


_TWO_PLAYS = ((Edit("play changed"), Edit("play added")),)
_SECOND = Captured(game=0, state=1, minute=1, how="patch")


def _killed(point: Literal["before", "serving"]) -> History:
    """The stream is killed before the second capture is published, or before it is told."""
    steps = (Captured(0, 0, 0), Ticks(), _SECOND, Ticks(point, (Happens("killed"),)), Ticks())
    return History(_TWO_PLAYS, steps)


# While the stream is about to publish a capture, a newer one comes, and a batch publishes that.
_OVERTAKEN = (Captured(0, 0, 0), Ticks(), _SECOND, Ticks("before", (Captured(0, 2, 2), Happens("batch"))), Ticks())
# Its session breaks while it has something to do.
_BROKEN = (Captured(0, 0, 0), Ticks(), _SECOND, Ticks("before", (Happens("sessions broken"),)), Ticks(), Ticks())


@settings(max_examples=950, deadline=None, suppress_health_check=list(HealthCheck))
@example(history=_killed("before"))
@example(history=_killed("serving"))
@example(history=History(_TWO_PLAYS, (Captured(0, 0, 0), Ticks(), _SECOND, Happens("batch"), Ticks())))
@example(history=History(_TWO_PLAYS, _OVERTAKEN))
@example(history=History(_TWO_PLAYS, _BROKEN))
@given(history=histories())
def test_a_streamed_date_converges(live: LiveBench, history: History) -> None:
    happen(live, history)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(most=20))
def test_it_converges_by_workers(live: LiveBench, history: History) -> None:
    with closing(Workers(2)) as workers:
        happen(live, history, workers)
