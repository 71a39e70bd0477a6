"""From a job's YAML to its DAG: the only part of the platform that imports Airflow."""
