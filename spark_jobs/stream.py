"""The streaming job: `spark-submit spark_jobs/stream.py --date D`, arguments as `mlb-etl live stream`.

Structured Streaming ticks it (mlb_data_platform.spark.stream) until the date is over, with `mlb-etl`'s exit codes.
"""

from __future__ import annotations

import sys

from mlb_data_platform.cli.app import main

if __name__ == "__main__":
    sys.argv[1:] = ["live", "stream", "--engine", "spark", *sys.argv[1:]]
    main()
