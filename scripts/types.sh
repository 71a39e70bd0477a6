#!/usr/bin/env bash
# mypy --strict over everything, each part in the environment that has its libraries, Airflow's or the jobs', side by side.
set -euo pipefail
cd "$(dirname "$0")/.."

{
    .venv/bin/mypy --cache-dir .mypy_cache/airflow -p mlb_data_platform.orchestration -p mlb_data_platform.web &&
        .venv/bin/mypy --cache-dir .mypy_cache/airflow dags plugins
} &
airflow=$!

failed=0
.venv-jobs/bin/mypy --cache-dir .mypy_cache/jobs --exclude '/(orchestration|web)/' -p mlb_data_platform -p statsapi_simulator &&
    MYPYPATH=include:scripts .venv-jobs/bin/mypy --cache-dir .mypy_cache/jobs scripts spark_jobs || failed=$?
wait "$airflow" || failed=$?
exit "$failed"
