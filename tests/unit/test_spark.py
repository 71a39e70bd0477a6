"""The Spark program's parts that need no Spark."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
from psycopg import Connection
from py4j.protocol import Py4JError, Py4JNetworkError

from mlb_data_platform.cli.interrupts import Interrupted, signals_as_exceptions
from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.spark import engine
from mlb_data_platform.spark.failures import spark_failures
from mlb_data_platform.spark.session import signals_waiting
from mlb_data_platform.spark.ticks import ticked
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.run import BATCH

GAME = load_mapping("game.live_game_v1")


def refs(count: int) -> list[CaptureRef]:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    return [CaptureRef(number, now, now, now) for number in range(count)]


@pytest.mark.parametrize(
    ("games", "cores", "sizes"),
    [(1, 2, [1]), (4, 2, [2, 2]), (5, 4, [2, 2, 1]), (4 * BATCH, 2, [BATCH] * 4), (250, 2, [63, 63, 63, 61])],
)
def test_batches_keep_all_cores_at_work_to_the_end_and_none_is_too_large(
    games: int, cores: int, sizes: list[int]
) -> None:
    batches = engine.batches(GAME.name, refs(games), cores)
    assert [len(batch.refs) for batch in batches] == sizes
    assert [ref for batch in batches for ref in batch.refs] == refs(games)


def test_what_is_made_anew_is_alone_in_its_batch() -> None:
    anew = [replace(ref, anew=True) for ref in refs(3)]
    assert [len(batch.refs) for batch in engine.batches(GAME.name, [*refs(2), *anew], 1)] == [1, 1, 1, 2]


def test_spark_is_not_started_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "spark_session", lambda endpoint: pytest.fail("Spark was started"))
    assert list(engine.outcomes(cast("Connection[Any]", None), GAME, [], force=False)) == []


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Py4JError(""), "Py4JError"),
        (Py4JError("\n \n"), "Py4JError"),
        (Py4JError("The job failed:\nout of disk\n\tat org.apache.spark.Job\n"), "out of disk"),
    ],
)
def test_what_spark_fails_at_is_said_in_a_line_whatever_it_says(error: Py4JError, says: str) -> None:
    with pytest.raises(TransientError) as raised, spark_failures("the stream"):
        raise error
    assert str(raised.value) == f"the stream: Spark: {says}"


class Query:
    """A query of Spark whose JVM is gone when it is to be stopped; until then it calls again and again."""

    def __init__(self) -> None:
        self.is_stopped = Event()

    def begin(self, trigger: Callable[[object, int], None]) -> Query:
        Thread(target=trigger, args=(None, 0), daemon=True).start()
        return self

    def stop(self) -> None:
        self.is_stopped.set()
        raise Py4JNetworkError

    def awaitTermination(self) -> None:  # noqa: N802 (Spark names it)
        self.is_stopped.wait()


def spark_of(query: Query) -> Any:
    """Return as much of Spark as ticks a function by `query`."""
    stream = SimpleNamespace(
        writeStream=SimpleNamespace(foreachBatch=lambda trigger: SimpleNamespace(start=lambda: query.begin(trigger)))
    )
    reader = SimpleNamespace(options=lambda **_: SimpleNamespace(load=lambda: stream))
    return SimpleNamespace(readStream=SimpleNamespace(format=lambda _: reader))


@pytest.mark.parametrize(
    ("raised", "error", "says"),
    [
        (BadInputError("the date is wrong"), BadInputError, "^the date is wrong$"),
        (None, TransientError, "its JVM is gone"),
    ],
)
def test_why_ticks_ended_is_said_though_spark_cannot_be_stopped(
    raised: PlatformError | None, error: type[PlatformError], says: str
) -> None:
    query = Query()

    def tick() -> bool:
        if raised:
            raise raised
        return True

    with pytest.raises(error, match=says):
        ticked(spark_of(query), "the stream", tick)
    assert query.is_stopped.is_set()


@pytest.mark.parametrize(("signals", "reached"), [(1, True), (2, False)])
def test_a_signal_waits_for_a_jvm_that_starts_and_a_second_one_does_not(signals: int, reached: bool) -> None:
    steps: list[str] = []

    def start() -> None:
        with signals_as_exceptions(), signals_waiting():
            for _ in range(signals):
                signal.raise_signal(signal.SIGTERM)
            steps.append("the JVM is there")

    with pytest.raises(Interrupted, match="SIGTERM"):
        start()
    assert steps == ["the JVM is there"] * reached
