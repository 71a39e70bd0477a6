"""The process that Spark forks its Python workers from (`spark.python.daemon.module`).

It imports what tasks need and compiles the mapping before the first fork, once for all workers of a machine: for the
games of one date a worker would otherwise take longer for that than for its work.
"""

from __future__ import annotations

import gc
import os
from importlib import import_module

from pyspark.daemon import manager

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.spark.session import ENDPOINT, MODULES
from mlb_data_platform.transform.flatten import flattener

if __name__ == "__main__":
    for module in os.environ[MODULES].split(","):
        import_module(module)
    flattener(load_mapping(os.environ[ENDPOINT]))
    gc.freeze()  # none of it is garbage, and a collector that looked through it would copy it into each worker
    manager()  # type: ignore[no-untyped-call]
