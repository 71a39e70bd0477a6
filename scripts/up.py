"""`make up`: the services and Airflow with its scheduler and UI, in the background until `make down`.

They show a simulated date whose games are on. Where MLB_STATSAPI_BASE_URL names another API, that one is asked, and
nothing is started that would ask it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import airflow_processes
import demo
from steps import MLB_ETL, SHOWN, STATE_DIR, alone, attempt, migrate, report, script, start_services

from mlb_data_platform import services
from mlb_data_platform.cli.services import login
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.services import API_URL
from mlb_data_platform.settings import settings

_STOP = "`make down` stops everything and keeps the data; `mlb-etl services login` shows the password again."


@alone()
def main() -> None:
    """Start everything, and say what goes on there, where the UI is, and how to log in."""
    if asks_another_api():
        start(None, {})
        said = "All DAGs are paused until you unpause them (`mlb-etl workflow unpause mlb_live`)."
    else:
        now = datetime.now(UTC)
        shown = demo.load(SHOWN, settings().mlb_simulator_seed).at(now)
        demo.save(SHOWN, shown)
        start(shown.simulated(now), on := shown.on(now))
        started = time.monotonic()
        said = in_words(on, follows=demo.follow(on))
        report("games", started)
    print(flush=True)
    login()
    print(f"\n{said}\n{_STOP}")
    print(f"Ballpark, the games of today: {os.environ['MLB_AIRFLOW_URL']}/plugin/ballpark")


def asks_another_api() -> bool:
    """Return whether the environment leads to another API than the simulator of this folder.

    Raises BadInputError where the simulator still runs then: who was started with it goes on asking it.
    """
    asked = os.environ.get(API_URL)
    if asked is None or asked == services.simulator_url(STATE_DIR):
        return False
    if API_URL in services.environment(STATE_DIR):
        raise BadInputError(f"{API_URL} is {asked}, and what runs here asks a simulator: `make down` first")
    return True


def start(season: services.SimulatedSeason | None, on: demo.GamesByDate) -> None:
    """Start the services, with the simulator of a season if there is one, and Airflow; their variables become ours.

    The dates of the games that are on are loaded first: until Airflow follows each of them takes half a minute.
    """
    airflow_processes.give_up_taken_port()
    if season and API_URL not in services.environment(STATE_DIR):
        airflow_processes.stop()  # if it runs, it asks something else than the simulator
    os.environ.update(environment := start_services(season))
    migrate(environment)
    for day in on:
        load(day.isoformat(), environment)  # what fails is said, and Airflow's runs try it again
    started = time.monotonic()
    airflow_processes.start(environment)
    report("airflow", started)


def load(day: str, environment: Mapping[str, str]) -> None:
    """Load the games of a date as they stand, as its DAGs would; what fails ends it."""
    for job in demo.LOADED:
        mappings = [ingest.mapping for ingest in load_job(job).ingests]
        for words in (["ingest", job], *(["transform", mapping] for mapping in mappings)):
            if attempt(" ".join(words), [MLB_ETL, *words, "--date", day], environment):
                return


def in_words(on: demo.GamesByDate, *, follows: bool) -> str:
    """Return what goes on in the season that is shown."""
    games = " and ".join(f"{len(game_pks)} games of {day}" for day, game_pks in on.items()) or "no games"
    if not follows:
        how = f"The DAG {demo.LIVE}, which follows them, is paused: mlb-etl workflow unpause {demo.LIVE}"
    else:
        how = "Airflow follows them, the first in half a minute. In three hours they are over: `make up` begins others."
    others = f"{', '.join(demo.DAGS[:-1])} run too, unless you paused them; the other DAGs wait to be unpaused."
    return f"Simulated, in real time: {games} are on.\n{how}\n{others}"


if __name__ == "__main__":
    script(main)
