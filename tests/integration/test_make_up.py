"""`make up` and `make down` as people use them: a real Airflow, with a task at work when everything is stopped."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlb_data_platform import services
from statsapi_simulator.world.dates import season_dates
from tests.conftest import PROJECT_DIR, Database

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

AIRFLOW = PROJECT_DIR / ".venv" / "bin" / "airflow"


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    if not AIRFLOW.exists():
        pytest.skip(f"no Airflow: {AIRFLOW} is missing; run: make setup")
    yield tmp_path
    make("down", tmp_path)


def make(target: str, state_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", target],
        env={**os.environ, "MLB_STATE_DIR": str(state_dir)},
        cwd=PROJECT_DIR, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip


def asked(environment: dict[str, str], path: str, **request: Any) -> Any:
    url = environment["MLB_STATSAPI_BASE_URL"] + path
    with urllib.request.urlopen(urllib.request.Request(url, **request), timeout=30) as response:
        return json.load(response)


def logs_in(url: str, user: str, password: str) -> bool:
    body = json.dumps({"username": user, "password": password}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/auth/token", data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=60) as response:
        return bool(json.load(response)["access_token"])


def started_in(state_dir: Path) -> list[psutil.Process]:
    """All programs that know this state folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("MLB_STARTED_AS", "").startswith(str(state_dir)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def lies_in_the_break_of_july(day: date) -> bool:
    """Whether the season, which is not moved then, has no games for a few days."""
    season = season_dates(day.year)
    return season.last_date_first_half < day < season.first_date_second_half


def ingests(environment: dict[str, str]) -> list[tuple[str, str | None]]:
    """Return status and error of each `mlb-etl ingest`."""
    with Database(environment).connect() as connection:
        rows = connection.execute("SELECT status, error FROM metadata.job_executions WHERE job ^@ 'ingest'")
        return rows.fetchall()


def test_make_up_has_games_today_and_make_down_stops_all_of_it_while_a_task_runs(state_dir: Path) -> None:
    up = make("up", state_dir)
    assert up.returncode == 0, up.stderr
    environment = services.environment(state_dir)
    shown = dict(line.split(maxsplit=1) for line in up.stdout.splitlines() if line.startswith(("user", "password")))
    assert shown == {"user": "admin", "password": environment["MLB_AIRFLOW_PASSWORD"]}
    assert logs_in(environment["MLB_AIRFLOW_URL"], shown["user"], shown["password"])
    assert up.stdout.splitlines()[-1].endswith(f"{environment['MLB_AIRFLOW_URL']}/plugin/ballpark")
    with pytest.raises(urllib.error.HTTPError, match="401"):  # it is there, and asks who wants it
        urllib.request.urlopen(f"{environment['MLB_AIRFLOW_URL']}/ballpark/", timeout=60)
    today = datetime.now(UTC).date() - timedelta(days=1)
    games = asked(environment, f"/api/v1/schedule?sportId=1&date={today}")["totalGames"]
    assert (games > 0) is not lies_in_the_break_of_july(today)

    asked(environment, "/_simulator/faults", method="PUT", data=b'[{"kind": "slow", "seconds": 60}]')
    program = {**os.environ, **environment, "MLB_RUNTIME": "process"}
    conf = json.dumps({"date": str(today)})
    for words in (["unpause", "mlb_season"], ["trigger", "mlb_season", "--conf", conf]):
        subprocess.run([AIRFLOW, "dags", *words], env=program, capture_output=True, check=True)
    deadline = time.monotonic() + 180
    while ("running", None) not in ingests(environment):  # of the run we start, or of the schedule's
        assert time.monotonic() < deadline, "no task was started"
        time.sleep(0.2)

    down = make("down", state_dir)
    assert down.returncode == 0, down.stderr
    order = "triggerer, dag-processor, scheduler, api-server, simulator, s3, redis, postgres"
    assert down.stdout == f"stopped {order}\n", "in order, and nothing had to be killed"
    assert started_in(state_dir) == []

    assert set(ingests(services.up(state_dir))) == {("failed", "Interrupted: SIGTERM")}
