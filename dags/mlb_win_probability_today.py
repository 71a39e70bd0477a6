"""The Airflow DAG mlb_win_probability_today: all it is stands in mlb_win_probability_today.yaml beside this file."""

from pathlib import Path

from mlb_data_platform.orchestration.dag import build_dag

dag = build_dag(Path(__file__).with_suffix(".yaml"))
