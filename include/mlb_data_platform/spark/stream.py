"""`mlb-etl live stream --engine spark`: the loop that others run too, ticked by Spark, its games spread by Spark."""

from __future__ import annotations

from collections.abc import Callable

from mlb_data_platform.live.stream.loop import Stream
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.spark.failures import spark_failures
from mlb_data_platform.spark.session import spark_session
from mlb_data_platform.spark.stream_workers import SparkWorkers
from mlb_data_platform.spark.ticks import SETTINGS, ticked
from mlb_data_platform.transform.run import Engine

MODULES = ("mlb_data_platform.spark.stream_workers",)  # what its tasks run


def run_by_spark(mapping: Mapping, stream_with: Callable[[Engine], Stream]) -> dict[str, int]:
    """Tick the stream that is made with Spark's engine until it has come to its end; return what was counted.

    Raises what its ticks raise, TransientError where Spark fails.
    """
    with (
        spark_failures(mapping.name),
        spark_session(mapping.name, modules=MODULES, more_settings=SETTINGS) as spark,
    ):
        stream = stream_with(SparkWorkers(spark.sparkContext))
        ticked(spark, mapping.name, stream.tick)
        stream.close()  # where it is interrupted, a tick may use its connection yet: that ends with the program
        return stream.counts
