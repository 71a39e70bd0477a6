"""A real scheduler: dates backfilled as the form does it, the games that follow, a game that breaks and its repair.

The DAGs are the project's, but for how long they take: no Spark (its start is 20 s on a small machine), two dates, not
a week, to catch up on, and mlb_schedule is late as soon as its date begins. What they prove of Spark and of pods,
tests/kubernetes proves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg import Connection

from tests.airflow import Airflow, Run, dags_without_spark, installed
from tests.conftest import Cli, Database
from tests.sinks import Webhook, webhook
from tests.waiting import until

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

# The simulated season of seed 7 has two games on the first of these, and none around its All-Star game.
GAMES, OFF = date(2026, 6, 11), [date(2026, 7, 13), date(2026, 7, 14)]
CLOCK = datetime(2026, 8, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def environment(services: dict[str, str]) -> dict[str, str]:
    """The services with a simulated season, migrated."""
    from mlb_data_platform import services as embedded

    state_dir = Path(services["MLB_STATE_DIR"])
    embedded.simulate(state_dir, embedded.SimulatedSeason(seed=7, season=2026, clock=CLOCK))
    found = services | embedded.environment(state_dir) | {"MLB_REQUESTS_PER_SECOND": "1000"}
    Cli(found).ok("db", "migrate")
    return found


@pytest.fixture(scope="module")
def slack() -> Iterator[Webhook]:
    """The webhook that the DAGs notify."""
    with webhook() as sink:
        yield sink


@pytest.fixture(scope="module")
def airflow(environment: dict[str, str], slack: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow with all its processes, and its DAGs unpaused."""
    connection = {"AIRFLOW_CONN_SLACK_DATA": slack.connection()}
    folder = {"AIRFLOW__CORE__DAGS_FOLDER": str(quick_dags(tmp_path_factory.mktemp("scheduled") / "dags"))}
    with installed(environment | connection | folder, ("api-server", "scheduler", "dag-processor")).running() as made:
        for dag_id in ("mlb_schedule", "mlb_game"):
            made.wake(dag_id)
        yield made


def quick_dags(folder: Path) -> Path:
    path = dags_without_spark(folder) / "mlb_schedule.yaml"
    week, two_days = "catch_up_days: 7", "catch_up_days: 2"
    noon, at_once = '{at: "12:00"}', '{at: "00:00", days_after: 0}'
    text = path.read_text(encoding="utf-8")
    assert week in text
    assert noon in text
    path.write_text(text.replace(week, two_days).replace(noon, at_once), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def mlb_etl(environment: dict[str, str]) -> Cli:
    return Cli(environment)


@pytest.fixture
def connection(environment: dict[str, str]) -> Iterator[Connection[Any]]:
    with Database(environment).connect() as opened:
        yield opened


@pytest.fixture
def simulator(environment: dict[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=environment["MLB_STATSAPI_BASE_URL"], timeout=60) as http:
        yield http
        http.delete("/_simulator/faults").raise_for_status()


def form(first: date, last: date, reprocess: str = "none", **conf: Any) -> dict[str, Any]:
    """As Airflow's backfill form sends it, where somebody chose midnight."""
    return {
        "dag_id": "mlb_schedule",
        "from_date": f"{first}T00:00:00.000Z",
        "to_date": f"{last}T00:00:00.000Z",
        "run_backwards": False,
        "dag_run_conf": conf,
        "reprocess_behavior": reprocess,
        "max_active_runs": 2,
    }


def backfill(airflow: Airflow, body: dict[str, Any]) -> None:
    """Create a backfill and return when it has ended: a DAG has one at a time."""
    made = airflow.ask("POST", "/api/v2/backfills", json=body)
    until(lambda: airflow.ask("GET", f"/api/v2/backfills/{made['id']}")["completed_at"], "the end of the backfill")


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


def test_the_form_runs_both_its_dates_and_the_games_follow(airflow: Airflow, mlb_etl: Cli) -> None:
    backfill(airflow, form(OFF[0], OFF[-1]))
    for day in OFF:
        run = run_of(airflow, "mlb_schedule", day)
        assert run.run_id.startswith(f"backfill__{day}__")
        assert airflow.wait(run) == "success"
        followed = run_of(airflow, "mlb_game", day)
        assert airflow.wait(followed) == "success", states(airflow, followed)
        assert states(airflow, followed) == {
            "list_games": "success",
            "ingest": "skipped",  # no games: nothing is asked for,
            "transform": "skipped",  # nothing starts for it,
            "refresh_views": "success",
            "check": "success",  # and all is well
        }
    arguments = ["backfill", "mlb_schedule", "--from", OFF[0], "--to", OFF[-1], "--reprocess", "completed", "--dry-run"]
    dates = json.loads(mlb_etl.ok("workflow", *arguments, "--json").out)
    assert [each["date"] for each in dates] == [str(day) for day in OFF]


def test_a_bulk_backfill_of_the_form_is_refused_with_the_notice(airflow: Airflow, environment: dict[str, str]) -> None:
    token = httpx.post(
        f"{environment['MLB_AIRFLOW_URL']}/auth/token",
        json={"username": "admin", "password": environment["MLB_AIRFLOW_PASSWORD"]},
    ).json()["access_token"]
    answer = httpx.post(
        f"{environment['MLB_AIRFLOW_URL']}/api/v2/backfills",
        json=form(date(2026, 4, 1), date(2026, 9, 30)),
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 400
    assert "non-bulk use only" in answer.json()["detail"]
    assert not airflow.runs_of("mlb_schedule", date(2026, 4, 1))


def test_one_bad_game_fails_alone_is_told_and_is_repaired_alone(
    environment: dict[str, str],
    airflow: Airflow,
    mlb_etl: Cli,
    connection: Connection[Any],
    simulator: httpx.Client,
    slack: Webhook,
) -> None:
    schedule = simulator.get(f"/api/v1/schedule?sportId=1&date={GAMES}").json()
    good, bad = sorted(game["gamePk"] for game in schedule["dates"][0]["games"])
    simulator.put("/_simulator/faults", json=[{"kind": "wrong_game", "game_pk": bad}]).raise_for_status()
    mlb_etl.ok("workflow", "backfill", "mlb_schedule", "--from", GAMES, "--to", GAMES, "--wait")
    run = run_of(airflow, "mlb_game", GAMES)
    waited = mlb_etl("workflow", "wait", "mlb_game", "--run", run.run_id)
    assert waited.exit_code == 1, waited.output
    assert f"mlb_game {run.run_id} failed: ingest " in waited.err
    assert states(airflow, run) == {
        "list_games": "success",
        "ingest[0]": "success",
        "ingest[1]": "failed",
        "transform": "success",
        "refresh_views": "success",
        "check": "failed",
    }
    assert loaded(connection, good, bad) == [good]
    (told,) = [text for text in slack.texts if f"{GAMES} failed" in text]
    assert told.startswith(f"mlb_game {GAMES} failed\ningest of {bad} (")
    assert f"game.live_game_metadata has no game_pk {bad}" in told
    assert f"\nlog: {environment['MLB_AIRFLOW_URL']}/dags/mlb_game/runs/" in told
    assert told.endswith(f"\nnext: mlb-etl workflow status mlb_game --run {run.run_id}")
    leads_on(airflow, run, bad)
    missing = mlb_etl("workflow", "missing", "mlb_game", "--from", GAMES, "--to", GAMES)
    assert missing.exit_code == 1
    assert f"no successful run; game.live_game_metadata has no game_pk {bad}" in missing.out

    simulator.delete("/_simulator/faults").raise_for_status()
    cleared = mlb_etl.ok("workflow", "clear", "mlb_game", "--run", run.run_id, "--game-pk", bad)
    assert sorted(line.partition("\t")[0] for line in cleared.out.splitlines()) == [
        "check",
        "ingest",
        "refresh_views",
        "transform",
    ]
    mlb_etl.ok("workflow", "wait", "mlb_game", "--run", run.run_id)
    assert loaded(connection, good, bad) == [good, bad]
    assert captures(connection, good) == 1  # it was not asked for again
    assert mlb_etl.ok("workflow", "missing", "mlb_game", "--from", GAMES, "--to", GAMES).out == ""


def leads_on(airflow: Airflow, run: Run, game_pk: int) -> None:
    """The task of the second game leads to the game, and to what repairs it."""
    links = airflow.ask("GET", f"{run.path}/taskInstances/ingest/links?map_index=1")["extra_links"]
    assert links["Game in Ballpark"] == f"{airflow.environment['MLB_AIRFLOW_URL']}/ballpark/game/{game_pk}"
    assert links["Repair, raw captures"].endswith("/tasks/ingest/mapped/1/rendered_templates")
    (shown,) = [task["rendered_fields"] for task in airflow.tasks(run, "ingest") if task["map_index"] == 1]
    assert shown["argv"] == ["ingest", "mlb_game", "--game-pk", str(game_pk)]
    assert shown["commands"]["repair"].endswith(f" --run {run.run_id} --task ingest --game-pk {game_pk}")
    links = airflow.ask("GET", f"{run.path}/taskInstances/check/links")["extra_links"]
    assert links == {"Game in Ballpark": None, "Repair, raw captures": None}


def test_a_date_that_is_processed_again_takes_its_games_along(airflow: Airflow, connection: Connection[Any]) -> None:
    backfill(airflow, form(GAMES, GAMES, reprocess="completed"))
    assert airflow.wait(run_of(airflow, "mlb_schedule", GAMES, number=2)) == "success"
    again = run_of(airflow, "mlb_game", GAMES, number=2)
    assert airflow.wait(again) == "success", states(airflow, again)


def test_the_form_needs_no_partition_to_be_followed_and_games_need_no_date(
    airflow: Airflow, connection: Connection[Any]
) -> None:
    """As the UI triggers: without a logical date, the date as a param."""
    by_date = {"logical_date": None, "conf": {"date": str(OFF[0])}}
    schedule = Run("mlb_schedule", airflow.ask("POST", "/api/v2/dags/mlb_schedule/dagRuns", json=by_date)["dag_run_id"])
    assert airflow.wait(schedule) == "success"
    game_pk = connection.execute("SELECT min(game_pk) FROM game.live_game_metadata").fetchone()
    assert game_pk
    by_game = {"logical_date": None, "conf": {"game_pks": list(game_pk)}}
    game = Run("mlb_game", airflow.ask("POST", "/api/v2/dags/mlb_game/dagRuns", json=by_game)["dag_run_id"])
    assert airflow.wait(game) == "success", states(airflow, game)
    assert airflow.wait(run_of(airflow, "mlb_game", OFF[0], number=2)) == "success"


def test_dates_that_were_missed_are_made_up_for_and_late(airflow: Airflow, slack: Webhook) -> None:
    """Since the backfills it is known when mlb_schedule ran last: months ago. The DAG processor says what is next."""
    airflow.ask("PATCH", "/api/v2/dags/mlb_game", json={"is_paused": True})  # that it follows is proven above
    last_tick = (datetime.now(UTC) - timedelta(hours=10)).date()
    # A DAG that wakes within a tenth of its interval after a tick runs for that tick at once: from 10:00 to 12:24.
    for run in airflow.runs_of("mlb_schedule", last_tick - timedelta(days=1)):
        airflow.wait(run)
        airflow.delete(run)
    airflow.restart("dag-processor")
    for missed in (last_tick - timedelta(days=1), last_tick - timedelta(days=2)):
        assert airflow.wait(run_of(airflow, "mlb_schedule", missed)) == "success"
    assert not airflow.runs_of("mlb_schedule", last_tick - timedelta(days=3))
    until(lambda: is_told(slack, last_tick - timedelta(days=1)), "word that the date is late")
    assert not is_told(slack, OFF[0]), "a date of months ago is not waited for"


def is_told(slack: Webhook, day: date) -> bool:
    late = f"mlb_schedule {day}: not loaded by {day} 00:00 UTC\n"
    return any(text.startswith(late) for text in slack.texts)


def loaded(connection: Connection[Any], *game_pks: int) -> list[int]:
    query = "SELECT game_pk FROM game.live_game_metadata WHERE game_pk = ANY(%s) ORDER BY game_pk"
    return [game_pk for (game_pk,) in connection.execute(query, [list(game_pks)])]


def captures(connection: Connection[Any], game_pk: int) -> int:
    """How often a game was asked for: raw rows, and sightings of the same content."""
    query = """
        SELECT (SELECT count(*) FROM game.live_game_v1 WHERE game_pk = %(game_pk)s)
             + (SELECT count(*) FROM metadata.raw_sightings
                WHERE raw_id IN (SELECT id FROM game.live_game_v1 WHERE game_pk = %(game_pk)s))
    """
    found = connection.execute(query, {"game_pk": game_pk}).fetchone()
    return int(found[0]) if found else 0
