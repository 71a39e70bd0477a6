"""`make up`: the services and Airflow with its scheduler and UI, in the background until `make down`."""

from __future__ import annotations

import sys
import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

import airflow_processes
from steps import migrate, report, start_services

from mlb_data_platform.cli.services import login
from mlb_data_platform.errors import PlatformError
from mlb_data_platform.services import SimulatedSeason
from statsapi_simulator.world.dates import shift_to

_LAST_TO_END_ITS_DAY = ZoneInfo("America/Los_Angeles")


def main() -> None:
    """Start everything and say where the UI is, and how to log in."""
    airflow_processes.give_up_taken_port()
    environment = start_services(season_on(datetime.now(_LAST_TO_END_ITS_DAY).date()))
    migrate(environment)
    started = time.monotonic()
    airflow_processes.start(environment)
    report("airflow", started)
    print(flush=True)
    login()
    print("\nDAGs are paused until you unpause them. `make down` stops everything.")
    print("`.venv-jobs/bin/mlb-etl services login` shows the password again.")
    print(f"Ballpark, the games of today: {environment['MLB_AIRFLOW_URL']}/plugin/ballpark")


def season_on(today: date) -> SimulatedSeason:
    """Return a season that is on, by this machine's clock: what is scheduled finds the games of today."""
    return SimulatedSeason(season=today.year, shift_days=shift_to(today))


if __name__ == "__main__":
    try:
        main()
    except PlatformError as error:
        sys.exit(f"error: {error}")
