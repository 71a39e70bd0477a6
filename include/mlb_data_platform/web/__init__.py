"""Ballpark: the page inside Airflow, an application that reads the tables and starts nothing by itself."""
