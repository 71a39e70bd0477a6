"""The steps of backfill.feature: a real scheduler, real runs.

The DAGs are the project's, but for how long they take: no Spark (its start is 20 s on a small machine), two dates, not
a week, to catch up on, and mlb_schedule is late as soon as its date begins. What they prove of Spark and of pods,
tests/kubernetes proves. The scenarios share one Airflow, and each goes on from what the one before left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from psycopg import Connection
from pytest_bdd import given, scenarios, then, when

from tests.airflow import Airflow, installed
from tests.bdd import scheduled
from tests.bdd.scheduled import Tried, dated, loaded, run_of, states
from tests.conftest import Cli, Database
from tests.sinks import Webhook, webhook
from tests.waiting import until

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

scenarios("features/backfill.feature")


@pytest.fixture(scope="module")
def environment(services: dict[str, str]) -> dict[str, str]:
    """The services with a simulated season, migrated."""
    return scheduled.simulated(services)


@pytest.fixture(scope="module")
def slack() -> Iterator[Webhook]:
    """The webhook that the DAGs notify."""
    with webhook() as sink:
        yield sink


@pytest.fixture(scope="module")
def airflow(environment: dict[str, str], slack: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow with all its processes, and its DAGs unpaused."""
    connection = {"AIRFLOW_CONN_SLACK_DATA": slack.connection()}
    folder = {"AIRFLOW__CORE__DAGS_FOLDER": str(scheduled.quick_dags(tmp_path_factory.mktemp("scheduled") / "dags"))}
    with installed(environment | connection | folder, ("api-server", "scheduler", "dag-processor")).running() as made:
        for dag_id in ("mlb_schedule", "mlb_game"):
            made.wake(dag_id)
        yield made


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


@pytest.fixture
def tried() -> Tried:
    return Tried()


@pytest.fixture
def games(simulator: httpx.Client) -> tuple[int, int]:
    """The games of the date that has two."""
    (day,) = simulator.get("/api/v1/schedule?sportId=1&date=2026-06-11").json()["dates"]
    first, second = sorted(each["gamePk"] for each in day["games"])
    return first, second


@given("an Airflow runs the DAGs mlb_schedule and mlb_game")
def _running(airflow: Airflow) -> None:
    assert {"mlb_schedule", "mlb_game"} <= {dag["dag_id"] for dag in airflow.ask("GET", "/api/v2/dags")["dags"]}


@given("the API answers with another game in place of the second one of 2026-06-11")
def _broken(simulator: httpx.Client, games: tuple[int, int]) -> None:
    simulator.put("/_simulator/faults", json=[{"kind": "wrong_game", "game_pk": games[1]}]).raise_for_status()


@when(dated("I backfill {first:Date} to {last:Date}, on which nobody plays, with Airflow's form"))
@when(dated("I backfill {first:Date} to {last:Date} with Airflow's form"))
def _by_form(airflow: Airflow, tried: Tried, first: date, last: date) -> None:
    tried.answer = scheduled.backfill(airflow, first, last)


@when(dated("I backfill {day:Date} with Airflow's form, though it is loaded"))
def _again_by_form(airflow: Airflow, tried: Tried, day: date) -> None:
    tried.answer = scheduled.backfill(airflow, day, day, reprocess="completed")


@when(dated("I backfill {day:Date} and wait for its games"))
def _by_command(airflow: Airflow, mlb_etl: Cli, tried: Tried, day: date) -> None:
    mlb_etl.ok("workflow", "backfill", "mlb_schedule", "--from", day, "--to", day, "--wait")
    tried.run = run_of(airflow, "mlb_game", day)
    tried.waited = mlb_etl("workflow", "wait", "mlb_game", "--run", tried.run.run_id)


@when("the API answers as it should, and I run that command and wait for the games")
def _repair(mlb_etl: Cli, simulator: httpx.Client, tried: Tried) -> None:
    simulator.delete("/_simulator/faults").raise_for_status()
    cleared = scheduled.run_command(mlb_etl, tried.command)
    assert sorted(line.partition("\t")[0] for line in cleared.out.splitlines()) == [
        "check",
        "ingest",
        "refresh_views",
        "transform",
    ]
    mlb_etl.ok("workflow", "wait", "mlb_game", "--run", tried.run.run_id)


@when(dated("I trigger mlb_schedule by hand with the date {day:Date}"))
def _by_hand(airflow: Airflow, tried: Tried, day: date) -> None:
    tried.run = scheduled.triggered(airflow, "mlb_schedule", date=str(day))


@when("I trigger mlb_game by hand with a game")
def _game_by_hand(airflow: Airflow, tried: Tried, games: tuple[int, int]) -> None:
    tried.run = scheduled.triggered(airflow, "mlb_game", game_pks=[games[0]])


@when("Airflow finds, months after the last date, that dates were missed")
def _missed(airflow: Airflow, tried: Tried) -> None:
    """Since the backfills it is known when mlb_schedule ran last. The DAG processor says what is next."""
    airflow.ask("PATCH", "/api/v2/dags/mlb_game", json={"is_paused": True})  # that it follows is said elsewhere
    tried.last_date = (datetime.now(UTC) - timedelta(hours=10)).date() - timedelta(days=1)
    # A DAG that wakes within a tenth of its interval after a tick runs for that tick at once: from 10:00 to 12:24.
    for run in airflow.runs_of("mlb_schedule", tried.last_date):
        airflow.wait(run)
        airflow.delete(run)
    airflow.restart("dag-processor")


@then(dated("a run named after it has loaded the schedule of {day:Date}"))
def _schedule_loaded(airflow: Airflow, day: date) -> None:
    run = run_of(airflow, "mlb_schedule", day)
    assert run.run_id.startswith(f"backfill__{day}__")
    assert airflow.wait(run) == "success"


@then(dated("the games of {day:Date} have followed, and all is well though there are none"))
def _no_games(airflow: Airflow, day: date) -> None:
    followed = run_of(airflow, "mlb_game", day)
    assert airflow.wait(followed) == "success", states(airflow, followed)
    assert states(airflow, followed) == {
        "list_games": "success",
        "ingest": "skipped",  # no games: nothing is asked for,
        "transform": "skipped",  # nothing starts for it,
        "refresh_views": "success",
        "check": "success",  # and all is well
    }


@then(dated("I am told that {first:Date} and {last:Date} would be loaded again, where I ask for that"))
def _dry_run(mlb_etl: Cli, first: date, last: date) -> None:
    arguments = ["backfill", "mlb_schedule", "--from", first, "--to", last, "--reprocess", "completed", "--dry-run"]
    dates = json.loads(mlb_etl.ok("workflow", *arguments, "--json").out)
    assert [each["date"] for each in dates] == [str(first), str(last)]


@then(dated("it is refused with the notice of what is allowed, and nothing is loaded of {day:Date}"))
def _not_allowed(airflow: Airflow, tried: Tried, day: date) -> None:
    assert tried.answer is not None
    assert tried.answer.status_code == 400
    assert "non-bulk use only" in tried.answer.json()["detail"]
    assert not airflow.runs_of("mlb_schedule", day)


@then("I am told which task failed")
def _told(tried: Tried) -> None:
    assert tried.waited is not None
    assert tried.waited.exit_code == 1, tried.waited.output
    assert f"mlb_game {tried.run.run_id} failed: ingest " in tried.waited.err


@then("of the second game's tasks one failed, of the first game's none")
def _alone(airflow: Airflow, tried: Tried) -> None:
    assert states(airflow, tried.run) == {
        "list_games": "success",
        "ingest[0]": "success",
        "ingest[1]": "failed",
        "transform": "success",
        "refresh_views": "success",
        "check": "failed",
    }


@then("the first game is in the tables, the second one is not")
def _one_loaded(connection: Connection[Any], games: tuple[int, int]) -> None:
    assert loaded(connection, games) == [games[0]]


@then("both games are in the tables")
def _both_loaded(connection: Connection[Any], games: tuple[int, int]) -> None:
    assert loaded(connection, games) == [*games]


@then("a notice says which game failed, why, and by which command I see its tasks")
def _notice(airflow: Airflow, slack: Webhook, tried: Tried, games: tuple[int, int]) -> None:
    (told,) = [text for text in slack.texts if "2026-06-11 failed" in text]
    assert told.startswith(f"mlb_game 2026-06-11 failed\ningest of {games[1]} (")
    assert f"game.live_game_metadata has no game_pk {games[1]}" in told
    assert f"\nlog: {airflow.environment['MLB_AIRFLOW_URL']}/dags/mlb_game/runs/" in told
    tried.command = told.partition("\nnext: ")[2]
    assert tried.command == f"mlb-etl workflow status mlb_game --run {tried.run.run_id}"


@then("that command shows me the task that failed")
def _shown(mlb_etl: Cli, tried: Tried) -> None:
    tasks = [line.split("\t") for line in scheduled.run_command(mlb_etl, tried.command).out.splitlines()]
    (failed,) = [words for words in tasks if words[0] == "ingest" and "failed" in words]
    assert " @ " in failed[1], "by its match-up"


@then("the page of that task leads to the game in Ballpark, and to the command that repairs it")
def _leads_on(airflow: Airflow, tried: Tried, games: tuple[int, int]) -> None:
    links = airflow.ask("GET", f"{tried.run.path}/taskInstances/ingest/links?map_index=1")["extra_links"]
    assert links["Game in Ballpark"] == f"{airflow.environment['MLB_AIRFLOW_URL']}/ballpark/game/{games[1]}"
    assert links["Captures in Ballpark"] == f"{links['Game in Ballpark']}#captures"
    assert links["Commands: repair, raw captures"].endswith("/tasks/ingest/mapped/1/rendered_templates")
    (shown,) = [task["rendered_fields"] for task in airflow.tasks(tried.run, "ingest") if task["map_index"] == 1]
    assert shown["argv"] == ["ingest", "mlb_game", "--game-pk", str(games[1])]
    tried.command = shown["commands"]["repair"]
    assert tried.command.endswith(f" --run {tried.run.run_id} --task ingest --game-pk {games[1]}")
    links = airflow.ask("GET", f"{tried.run.path}/taskInstances/check/links")["extra_links"]
    commands = f"/runs/{quote(tried.run.run_id, safe='')}/tasks/check/rendered_templates"
    assert links.pop("Commands: repair, raw captures").endswith(commands)
    assert links == {"Game in Ballpark": None, "Captures in Ballpark": None}
    (check,) = [task["rendered_fields"] for task in airflow.tasks(tried.run, "check")]
    assert check["commands"]["raw captures"] == "mlb-etl raw list game.live_game_v1 --date 2026-06-11"
    assert check["configuration"]["yaml"] == "dags/mlb_game.yaml"


@then(dated("{day:Date} is among the missing dates, for the second game"))
def _missing(mlb_etl: Cli, games: tuple[int, int], day: date) -> None:
    missing = mlb_etl("workflow", "missing", "mlb_game", "--from", day, "--to", day)
    assert missing.exit_code == 1
    assert f"no successful run; game.live_game_metadata has no game_pk {games[1]}" in missing.out


@then(dated("{day:Date} is not among the missing dates"))
def _not_missing(mlb_etl: Cli, day: date) -> None:
    assert mlb_etl.ok("workflow", "missing", "mlb_game", "--from", day, "--to", day).out == ""


@then("the first game was not asked for again")
def _left_alone(connection: Connection[Any], games: tuple[int, int]) -> None:
    query = """
        SELECT (SELECT count(*) FROM game.live_game_v1 WHERE game_pk = %(game_pk)s)
             + (SELECT count(*) FROM metadata.raw_sightings
                WHERE raw_id IN (SELECT id FROM game.live_game_v1 WHERE game_pk = %(game_pk)s))
    """
    assert connection.execute(query, {"game_pk": games[0]}).fetchone() == (1,)


@then("its schedule and its games are loaded for the second time")
def _twice(airflow: Airflow) -> None:
    for dag_id in ("mlb_schedule", "mlb_game"):
        again = run_of(airflow, dag_id, date(2026, 6, 11), number=2)
        assert airflow.wait(again) == "success", states(airflow, again)


@then("it succeeds")
def _succeeds(airflow: Airflow, tried: Tried) -> None:
    assert airflow.wait(tried.run) == "success", states(airflow, tried.run)


@then(dated("it succeeds, and the games of {day:Date} follow once more"))
def _follow(airflow: Airflow, tried: Tried, day: date) -> None:
    _succeeds(airflow, tried)
    assert airflow.wait(run_of(airflow, "mlb_game", day, number=2)) == "success"


@then("the last two dates are loaded, and none before them")
def _made_up_for(airflow: Airflow, tried: Tried) -> None:
    for day in (tried.last_date, tried.last_date - timedelta(days=1)):
        assert airflow.wait(run_of(airflow, "mlb_schedule", day)) == "success"
    assert not airflow.runs_of("mlb_schedule", tried.last_date - timedelta(days=2))


@then("a notice says that the last date is late, and none that one of months ago is")
def _late(slack: Webhook, tried: Tried) -> None:
    until(lambda: scheduled.is_told(slack, tried.last_date), "word that the date is late")
    assert not scheduled.is_told(slack, date(2026, 7, 13))
