"""`make up`: the services and Airflow with its scheduler and UI, in the background until `make down`."""

from __future__ import annotations

import sys
import time

import airflow_processes
from steps import migrate, report, start_services

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.services import SimulatedSeason


def main() -> None:
    """Start everything and say where the UI is."""
    environment = start_services(SimulatedSeason())  # its clock is this machine's: what is scheduled finds its games
    migrate(environment)
    started = time.monotonic()
    airflow_processes.start(environment)
    report("airflow", started)
    print(f"\nAirflow: {environment['MLB_AIRFLOW_URL']}   user: {airflow_processes.USER}")
    print("password: the value of MLB_AIRFLOW_PASSWORD in what `.venv-jobs/bin/mlb-etl services env` prints")
    print("DAGs are paused until you unpause them. `make down` stops everything.")


if __name__ == "__main__":
    try:
        main()
    except PlatformError as error:
        sys.exit(f"error: {error}")
