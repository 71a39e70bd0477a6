"""The same histories with programs that really run beside one another and are killed, and services that restart."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from psycopg import IsolationLevel

from mlb_data_platform.live.serve import live_state as serve_module
from mlb_data_platform.live.stream import loop as stream_module
from mlb_data_platform.live.stream.loop import run_stream
from mlb_data_platform.live.stream.workers import Workers
from mlb_data_platform.services.access import ensure_access
from mlb_data_platform.services.environment import services_folder
from mlb_data_platform.services.redis import Redis
from tests.conftest import Database
from tests.integration.live_bench import LiveBench, live_bench
from tests.integration.live_program import Live
from tests.integration.live_world import World
from tests.integration.support import restart_postgres
from tests.live_histories import Happens, History, MappingName, Ticks, histories

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

_SECONDS_OF_A_TICK = 0.05
_SECONDS_TO_SETTLE = 30


@pytest.fixture(scope="module")
def live(module_database: Database) -> Iterator[LiveBench]:
    """Where the histories of this module happen; a minute takes a part of a second."""
    with live_bench(module_database) as found, pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_module, "_LOOKS_AT_ALL_EVERY", 0.3)
        patch.setattr(serve_module, "_KEPT_ALIVE_EVERY_SECONDS", 0.3)
        yield found


@settings(
    max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)  # what is killed when is no part of a history: one that fails may end well when it is tried again
@given(history=histories(most=10))
def test_a_date_converges_whatever_is_killed_and_restarted(live: LiveBench, history: History) -> None:
    with closing(_RealWorld(live, history)) as world:
        world.start()
        for step in history.steps:
            world.do(step)
        world.settle()


class _RealWorld(World):
    """Streams are processes, the first of which works while others stand by, and none is told when to tick."""

    def __init__(self, bench: LiveBench, history: History) -> None:
        super().__init__(bench, history)
        self._processes: list[ForkProcess] = []

    def start(self) -> None:
        """Start one more stream."""
        process = get_context("fork").Process(target=_stream, args=(self._bench, self._mapping, self._day))
        process.start()
        self._processes.append(process)

    def close(self) -> None:
        while self._processes:
            self._kill()

    def settle(self) -> None:
        self._commit_and_list_all()
        deadline = time.monotonic() + _SECONDS_TO_SETTLE
        while wrong := self._not_exact():
            assert time.monotonic() < deadline, wrong
            if not any(process.is_alive() for process in self._processes):
                self.start()  # the last one came to the end of the date, and something came after it
            time.sleep(_SECONDS_OF_A_TICK)
        self._check()

    def _not_exact(self) -> list[str]:
        behind = [line for each in self.games if (line := each.why_not_newest(only_told=False))]
        return behind or [line for each in self.games for line in each.wrongly_served()]

    def _ticks(self, step: Ticks) -> None:
        for each in step.meanwhile:
            self.do(each)
        time.sleep(_SECONDS_OF_A_TICK)
        self._check()

    def _check(self) -> None:
        connection = self._bench.connection
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            super()._check()

    def _happens(self, step: Happens) -> None:
        match step.what:
            case "killed":
                self._kill()
                if not self._processes:
                    self.start()
            case "taken over":
                self.start()
            case "deployed":
                self.close()
                self._deploy()
                self.start()
            case "sessions broken":
                self._restart_postgres()
            case "cache away":
                self._restart_redis()
            case _:
                super()._happens(step)

    def _kill(self) -> None:
        process = self._processes.pop(0)
        process.kill()
        process.join()

    def _restart_postgres(self) -> None:
        restart_postgres(self._bench.database)
        self._bench.connect()
        for each in self.games:
            each.rows = [row for row in each.rows if row.is_committed]

    def _restart_redis(self) -> None:
        folder = services_folder(Path(self._bench.database.environment["MLB_STATE_DIR"]))
        server = Redis(folder, ensure_access(folder)[Redis.name])
        server.stop()
        server.start()


def _stream(bench: LiveBench, mapping: MappingName, day: date) -> None:
    """Run a stream as the program does, until it ends or is killed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with closing(Workers(1)) as workers, closing(Live(bench, mapping, day, _goes_on, workers)) as live:
        run_stream(live.stream)
    os._exit(0)  # what the test has open is none of its own


def _goes_on(_: Any) -> None: ...
