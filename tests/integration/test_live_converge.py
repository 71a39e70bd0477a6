"""Whatever happens while a date is streamed, its tables and Redis end as those of the newest acceptable captures.

DESIGN section 7, guarantees 1 to 3, for the live path.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.conftest import Database
from tests.integration.live_world import LiveBench, World, live_bench
from tests.live_histories import History, histories

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]


@pytest.fixture(scope="module")
def live(module_database: Database) -> Iterator[LiveBench]:
    """Where the histories of this module happen."""
    with live_bench(module_database) as found:
        yield found


@settings(
    max_examples=int(__import__("os").environ.get("N", "50")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(history=histories())
def test_a_streamed_date_converges(live: LiveBench, history: History) -> None:
    with closing(World(live, history)) as world:
        for step in history.steps:
            world.do(step)
        world.settle()
