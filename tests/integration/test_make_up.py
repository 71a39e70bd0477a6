"""`make up` and `make down` as people use them: a real Airflow, and games are followed when everything is stopped."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlb_data_platform import services
from tests.conftest import PROJECT_DIR, Database

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

AIRFLOW = PROJECT_DIR / ".venv" / "bin" / "airflow"
MLB_ETL = PROJECT_DIR / ".venv-jobs" / "bin" / "mlb-etl"


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


def followers(environment: dict[str, str]) -> list[tuple[str, str | None]]:
    """Return status and error of each `mlb-etl live follow`."""
    with Database(environment).connect() as connection:
        rows = connection.execute("SELECT status, error FROM metadata.job_executions WHERE job = 'live follow'")
        return rows.fetchall()


def live_rows(environment: dict[str, str]) -> dict[int, tuple[Any, ...]]:
    """Return the row of each game that is on, as the page shows it."""
    with Database(environment).connect() as connection:
        rows = connection.execute(
            "SELECT game_pk, home_runs, away_runs, current_inning, captured_at FROM game.live_game_metadata"
            " WHERE abstract_game_state = 'Live'"
        )
        return {row[0]: row[1:] for row in rows}


def games_with_chances(environment: dict[str, str]) -> set[int]:
    """Return the games that are on of which the page draws how likely each side was to win."""
    with Database(environment).connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT game_pk FROM game.win_probability_plays JOIN game.live_game_metadata USING (game_pk)"
            " WHERE abstract_game_state = 'Live' AND home_team_win_probability IS NOT NULL"
        )
        return {game_pk for (game_pk,) in rows}


def rows_since(environment: dict[str, str], before: dict[int, tuple[Any, ...]]) -> dict[int, tuple[Any, ...]]:
    """Return the rows of the games that are on once one of those is another than before; none until then."""
    now = live_rows(environment)
    return now if any(now.get(game_pk) != row for game_pk, row in before.items()) else {}


def until(what: str, seconds: float, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, f"{what} within {seconds} s"
        time.sleep(0.5)
    return value


def workflow(environment: dict[str, str], *words: str) -> Any:
    """Return what `mlb-etl workflow` answers, of the Airflow that the environment leads to."""
    done = subprocess.run(
        [MLB_ETL, "workflow", *words, "--json"],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_make_up_shows_games_that_are_on_and_make_down_stops_all_of_it_while_they_are_followed(state_dir: Path) -> None:
    up = make("up", state_dir)
    assert up.returncode == 0, up.stderr
    environment = services.environment(state_dir)
    shown = dict(line.split(maxsplit=1) for line in up.stdout.splitlines() if line.startswith(("user", "password")))
    assert shown == {"user": "admin", "password": environment["MLB_AIRFLOW_PASSWORD"]}
    assert logs_in(environment["MLB_AIRFLOW_URL"], shown["user"], shown["password"])
    assert up.stdout.splitlines()[-1].endswith(f"{environment['MLB_AIRFLOW_URL']}/plugin/ballpark")
    with pytest.raises(urllib.error.HTTPError, match="401"):  # it is there, and asks who wants it
        urllib.request.urlopen(f"{environment['MLB_AIRFLOW_URL']}/ballpark/", timeout=60)

    ((number, day),) = re.findall(r"^Simulated, in real time: (\d+) games of (\S+) are on", up.stdout, re.MULTILINE)
    (of_day,) = asked(environment, f"/api/v1/schedule?sportId=1&date={day}")["dates"]
    assert int(number) >= 13
    on = sum(game["status"]["abstractGameState"] == "Live" for game in of_day["games"])
    assert on >= int(number) - 2, "but where rain delays the start"
    before = live_rows(environment)
    assert len(before) >= int(number) - 2, "they are on the page before the first is followed"
    followed = until("a row changes", 240, lambda: rows_since(environment, before))
    until("a row changes again", 60, lambda: rows_since(environment, followed))
    until("chances to win", 360, lambda: games_with_chances(environment))  # at the next ten minutes

    again = make("up", state_dir)
    assert again.returncode == 0, again.stderr
    assert f"{number} games of {day} are on" in again.stdout
    assert len(workflow(environment, "status", "mlb_live")["runs"]) == 1, "they are followed already"

    down = make("down", state_dir)
    assert down.returncode == 0, down.stderr
    order = "triggerer, dag-processor, scheduler, api-server, simulator, s3, redis, postgres"
    assert down.stdout == f"stopped {order}\n", "in order, and nothing had to be killed"
    assert started_in(state_dir) == []

    assert set(followers(services.up(state_dir))) == {("failed", "Interrupted: SIGTERM")}
