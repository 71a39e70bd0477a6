"""What a DAG's YAML says: typed models and their loader. Airflow is not needed to read them."""
