"""PostgreSQL, Redis and S3 for one machine: from PyPI wheels, on loopback, under one state folder."""

from mlb_data_platform.services.environment import API_URL, Login, airflow_login, environment, simulator_url
from mlb_data_platform.services.simulator import SimulatedSeason
from mlb_data_platform.services.stack import Status, down, give_up_taken_port, simulate, status, up

__all__ = [
    "API_URL",
    "Login",
    "SimulatedSeason",
    "Status",
    "airflow_login",
    "down",
    "environment",
    "give_up_taken_port",
    "simulate",
    "simulator_url",
    "status",
    "up",
]
