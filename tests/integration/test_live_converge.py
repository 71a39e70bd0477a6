"""Whatever happens while a date is streamed, its tables and Redis end as those of the newest acceptable captures.

DESIGN section 7, guarantees 1 to 3, for the live path. `make soak` looks for more of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings

from mlb_data_platform.live.stream.workers import Workers
from tests.conftest import Database
from tests.integration.live_bench import LiveBench, live_bench
from tests.integration.live_world import happen
from tests.live_histories import Captured, Edit, Ends, Happens, History, Step, Ticks, histories

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]


@pytest.fixture(scope="module")
def live(module_database: Database) -> Iterator[LiveBench]:
    """Where the histories of this module happen."""
    with live_bench(module_database) as found:
        yield found


_EDITS = ((Edit("play changed"), Edit("play added")),)
_AGAINST_A_RULE = ((Edit("play changed"), Edit("against a rule")),)
_FIRST, _SECOND = Captured(game=0, state=0, minute=0), Captured(game=0, state=1, minute=1, how="patch")
_KILLED, _DEPLOYED, _A_MINUTE = Happens("killed"), Happens("deployed"), Happens("a minute passes")
_BATCH = Happens("batch")


def _history(*steps: Step, edits: tuple[tuple[Edit, ...], ...] = _EDITS) -> History:
    """The first capture is applied; then these things happen."""
    return History(edits, (_FIRST, Ticks(), *steps))


# What random histories find now and then, each a fault that somebody could bring back.
_EXAMPLES = {
    "killed before it publishes": _history(_SECOND, Ticks("before", (_KILLED,)), Ticks()),
    "killed before it tells": _history(_SECOND, Ticks("serving", (_KILLED,)), Ticks()),
    "a batch was faster": _history(_SECOND, _BATCH, Ticks()),
    "a batch publishes something newer meanwhile": _history(
        _SECOND, Ticks("before", (Captured(0, 2, 2), _BATCH)), Ticks()
    ),
    "a batch published; then what the stream remembers is seen again, otherwise spelled": _history(
        _SECOND, _BATCH, Captured(0, 0, 2, how="fallback"), Ticks()
    ),
    "the session breaks": _history(_SECOND, Ticks("before", (Happens("sessions broken"),)), Ticks(), Ticks()),
    "what was captured first is seen again": _history(
        Captured(0, 1, 1), Ticks(), Captured(0, 0, 2, how="seen"), Ticks()
    ),
    "a transaction was open when a later one was seen": _history(
        Captured(0, 2, 2, writer=1), Captured(0, 1, 1), Ticks(), Ends(1, commits=True), Ticks()
    ),
    "a patch leads elsewhere than its row says": _history(Captured(0, 1, 1, how="astray"), Ticks()),
    "there is another base than a patch that leads elsewhere": _history(
        Captured(0, 1, 1), Captured(0, 1, 2, how="astray"), Captured(0, 2, 3, how="patch", base=1), _BATCH
    ),
    "a mapping reads what was told otherwise": _history(Captured(0, 1, 1), Ticks(), _DEPLOYED),
    "a game is over when Redis is emptied": _history(
        Captured(0, 1, 1), Ticks(), Happens("cache emptied"), edits=((Edit("status", 5),),)
    ),
    "a mapping takes what was refused, then does not": _history(
        Captured(0, 2, 1), Ticks(), _DEPLOYED, _A_MINUTE, Ticks(), _DEPLOYED, edits=_AGAINST_A_RULE
    ),
}


class _Half:
    """Half of the short histories: a class is what a worker of pytest takes at once, with a database of its own.

    Few, for each takes half a second: what is known is above, and who changes how a stream works lets `make soak` look
    for more.
    """

    @settings(max_examples=140, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=histories())
    def test_a_streamed_date_converges(self, live: LiveBench, history: History) -> None:
        happen(live, history)


class TestOneHalf(_Half):
    pass


class TestOtherHalf(_Half):
    pass


@pytest.mark.parametrize("history", _EXAMPLES.values(), ids=_EXAMPLES)
def test_it_converges_where(live: LiveBench, history: History) -> None:
    happen(live, history)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories(most=20))
def test_it_converges_by_workers(live: LiveBench, history: History) -> None:
    with closing(Workers(2)) as workers:
        happen(live, history, workers)
