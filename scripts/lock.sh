#!/usr/bin/env bash
# Compile every lock from pyproject.toml and requirements.in. Each is constrained by the image it adds to, so that a
# laptop and an image never differ. The locks name no index: they hold for whichever one pip or uv is configured for.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo .tools/bin/uv)

compile() {
    "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-annotate --custom-compile-command "make lock" "$@"
}

compile pyproject.toml                 --output-file images/ingest/requirements.txt
compile pyproject.toml --extra spark --extra export \
    --constraint images/ingest/requirements.txt --output-file images/spark/requirements.txt
compile --group jobs-dev               --constraint images/spark/requirements.txt  --output-file requirements/jobs-dev.txt
compile requirements/build.in          --constraint requirements/jobs-dev.txt      --output-file requirements/build.txt
compile requirements.in                --output-file requirements.txt
compile --group airflow-dev            --constraint requirements.txt               --output-file requirements/airflow-dev.txt
compile requirements/bench.in          --constraint images/spark/requirements.txt  --constraint requirements/jobs-dev.txt \
    --output-file requirements/bench.txt
compile requirements/notebook.in       --constraint images/spark/requirements.txt  --constraint requirements/jobs-dev.txt \
    --output-file requirements/notebook.txt
compile requirements/page.in           --constraint images/ingest/requirements.txt --constraint requirements/jobs-dev.txt \
    --output-file requirements/page.txt
