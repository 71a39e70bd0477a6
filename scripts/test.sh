#!/usr/bin/env bash
# Every quick test that needs no cluster, each suite in the environment it is about, and what they cover together.
set -euo pipefail
cd "$(dirname "$0")/.."

export COVERAGE_FILE=$PWD/.coverage
rm -f .coverage .coverage.*

# Folders of this run's own, one for each pytest: it closes the usual one to PostgreSQL's user whenever another begins.
work=$(mktemp --directory)
trap 'jobs -pr | xargs --no-run-if-empty kill; rm -rf "$work"' EXIT
mkdir "$work/dags" "$work/others"

# The tests of what Airflow imports run beside the others; what they say comes after them.
PYTEST_DEBUG_TEMPROOT=$work/dags .venv/bin/python -m coverage run -m pytest tests/dags tests/web > "$work/said" 2>&1 &
dags=$!

# Most of a test is waiting for programs and databases: files, and the classes of a file, run side by side, each worker
# with services of its own. The long ones come first, in the order given here, so that the short ones fill what is left.
failed=0
PYTEST_DEBUG_TEMPROOT=$work/others .venv-jobs/bin/python -m coverage run -m pytest \
    -m "not slow" -n 3 --durations 25 --dist loadscope --no-loadscope-reorder tests/bdd tests/integration tests/unit \
    || failed=$?
wait "$dags" || failed=$?
cat "$work/said"
test "$failed" = 0 || exit "$failed"

# They need a cluster to run, but none to be imported: what breaks that shows here.
.venv-jobs/bin/python -m pytest --quiet --collect-only tests/kubernetes > /dev/null
.venv-jobs/bin/python -m coverage combine --quiet
.venv-jobs/bin/python -m coverage report
echo "not run: make test-slow, the tests that take long; make test-page, which looks at Ballpark with a Chromium on PATH"
