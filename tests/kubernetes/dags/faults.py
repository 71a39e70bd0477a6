"""Airflow DAGs that the tests of faults disturb: every YAML beside this file, built as the project's own are."""

from pathlib import Path

from mlb_data_platform.orchestration.dag import build_dag

globals().update({path.stem: build_dag(path) for path in sorted(Path(__file__).parent.glob("*.yaml"))})
