"""A stream as a program runs it, within the process of the test, which may end it at any point of its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from mlb_data_platform.live.serve.live_state import LiveState
from mlb_data_platform.live.stream.loop import Stream
from mlb_data_platform.live.stream.workers import REMEMBERED
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.run import Engine
from tests.integration.live_bench import LiveBench
from tests.live_histories import MappingName

Json = dict[str, Any]
Reached = Callable[[str], None]
"""Told at which point of its work a stream is: before it applies something, when it has applied a capture, serving."""


class KilledError(BaseException):
    """The stream is gone, in the middle of what it did."""


class OneProcess:
    """The engine of a stream without other processes: one session of its own, which remembers as a worker does."""

    def __init__(self, tables: PublishedTables, reached: Reached) -> None:
        self._tables = tables  # with the statements that were built for it
        self._reached = reached
        self._connection: Connection | None = None
        self._applier: Applier | None = None

    def __call__(
        self, _: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
    ) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]:
        self._reached("before")
        is_done = False
        try:
            if self._applier is None:
                self._connection = connect()
                self._applier = Applier(
                    self._connection, mapping, force=force, target=self._tables, remembers=REMEMBERED
                )
            for ref in refs:
                part = self._applier.apply([ref])
                self._reached("applied")
                yield [ref], part
            is_done = True
        finally:
            if not is_done:
                self.close()

    def close(self) -> None:
        """End the session, as a process that is killed does."""
        if self._connection:
            self._connection.close()
        self._applier = None


class Live:
    """A stream at work: what it says, its engine and what it serves with."""

    def __init__(
        self, bench: LiveBench, mapping: MappingName, day: date, reached: Reached, engine: Engine | None = None
    ) -> None:
        self.said: list[str] = []
        self.execution = Execution()
        self._state = LiveState(bench.mappings[mapping], settings(), self.said.append)
        self._own = None if engine else OneProcess(bench.tables[mapping], reached)
        self._reached = reached
        used = engine or self._own
        assert used is not None
        self.stream = Stream(bench.mappings[mapping], day, used, self.execution, self.said.append, self._serve)

    def _serve(self, connection: Connection, units: Sequence[Json]) -> None:
        if units:
            self._reached("serving")
        self._state.serve(connection, units)

    @property
    def is_away(self) -> bool:
        """Whether it has lost PostgreSQL, and did not do a whole tick since."""
        told = [line for line in self.said if line.endswith("; tried again") or line.startswith("all is well again")]
        return bool(told) and told[-1].endswith("; tried again")

    def close(self) -> None:
        """End all its sessions."""
        self.stream.close()
        self._state.close()
        if self._own:
            self._own.close()
