"""The process that Spark forks its Python workers from (`spark.python.daemon.module`).

It imports what tasks need and compiles the mapping before the first fork, once for all workers of a machine: for the
games of one date a worker would otherwise take longer for that than for its work.
"""

from __future__ import annotations

import gc
import os

import pandas  # type: ignore[import-untyped]  # noqa: F401  what Spark and Arrow import in each worker that is given Arrow
from pyspark.daemon import manager

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.spark import staged_wave  # noqa: F401  what workers run
from mlb_data_platform.spark.session import ENDPOINT
from mlb_data_platform.transform.flatten import flattener

if __name__ == "__main__":
    flattener(load_mapping(os.environ[ENDPOINT]))
    gc.freeze()  # none of it is garbage, and a collector that looked through it would copy it into each worker
    manager()  # type: ignore[no-untyped-call]
