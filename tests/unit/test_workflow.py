"""`mlb-etl workflow` against an Airflow that answers as the real one does."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from mlb_data_platform.cli.workflow import app
from mlb_data_platform.errors import BadInputError, TransientError


class Airflow:
    """Answers by method and path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], httpx.Response] = {
            ("GET", "/auth/token"): httpx.Response(201, json={"access_token": "t0ken"})
        }
        self.requests: list[httpx.Request] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.get((request.method, request.url.path), httpx.Response(404, json={"detail": "not found"}))

    @property
    def body(self) -> Any:
        return json.loads(self.requests[-1].content)


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    airflow = Airflow()
    client = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **given: client(**given, transport=httpx.MockTransport(airflow.answer)))
    return airflow


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).stdout


def test_trigger_sends_the_params_that_were_given(airflow: Airflow) -> None:
    airflow.answers["POST", "/api/v2/dags/mlb_game/dagRuns"] = httpx.Response(
        200, json={"dag_run_id": "manual__1", "state": "queued"}
    )
    assert run("trigger", "mlb_game", "--game-pk", "7", "--game-pk", "8", "--force") == "mlb_game\tmanual__1\tqueued\n"
    assert airflow.body["conf"] == {"game_pks": [7, 8], "force": True}
    assert airflow.body["partition_key"] is None
    assert airflow.requests[-1].headers["Authorization"] == "Bearer t0ken"


def test_a_date_is_the_partition_of_a_partitioned_dag(airflow: Airflow) -> None:
    airflow.answers["POST", "/api/v2/dags/mlb_schedule/dagRuns"] = httpx.Response(
        200, json={"dag_run_id": "manual__1", "state": "queued"}
    )
    run("trigger", "mlb_schedule", "--date", "2026-04-19")
    assert airflow.body["partition_key"] == "2026-04-19"


def test_backfill_asks_for_whole_days(airflow: Airflow) -> None:
    airflow.answers["POST", "/api/v2/backfills"] = httpx.Response(200, json={"id": 3})
    answer = run("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-04-07", "--json")
    assert json.loads(answer) == [{"dag": "mlb_schedule", "backfill": 3, "from": "2026-04-01", "to": "2026-04-07"}]
    assert airflow.body["from_date"] == "2026-04-01T00:00:00Z"
    assert airflow.body["to_date"] == "2026-04-07T23:59:59Z"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trigger", "mlb_season", "--game-pk", "7"), "mlb_season has no param game_pks"),
        (("trigger", "mlb_game", "--date", "yesterday"), "'yesterday' is not a date"),
        (("backfill", "mlb_game", "--from", "2026-04-01", "--to", "2026-04-02"), "backfill mlb_schedule instead"),
        (("backfill", "mlb_schedule", "--from", "2026-04-02", "--to", "2026-04-01"), "lies before"),
        (("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-09-30"), "--accept-terms"),
        (("status", "mlb_gam"), "GET http://127.0.0.1:8080/api/v2/dags/mlb_gam/dagRuns: 404 not found"),
    ],
)
def test_bad_input_is_refused(airflow: Airflow, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        run(*arguments)


def test_an_airflow_that_fails_is_worth_a_retry(airflow: Airflow) -> None:
    airflow.answers["GET", "/api/v2/dags"] = httpx.Response(503)
    with pytest.raises(TransientError, match="503 Service Unavailable"):
        run("list")


def test_status_shows_mapped_tasks_by_their_match_up(airflow: Airflow) -> None:
    runs = [{"dag_run_id": "r1", "state": "failed", "end_date": None}]
    first = {"task_id": "ingest", "rendered_map_index": "A @ B", "state": "failed", "try_number": 2}
    tasks = [{**first, "start_date": "2026-04-20T10:00:00Z", "map_index": 0}]
    airflow.answers["GET", "/api/v2/dags/mlb_game/dagRuns"] = httpx.Response(200, json={"dag_runs": runs})
    airflow.answers["GET", "/api/v2/dags/mlb_game/dagRuns/r1/taskInstances"] = httpx.Response(
        200, json={"task_instances": tasks}
    )
    assert run("status", "mlb_game") == "r1\tfailed\t-\ningest\tA @ B\tfailed\t2\n"
