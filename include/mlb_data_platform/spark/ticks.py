"""A function that Spark's Structured Streaming calls, again and again, until it has come to its end.

The source is a counter, a number for each trigger: what there is to read, whoever is called finds out. So what Spark
keeps of its progress is worth nothing to the next run, and lies in a temporary folder that Spark makes and removes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from mlb_data_platform.errors import TransientError
from mlb_data_platform.live.stream.loop import rest_of_pause
from mlb_data_platform.spark.failures import spark_failures

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery

SETTINGS = {
    # Of the files that it writes for each trigger, and of all else that it keeps of what is over, the last few.
    "spark.sql.streaming.minBatchesToRetain": "2",
    "spark.sql.streaming.numRecentProgressUpdates": "1",
    "spark.sql.streaming.forceDeleteTempCheckpointLocation": "true",
    "spark.sql.ui.retainedExecutions": "10",
    "spark.ui.retainedJobs": "10",
    "spark.ui.retainedStages": "10",
    "spark.ui.retainedTasks": "100",
    "spark.locality.wait": "0",  # any core will do
}
# A trigger costs Spark about 40 ms of a core, and files: one for each tick would be more work than the games are.
_TICKS_PER_TRIGGER = 100
_SECONDS_FOR_THE_LAST_TICK = 1.0


def ticked(spark: SparkSession, name: str, tick: Callable[[], bool]) -> None:
    """Let Spark call `tick` until it returns that it has come to its end.

    Raises what `tick` raises, and TransientError that begins with `name` where Spark fails. When the thread that waits
    for it is interrupted, a tick that is in hand is given a second.
    """
    ticker = _Ticker(name, tick)
    source = spark.readStream.format("rate-micro-batch").options(rowsPerBatch=1, numPartitions=1).load()
    query = source.writeStream.foreachBatch(ticker.trigger).start()
    Thread(target=ticker.watch, args=(query,), daemon=True).start()
    try:
        error = ticker.endings.get()
    finally:
        ticker.stop()
    try:
        with spark_failures(name):
            query.stop()
    except TransientError as failure:  # what ended it comes first
        raise error or failure from None
    if error:
        raise error


class _Ticker:
    """Ticks in the thread in which Spark calls; how that ended it tells the thread that waits for it."""

    def __init__(self, name: str, tick: Callable[[], bool]) -> None:
        self._name = name
        self._tick = tick
        self._is_over = Event()
        self._in_hand = Lock()
        self.endings: SimpleQueue[BaseException | None] = SimpleQueue()

    def trigger(self, _frame: DataFrame, _number: int) -> None:
        """Tick for some seconds, or until there is an end."""
        for _ in range(_TICKS_PER_TRIGGER):
            began = time.monotonic()
            with self._in_hand:
                if self._is_over.is_set():
                    return
                try:
                    has_ended, error = self._tick(), None
                except BaseException as raised:  # raised where it is waited for: Spark would wrap it in pages
                    has_ended, error = True, raised
                if has_ended:
                    self._is_over.set()
                    self.endings.put(error)
            self._is_over.wait(rest_of_pause(began))

    def stop(self) -> None:
        """Tick no more, and wait for the tick in hand, but not for long."""
        self._is_over.set()
        if self._in_hand.acquire(timeout=_SECONDS_FOR_THE_LAST_TICK):
            self._in_hand.release()

    def watch(self, query: StreamingQuery) -> None:
        """Tell that Spark has ended the query by itself, once it has."""
        why = TransientError(f"{self._name}: Spark: the query was stopped")
        try:
            with spark_failures(self._name):
                query.awaitTermination()
        except TransientError as error:
            why = error
        self.endings.put(why)
