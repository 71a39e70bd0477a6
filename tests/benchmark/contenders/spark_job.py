"""Contender (a2): the platform's Spark job, with Spark started before the clock is: its start is told apart."""

from __future__ import annotations

import time

from mlb_data_platform.spark.engine import outcomes
from mlb_data_platform.spark.session import spark_session
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.transform.run import run
from mlb_data_platform.transform.selection import Selection
from tests.benchmark.work import ENDPOINT, answer


def main() -> None:
    """Transform all raw rows and say how long that took."""
    execution = Execution()
    with spark_session(ENDPOINT) as spark:  # the job takes the session that is there
        started = time.perf_counter()
        run(ENDPOINT, Selection(), execution, lambda done, total: None, outcomes)
        seconds = time.perf_counter() - started
        version = spark.version
    if execution.errors:
        raise SystemExit(f"{len(execution.errors)} of {execution.asked} games failed: {execution.errors[0]}")
    answer(seconds, version=version)


if __name__ == "__main__":
    main()
