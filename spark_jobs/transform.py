"""The batch job: `spark-submit spark_jobs/transform.py ENDPOINT.METHOD [--date D] …`, arguments as `mlb-etl transform`.

Stage, audit and publish are one program (mlb_data_platform.spark.engine), with `mlb-etl`'s exit codes.
"""

from __future__ import annotations

import sys

from mlb_data_platform.cli.app import main

if __name__ == "__main__":
    sys.argv[1:] = ["transform", "--engine", "spark", *sys.argv[1:]]
    main()
