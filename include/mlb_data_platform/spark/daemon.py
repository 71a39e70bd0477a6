"""The process that Spark forks its Python workers from (`spark.python.daemon.module`).

It imports what tasks need and compiles the mapping before the first fork, once for all workers of a machine: for the
games of one date a worker would otherwise take longer for that than for its work.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module


def leave_out_archives() -> None:
    """Let nothing be imported from the archives that Spark puts first on the path, itself and its largest jar.

    Before each task a worker has all importers look anew, and for an archive that is to read its directory: 80 ms of a
    core, where the task of a stream has less to do. Spark is installed as well.
    """
    sys.path[:] = [place for place in sys.path if not place.endswith((".zip", ".jar"))]
    for place in {*sys.path_importer_cache} - {*sys.path}:
        del sys.path_importer_cache[place]


def main() -> None:
    """Fork workers until Spark wants no more."""
    leave_out_archives()
    # Only now: who has looked into an archive once looks there again (the jar has a folder that `pickle` asks for).
    from pyspark.daemon import manager

    from mlb_data_platform.mapping.load import load_mapping
    from mlb_data_platform.spark.session import ENDPOINT, MODULES
    from mlb_data_platform.transform.flatten import flattener

    for module in os.environ[MODULES].split(","):
        import_module(module)
    flattener(load_mapping(os.environ[ENDPOINT]))
    gc.freeze()  # none of it is garbage, and a collector that looked through it would copy it into each worker
    manager()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
