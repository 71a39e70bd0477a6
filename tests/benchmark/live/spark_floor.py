"""What Spark takes where there is nothing to do: from one empty trigger to the next, and for a job of empty tasks.

A stream's tick pays for a job where there is something to apply, and for a trigger only once in fifty ticks.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.spark.session import spark_session
from mlb_data_platform.spark.stream import MODULES
from mlb_data_platform.spark.ticks import SETTINGS
from tests.benchmark.follow.latency import Spread, spread
from tests.slate.checks import GAME

if TYPE_CHECKING:
    from pyspark import RDD
    from pyspark.sql import SparkSession

_WARM_UP, _MEASURED = 20, 200


@dataclass(frozen=True)
class Floor:
    """Seconds."""

    trigger: Spread
    job: Spread


def measure() -> Floor:
    """Measure both in a Spark of its own."""
    done = subprocess.run([sys.executable, "-m", __name__], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return Floor(**{name: Spread(**each) for name, each in found.items()})


def _main() -> None:
    name = load_mapping(GAME).name
    with spark_session(name, modules=MODULES, more_settings=SETTINGS) as spark:
        print(json.dumps(asdict(Floor(spread(_triggers(spark)), spread(_jobs(spark))))))


def _triggers(spark: SparkSession) -> list[float]:
    called_at: list[float] = []
    source = spark.readStream.format("rate-micro-batch").options(rowsPerBatch=1, numPartitions=1).load()
    query = source.writeStream.foreachBatch(lambda *_: called_at.append(time.perf_counter())).start()
    while len(called_at) <= _WARM_UP + _MEASURED:
        time.sleep(0.5)
    query.stop()
    return [after - before for before, after in pairwise(called_at[_WARM_UP:])]


def _jobs(spark: SparkSession) -> list[float]:
    context = spark.sparkContext
    numbers = context.parallelize(range(context.defaultParallelism), context.defaultParallelism)
    return [_seconds_of_a_job(numbers) for _ in range(_WARM_UP + _MEASURED)][_WARM_UP:]


def _seconds_of_a_job(numbers: RDD[int]) -> float:
    began = time.perf_counter()
    numbers.mapPartitionsWithIndex(_nothing).collect()
    return time.perf_counter() - began


def _nothing(_number: int, _numbers: Iterator[int]) -> Iterator[int]:
    return iter(())


if __name__ == "__main__":
    _main()
