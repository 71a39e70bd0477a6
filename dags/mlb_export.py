"""The Airflow DAG mlb_export: all it is stands in mlb_export.yaml beside this file."""

from pathlib import Path

from mlb_data_platform.orchestration.dag import build_dag

dag = build_dag(Path(__file__).with_suffix(".yaml"))
