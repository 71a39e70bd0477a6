"""The engine of a stream whose games Spark spreads over its Python workers, each game to the one that remembers it.

A worker remembers what it published of a game, and of the next capture writes only what changed. But which worker runs
a task, Spark decides. So every task is given all captures, and takes those of games that its worker remembers, and of
those that nobody does its share. What then is left is dealt anew: its worker is gone, as all are after a minute without
work. A worker whose memory is behind, since another one took the game meanwhile, learns that from the version row.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from socket import gethostname
from typing import TYPE_CHECKING

from psycopg import Connection

from mlb_data_platform.live.stream.workers import REMEMBERED, Part
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.spark.failures import spark_failures
from mlb_data_platform.storage.database import connect, errors_for_people
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.outcome import TransformOutcome

if TYPE_CHECKING:
    from pyspark import SparkContext

_Taker = str | int  # the name of a worker, or the number of a task, whoever runs that


@dataclass(frozen=True)
class _Spread:
    """What every task is given: the captures, each with who takes it."""

    number: int
    endpoint: str
    captures: Sequence[tuple[CaptureRef, _Taker]]
    force: bool


@dataclass(frozen=True)
class _Answer:
    """What became of a capture, or what its worker failed at."""

    raw_id: int
    outcome: TransformOutcome | Exception
    worker: str


class SparkWorkers:
    """Applies captures one by one, those with the same natural key in the same worker while that lives."""

    def __init__(self, context: SparkContext) -> None:
        self._tasks = context.defaultParallelism
        self._numbers = context.parallelize(range(self._tasks), self._tasks)
        self._remembers: dict[str, str] = {}  # which worker a natural key
        self._spreads = 0

    def __call__(
        self, connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
    ) -> Iterator[Part]:
        """Yield each capture that was dealt with, and what became of it; without any, Spark is not asked.

        Raises what a worker failed at, TransientError where Spark fails.
        """
        left = {ref.raw_id: ref for ref in refs}
        while left:
            answers = self._spread(mapping, list(left.values()), force=force)
            failures = [answer.outcome for answer in answers if isinstance(answer.outcome, Exception)]
            for answer in answers:
                ref = left.pop(answer.raw_id)
                self._remembers[ref.natural_key] = answer.worker
                if isinstance(answer.outcome, TransformOutcome):
                    yield [ref], answer.outcome
            if failures:
                raise failures[0]
            for ref in left.values():
                self._remembers.pop(ref.natural_key, None)

    def _spread(self, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool) -> list[_Answer]:
        self._spreads += 1
        captures = [
            (ref, self._remembers.get(ref.natural_key, number % self._tasks)) for number, ref in enumerate(refs)
        ]
        spread = _Spread(self._spreads, mapping.name, captures, force)
        with spark_failures(mapping.name):
            answers: list[_Answer] = self._numbers.mapPartitionsWithIndex(partial(_applied, spread)).collect()
        return answers


def _applied(spread: _Spread, number: int, _: Iterator[int]) -> Iterator[_Answer]:
    """Apply what the task of this number takes: in this worker, whichever it is."""
    return _worker().applied(spread, number)


class _Worker:
    """A Python worker of Spark: what it keeps from one task to the next."""

    def __init__(self) -> None:
        self._name = f"{gethostname()} {os.getpid()}"
        self._applier: Applier | None = None
        self._spread = 0

    def applied(self, spread: _Spread, task: int) -> Iterator[_Answer]:
        """Apply what this task takes, and, if it is this worker's first of the spread, what this worker takes."""
        takers = {task} if spread.number == self._spread else {task, self._name}
        self._spread = spread.number
        for ref, taker in spread.captures:
            if taker in takers:
                yield _Answer(ref.raw_id, self._outcome(spread, ref), self._name)

    def _outcome(self, spread: _Spread, ref: CaptureRef) -> TransformOutcome | Exception:
        """What becomes of a capture, or the error: Spark would end the other tasks, and wrap it in pages."""
        try:
            with errors_for_people():
                return self._applier_of(spread).apply([ref])
        except Exception as error:
            self._applier = None  # its connection may have broken
            return error

    def _applier_of(self, spread: _Spread) -> Applier:
        if self._applier is None:
            mapping = load_mapping(spread.endpoint)
            self._applier = Applier(connect(), mapping, force=spread.force, remembers=REMEMBERED)
        return self._applier


@cache
def _worker() -> _Worker:
    return _Worker()
