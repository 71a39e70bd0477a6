"""What the scenarios of one Airflow do with it: backfill, trigger, look at runs; and the DAGs that it has."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
from psycopg import Connection
from pytest_bdd import parsers

from tests.airflow import Airflow, Run, dags_without_spark
from tests.conftest import Cli, Finished
from tests.sinks import Webhook
from tests.waiting import until

# The season of seed 7 has two games on 2026-06-11, and none around its All-Star game in July.
CLOCK = datetime(2026, 8, 5, 12, tzinfo=UTC)
_NONE = Run("", "")


@dataclass
class Tried:
    """What came of what a scenario does."""

    answer: httpx.Response | None = None
    waited: Finished | None = None
    run: Run = _NONE
    command: str = ""  # that a person is told to run next
    last_date: date = date.min  # that could have been loaded by then


def dated(text: str) -> parsers.parse:
    """A step with dates in it."""
    return parsers.parse(text, extra_types={"Date": date.fromisoformat})


def simulated(services: dict[str, str]) -> dict[str, str]:
    """Return the environment of `services` with a simulated season, migrated."""
    from mlb_data_platform import services as embedded

    state_dir = Path(services["MLB_STATE_DIR"])
    embedded.simulate(state_dir, embedded.SimulatedSeason(seed=7, season=2026, clock=CLOCK))
    found = services | embedded.environment(state_dir) | {"MLB_REQUESTS_PER_SECOND": "1000"}
    Cli(found).ok("db", "migrate")
    return found


def quick_dags(folder: Path) -> Path:
    """Make `folder` the project's DAGs, but for how long they take; return it."""
    path = dags_without_spark(folder) / "mlb_schedule.yaml"
    week, two_days = "catch_up_days: 7", "catch_up_days: 2"
    noon, at_once = '{at: "12:00"}', '{at: "00:00", days_after: 0}'
    text = path.read_text(encoding="utf-8")
    assert week in text
    assert noon in text
    path.write_text(text.replace(week, two_days).replace(noon, at_once), encoding="utf-8")
    return folder


def backfill(airflow: Airflow, first: date, last: date, reprocess: str = "none") -> httpx.Response:
    """Backfill mlb_schedule as Airflow's form does where somebody chose midnight; return its answer, at the end of it.

    A DAG has one backfill at a time.
    """
    form = {
        "dag_id": "mlb_schedule",
        "from_date": f"{first}T00:00:00.000Z",
        "to_date": f"{last}T00:00:00.000Z",
        "run_backwards": False,
        "dag_run_conf": {},
        "reprocess_behavior": reprocess,
        "max_active_runs": 2,
    }
    answer = airflow.answer("POST", "/api/v2/backfills", json=form)
    if answer.is_success:
        made = f"/api/v2/backfills/{answer.json()['id']}"
        until(lambda: airflow.ask("GET", made)["completed_at"], "the end of the backfill")
    return answer


def triggered(airflow: Airflow, dag_id: str, **conf: Any) -> Run:
    """Trigger a run as the UI does, without a logical date or a partition, and return it."""
    body = {"logical_date": None, "conf": conf}
    return Run(dag_id, airflow.ask("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])


def is_told(slack: Webhook, day: date) -> bool:
    """Whether it was said that the schedule of a date is late."""
    late = f"mlb_schedule {day}: not loaded by {day} 00:00 UTC\n"
    return any(text.startswith(late) for text in slack.texts)


def run_command(mlb_etl: Cli, command: str) -> Finished:
    """Run what a person is told to run."""
    program, *arguments = shlex.split(command)
    assert program == "mlb-etl"
    return mlb_etl.ok(*arguments)


def run_of(airflow: Airflow, dag_id: str, day: date, number: int = 1) -> Run:
    """The first, second … run of a DAG for a date, when it has begun."""
    runs = until(
        lambda: found if len(found := airflow.runs_of(dag_id, day)) >= number else None, f"{dag_id} for {day}", 120
    )
    return runs[number - 1]


def states(airflow: Airflow, run: Run) -> dict[str, str]:
    """The state of each task, of mapped ones by the game's index."""
    return {
        f"{task['task_id']}[{task['map_index']}]" if task["map_index"] >= 0 else task["task_id"]: task["state"]
        for task in airflow.tasks(run)
    }


def loaded(connection: Connection[Any], game_pks: tuple[int, int]) -> list[int]:
    """Return which of these games are in the tables."""
    query = "SELECT game_pk FROM game.live_game_metadata WHERE game_pk = ANY(%s) ORDER BY game_pk"
    return [game_pk for (game_pk,) in connection.execute(query, [list(game_pks)])]
