"""`mlb-etl workflow` against an Airflow that answers as the real one does."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from mlb_data_platform.cli.workflow import airflow_wait, app
from mlb_data_platform.cli.workflow.run_progress import run_progress
from mlb_data_platform.errors import BadInputError, TransientError

GAME, SCHEDULE = "/api/v2/dags/mlb_game", "/api/v2/dags/mlb_schedule"


class Airflow:
    """Answers by method and path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], httpx.Response] = {
            ("GET", "/auth/token"): httpx.Response(201, json={"access_token": "t0ken"}),
            ("GET", "/api/v2/dags"): httpx.Response(200, json={"dags": []}),  # of what follows, nothing is paused
        }
        self.later: dict[tuple[str, str], list[httpx.Response]] = {}
        self.requests: list[httpx.Request] = []

    def says(self, method: str, path: str, *answers: Any) -> None:
        """Give these answers to a request, one after the other, and the last one from then on."""
        self.later[method, path] = [httpx.Response(200, json=answer) for answer in answers]

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if later := self.later.get((request.method, request.url.path)):
            return later.pop(0) if len(later) > 1 else later[0]
        return self.answers.get((request.method, request.url.path), httpx.Response(404, json={"detail": "not found"}))

    @property
    def body(self) -> Any:
        return json.loads(self.requests[-1].content)


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    airflow = Airflow()
    client = httpx.Client
    monkeypatch.setattr(airflow_wait, "_SECONDS_BETWEEN_LOOKS", 0)
    monkeypatch.setattr(httpx, "Client", lambda **given: client(**given, transport=httpx.MockTransport(airflow.answer)))
    return airflow


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False).stdout


def test_trigger_sends_the_params_that_were_given(airflow: Airflow) -> None:
    airflow.says("GET", GAME, {"is_paused": False})
    airflow.answers["POST", "/api/v2/dags/mlb_game/dagRuns"] = httpx.Response(
        200, json={"dag_run_id": "manual__1", "state": "queued"}
    )
    assert run("trigger", "mlb_game", "--game-pk", "7", "--game-pk", "8", "--force") == "mlb_game\tmanual__1\tqueued\n"
    assert airflow.body["conf"] == {"game_pks": [7, 8], "force": True}
    assert airflow.body["partition_key"] is None
    assert airflow.body["dag_run_id"] is None
    assert airflow.requests[-1].headers["Authorization"] == "Bearer t0ken"


def test_a_date_is_the_partition_of_a_partitioned_dag(airflow: Airflow) -> None:
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    airflow.answers["POST", "/api/v2/dags/mlb_schedule/dagRuns"] = httpx.Response(
        200, json={"dag_run_id": "manual__1", "state": "queued"}
    )
    run("trigger", "mlb_schedule", "--date", "2026-04-19")
    assert airflow.body["partition_key"] == "2026-04-19"
    assert airflow.body["dag_run_id"] == f"manual__2026-04-19__{airflow.body['logical_date']}"


def test_backfill_asks_for_whole_days(airflow: Airflow) -> None:
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    airflow.answers["POST", "/api/v2/backfills"] = httpx.Response(200, json={"id": 3})
    answer = run("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-04-07", "--json")
    assert json.loads(answer) == [{"dag": "mlb_schedule", "backfill": 3, "from": "2026-04-01", "to": "2026-04-07"}]
    assert airflow.body["from_date"] == "2026-04-01T00:00:00Z"
    assert airflow.body["to_date"] == "2026-04-07T23:59:59Z"
    assert airflow.body["dag_run_conf"] == {}


def test_accepted_terms_go_along_to_the_guard_of_the_api(airflow: Airflow) -> None:
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    airflow.says("POST", "/api/v2/backfills", {"id": 3})
    run("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-09-30", "--accept-terms")
    assert airflow.body["dag_run_conf"] == {"accept_terms": True}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trigger", "mlb_season", "--game-pk", "7"), "mlb_season has no param game_pks"),
        (("trigger", "mlb_export", "--date", "2026-04-19"), "mlb_export has no param date; it has: none"),
        (("trigger", "mlb_game", "--date", "yesterday"), "'yesterday' is not a date"),
        (("backfill", "mlb_game", "--from", "2026-04-01", "--to", "2026-04-02"), "backfill mlb_schedule instead"),
        (("backfill", "mlb_schedule", "--from", "2026-04-02", "--to", "2026-04-01"), "lies before"),
        (("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-09-30"), "--accept-terms"),
        (("status", "mlb_gam"), "GET http://127.0.0.1:8080/api/v2/dags/mlb_gam/dagRuns: 404 not found; `mlb-etl w"),
    ],
)
def test_bad_input_is_refused(airflow: Airflow, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        run(*arguments)


def test_an_airflow_that_fails_is_worth_a_retry(airflow: Airflow) -> None:
    airflow.answers["GET", "/api/v2/dags"] = httpx.Response(503)
    with pytest.raises(TransientError, match="503 Service Unavailable"):
        run("list")


def test_where_nobody_answers_it_is_said_what_leads_to_make_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    monkeypatch.setenv("MLB_AIRFLOW_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(
        TransientError, match=r'refused .*`eval "\$\(mlb-etl services env\)"` leads to that of `make up`'
    ):
        run("list")


def test_a_backfill_beside_another_is_worth_a_retry(airflow: Airflow) -> None:
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    airflow.answers["POST", "/api/v2/backfills"] = httpx.Response(409, json={"detail": "already a running backfill"})
    with pytest.raises(TransientError, match="409 already a running backfill; try it again when that has ended: "):
        run("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-04-02")


def test_status_shows_mapped_tasks_by_their_match_up(airflow: Airflow) -> None:
    runs = [{"dag_run_id": "r1", "state": "failed", "end_date": None}]
    first = {"task_id": "ingest", "rendered_map_index": "A @ B", "state": "failed", "try_number": 2}
    tasks = [{**first, "start_date": "2026-04-20T10:00:00Z", "map_index": 0}]
    airflow.answers["GET", "/api/v2/dags/mlb_game/dagRuns"] = httpx.Response(200, json={"dag_runs": runs})
    airflow.answers["GET", "/api/v2/dags/mlb_game/dagRuns/r1/taskInstances"] = httpx.Response(
        200, json={"task_instances": tasks}
    )
    assert run("status", "mlb_game") == "r1\tfailed\t-\ningest\tA @ B\tfailed\t2\n"


def test_a_match_up_is_said_also_where_airflow_has_only_a_number(airflow: Airflow) -> None:
    """As of a task that has not begun, or is to be tried again."""
    airflow.says("GET", f"{GAME}/dagRuns", {"dag_runs": [{"dag_run_id": "r1", "state": "running", "end_date": None}]})
    common = {"task_id": "ingest", "try_number": 1, "start_date": None}
    tasks = [
        {**common, "map_index": 0, "rendered_map_index": "A @ B", "state": "success"},
        {**common, "map_index": 1, "rendered_map_index": "1", "state": "up_for_retry"},
        {**common, "task_id": "check", "map_index": -1, "rendered_map_index": None, "state": None},
    ]
    airflow.says("GET", f"{GAME}/dagRuns/r1/taskInstances", {"task_instances": tasks})
    games = [{"game_pk": 7, "label": "A @ B"}, {"game_pk": 8, "label": "C @ D"}]
    listed = f"{GAME}/dagRuns/r1/taskInstances/list_games/xcomEntries/return_value"
    lines = "r1\trunning\t-\ncheck\t\twaiting\t1\ningest\tA @ B\tsuccess\t1\ningest\t{}\tup_for_retry\t1\n"
    assert run("status", "mlb_game") == lines.format("1"), "its games are to be listed anew"
    airflow.says("GET", listed, {"value": games})
    assert run("status", "mlb_game") == lines.format("C @ D")


def made(run_id: str, state: str, day: str | None = None) -> dict[str, Any]:
    return {"dag_run_id": run_id, "state": state, "partition_key": day, "logical_date": None, "conf": {}}


def test_a_backfill_is_waited_for_by_its_runs_alone(airflow: Airflow) -> None:
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    airflow.says("POST", "/api/v2/backfills", {"id": 3})
    airflow.says("GET", "/api/v2/backfills/3", {"completed_at": None}, {"completed_at": "2026-04-08T00:00:00Z"})
    runs = [
        made("old", "failed", "2026-04-08"),
        made("r1", "success", "2026-04-08"),
        made("r2", "failed", "2026-04-09"),
    ]
    airflow.says("GET", f"{SCHEDULE}/dagRuns", {"dag_runs": runs})
    with pytest.raises(TransientError, match=r"^mlb_schedule: 2026-04-09: failed \(r2\)$"):
        run("backfill", "mlb_schedule", "--from", "2026-04-08", "--to", "2026-04-09", "--wait")
    looks = [request.url.params for request in airflow.requests if request.url.path.endswith("dagRuns")]
    assert len(looks) == 3
    assert {look["partition_key_prefix_pattern"] for look in looks} == {"2026-04-0"}


def test_of_a_dag_without_partitions_they_are_told_by_their_moment(airflow: Airflow) -> None:
    airflow.says("GET", "/api/v2/dags/mlb_teams", {"is_paused": False})
    airflow.says("POST", "/api/v2/backfills", {"id": 3})
    airflow.says("GET", "/api/v2/backfills/3", {"completed_at": "2026-04-08T00:00:00Z"})
    runs = [made("r1", "success") | {"logical_date": "2026-04-08T09:15:00Z"}]
    airflow.says("GET", "/api/v2/dags/mlb_teams/dagRuns", {"dag_runs": runs})
    run("backfill", "mlb_teams", "--from", "2026-04-08", "--to", "2026-04-08", "--wait")
    looks = [request.url.params for request in airflow.requests if request.url.path.endswith("dagRuns")]
    assert {(look["logical_date_gte"], look["logical_date_lte"]) for look in looks} == {
        ("2026-04-08T00:00:00Z", "2026-04-08T23:59:59Z")
    }


@pytest.mark.parametrize("answer", ["<html>Hello</html>", '"yes"', "[]", "{}"])
def test_a_stranger_on_the_port_is_named_by_its_address(airflow: Airflow, answer: str) -> None:
    airflow.answers["GET", "/auth/token"] = httpx.Response(200, text=answer)
    with pytest.raises(BadInputError, match=r"^http://127.0.0.1:8080/auth/token: what answers there is not Airflow"):
        run("list")


def test_a_stranger_that_refuses_too(airflow: Airflow) -> None:
    airflow.answers["GET", "/auth/token"] = httpx.Response(404, text="<html>")
    with pytest.raises(BadInputError, match=r"^GET http://127.0.0.1:8080/auth/token: 404 Not Found \(is this Airflow"):
        run("list")


def test_a_stranger_behind_the_login_too(airflow: Airflow) -> None:
    airflow.answers["GET", "/api/v2/dags"] = httpx.Response(200, text="<html>")
    with pytest.raises(BadInputError, match=r"/api/v2/dags: what answers there is not Airflow"):
        run("list")


def test_an_address_that_is_none_is_a_setting_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLB_AIRFLOW_URL", "airflow.example")
    with pytest.raises(BadInputError, match="MLB_AIRFLOW_URL"):
        run("list")


def test_all_pages_of_a_list_are_read(airflow: Airflow) -> None:
    dag = {"timetable_summary": None, "is_paused": False, "next_dagrun_run_after": None}
    pages = [{"dags": [{**dag, "dag_id": name}], "total_entries": 2} for name in ("mlb_a", "mlb_b")]
    airflow.says("GET", "/api/v2/dags", *pages)
    assert run("list").splitlines() == ["mlb_a\tby hand\tactive\t-", "mlb_b\tby hand\tactive\t-"]


def test_unpause(airflow: Airflow) -> None:
    airflow.says("PATCH", GAME, {"dag_id": "mlb_game", "is_paused": False})
    assert run("unpause", "mlb_game") == "mlb_game\tactive\n"
    assert airflow.body == {"is_paused": False}


def test_clear_takes_downstream_along(airflow: Airflow) -> None:
    airflow.says("GET", GAME, {"is_paused": False})
    cleared = [{"task_id": "transform", "rendered_map_index": None}, {"task_id": "check", "rendered_map_index": None}]
    airflow.says("POST", f"{GAME}/clearTaskInstances", {"task_instances": cleared})
    assert run("clear", "mlb_game", "--run", "r1", "--task", "transform") == "transform\t\ncheck\t\n"
    assert airflow.body["task_ids"] == ["transform"]
    assert airflow.body["dag_run_id"] == "r1"
    assert airflow.body["include_downstream"]
    assert not airflow.body["only_failed"]
    assert not airflow.body["dry_run"]


def test_to_clear_nothing_is_no_success(airflow: Airflow) -> None:
    airflow.says("GET", GAME, {"is_paused": False})
    airflow.says("POST", f"{GAME}/clearTaskInstances", {"task_instances": []})
    with pytest.raises(BadInputError, match=r"mlb_game r1: there is no task transfrom to clear"):
        run("clear", "mlb_game", "--run", "r1", "--task", "transfrom")


def test_clear_finds_the_task_of_a_game(airflow: Airflow) -> None:
    airflow.says("GET", GAME, {"is_paused": False})
    games = [{"game_pk": 7, "label": "A @ B"}, {"game_pk": 8, "label": "A @ B"}]  # a doubleheader
    airflow.says("GET", f"{GAME}/dagRuns/r+1/taskInstances/list_games/xcomEntries/return_value", {"value": games})
    cleared = [{"task_id": "ingest", "rendered_map_index": "A @ B"}]
    airflow.says("POST", f"{GAME}/clearTaskInstances", {"task_instances": cleared})
    assert run("clear", "mlb_game", "--run", "r+1", "--game-pk", "8") == "ingest\tA @ B\n"
    assert airflow.body["task_ids"] == [["ingest", 1]]
    with pytest.raises(BadInputError, match="mlb_game r\\+1 has no game 9; it has: 7, 8"):
        run("clear", "mlb_game", "--run", "r+1", "--game-pk", "9")
    with pytest.raises(BadInputError, match="no task per game transform; there are: ingest"):
        run("clear", "mlb_game", "--run", "r+1", "--task", "transform", "--game-pk", "8")
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    with pytest.raises(BadInputError, match="mlb_schedule: no task per game"):
        run("clear", "mlb_schedule", "--run", "r+1", "--game-pk", "8")


def test_clear_finds_a_step_of_a_game(airflow: Airflow) -> None:
    """In a group of tasks, whose ids begin with the group's: people name the task as the YAML does."""
    live = "/api/v2/dags/mlb_live"
    airflow.says("GET", live, {"is_paused": False})
    airflow.says(
        "GET", f"{live}/dagRuns/r1/taskInstances/list_games/xcomEntries/return_value", {"value": [{"game_pk": 7}]}
    )
    cleared = [{"task_id": "game.follow", "rendered_map_index": "A @ B"}]
    airflow.says("POST", f"{live}/clearTaskInstances", {"task_instances": cleared})
    run("clear", "mlb_live", "--run", "r1", "--task", "follow", "--game-pk", "7")
    assert airflow.body["task_ids"] == [["game.follow", 0]]
    run("clear", "mlb_live", "--run", "r1", "--task", "follow")
    assert airflow.body["task_ids"] == ["game.follow"]
    run("clear", "mlb_live", "--run", "r1", "--game-pk", "7")
    assert airflow.body["task_ids"] == [["game.wait", 0]]


def test_wait_returns_when_the_newest_run_has_succeeded(airflow: Airflow) -> None:
    airflow.says("GET", GAME, {"is_paused": False})
    airflow.says("GET", f"{GAME}/dagRuns", {"dag_runs": []}, {"dag_runs": [made("r1", "queued")]})
    airflow.says("GET", f"{GAME}/dagRuns/r1", made("r1", "running"), made("r1", "success"))
    airflow.says("GET", f"{GAME}/dagRuns/r1/taskInstances", tasks_of(("check", "running")))
    assert run("wait", "mlb_game") == "mlb_game\tr1\tsuccess\n"


def test_wait_names_the_tasks_that_failed(airflow: Airflow) -> None:
    airflow.says("GET", f"{GAME}/dagRuns/r1", made("r1", "failed"))
    task = {"start_date": None, "map_index": 0, "state": "failed"}
    tasks = [{**task, "task_id": "ingest", "rendered_map_index": "A @ B"}]
    tasks += [{**task, "task_id": "check", "rendered_map_index": None}]
    airflow.says("GET", f"{GAME}/dagRuns/r1/taskInstances", {"task_instances": tasks, "total_entries": 2})
    with pytest.raises(TransientError, match=r"^mlb_game r1 failed: ingest A @ B, check$"):
        run("wait", "mlb_game", "--run", "r1")


def test_wait_ends_in_time_and_for_a_paused_dag_at_once(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    airflow.says("GET", f"{GAME}/dagRuns/r1", made("r1", "queued"))
    airflow.says("GET", f"{GAME}/dagRuns/r1/taskInstances", tasks_of())
    airflow.says("GET", GAME, {"is_paused": True})
    with pytest.raises(BadInputError, match=r"mlb_game is paused.*mlb-etl workflow unpause mlb_game"):
        run("wait", "mlb_game", "--run", "r1")
    airflow.says("GET", GAME, {"is_paused": False})
    clock = iter(range(100))
    monkeypatch.setattr(airflow_wait.time, "monotonic", lambda: float(next(clock)))
    with pytest.raises(TransientError, match="mlb_game r1 has not ended within 5 s"):
        run("wait", "mlb_game", "--run", "r1", "--timeout", "5")


def tasks_of(*states: tuple[str, str | None]) -> dict[str, Any]:
    tasks = [
        {"task_id": task_id, "state": state, "start_date": None, "map_index": number, "rendered_map_index": None}
        for number, (task_id, state) in enumerate(states)
    ]
    return {"task_instances": tasks, "total_entries": len(tasks)}


def test_trigger_and_wait_tells_what_the_tasks_do_and_ends_with_the_verdict(
    airflow: Airflow, capsys: pytest.CaptureFixture[str]
) -> None:
    airflow.says("GET", GAME, {"is_paused": False})
    airflow.says("POST", f"{GAME}/dagRuns", made("manual__1", "queued"))
    airflow.says("GET", f"{GAME}/dagRuns/manual__1", made("manual__1", "running"), made("manual__1", "success"))
    airflow.says(
        "GET",
        f"{GAME}/dagRuns/manual__1/taskInstances",
        tasks_of(("ingest", "running"), ("ingest", "queued"), ("check", None)),
        tasks_of(("ingest", "success"), ("ingest", "success"), ("check", "success")),
    )
    app(["trigger", "mlb_game", "--game-pk", "7", "--wait"], standalone_mode=False)
    shown = capsys.readouterr()
    assert shown.out == "mlb_game\tmanual__1\tsuccess\n"
    assert shown.err.splitlines() == [
        "mlb_game manual__1: ingest 1 running, 1 waiting",
        "mlb_game manual__1: ingest 2 success",
        "mlb_game manual__1: check success",
    ]


def test_on_a_terminal_the_tasks_of_a_run_are_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with run_progress("mlb_game r1") as report:
        report(tasks_of(("ingest", "running"), ("ingest", "failed"), ("check", None))["task_instances"])
    shown = capsys.readouterr().err
    for words in ("mlb_game r1", "ingest", "1 failed, 1 running", "check", "waiting"):
        assert words in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("trigger", "mlb_schedule"),
        ("trigger", "mlb_schedule", "--wait"),
        ("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-04-02"),
        ("clear", "mlb_schedule", "--run", "r1"),
    ],
)
def test_nothing_is_queued_in_a_paused_dag(airflow: Airflow, arguments: tuple[str, ...]) -> None:
    airflow.says("GET", SCHEDULE, {"is_paused": True})
    with pytest.raises(BadInputError, match=r"^mlb_schedule is paused.*: mlb-etl workflow unpause mlb_schedule$"):
        run(*arguments)
    assert {request.method for request in airflow.requests if request.url.path != "/auth/token"} == {"GET"}


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (("trigger", "mlb_schedule", "--date", "2026-04-01"), f"{SCHEDULE}/dagRuns"),
        (("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-04-02"), "/api/v2/backfills"),
        (("clear", "mlb_schedule", "--run", "r1"), f"{SCHEDULE}/clearTaskInstances"),
    ],
)
def test_what_follows_and_is_paused_is_said_and_the_rest_goes_on(
    airflow: Airflow, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], asked: str
) -> None:
    """Airflow keeps no event for a paused DAG: its runs would be missing, and nobody would know."""
    paused = {"mlb_game": True, "mlb_people": True, "mlb_venues": False, "mlb_teams": True, "mlb_schedule": False}
    airflow.says(
        "GET", "/api/v2/dags", {"dags": [{"dag_id": name, "is_paused": is_so} for name, is_so in paused.items()]}
    )
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    airflow.says(
        "POST", asked, made("r1", "queued") | {"id": 3, "task_instances": tasks_of(("check", None))["task_instances"]}
    )
    app(list(arguments), standalone_mode=False)
    assert capsys.readouterr().err == (
        "note: paused, of what follows mlb_schedule: mlb_game, mlb_people; they get no run for what is loaded"
        " meanwhile, nor later: mlb-etl workflow unpause DAG\n"
    )
    assert airflow.requests[-1].url.path == asked


def test_nothing_follows_a_run_for_some_games(airflow: Airflow, capsys: pytest.CaptureFixture[str]) -> None:
    airflow.says("GET", "/api/v2/dags", {"dags": [{"dag_id": "mlb_people", "is_paused": True}]})
    airflow.says("GET", GAME, {"is_paused": False})
    airflow.says("POST", f"{GAME}/dagRuns", made("r1", "queued"))
    app(["trigger", "mlb_game", "--game-pk", "7"], standalone_mode=False)
    assert capsys.readouterr().err == ""


BACKFILL = ("backfill", "mlb_schedule", "--from", "2026-04-01", "--to", "2026-04-02", "--wait")


def test_a_backfill_is_waited_for_date_by_date(airflow: Airflow) -> None:
    airflow.says("POST", "/api/v2/backfills", {"id": 3})
    airflow.says("GET", "/api/v2/backfills/3", {"completed_at": None}, {"completed_at": "2026-04-20T10:00:00Z"})
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    before = [made("r0", "failed", "2026-04-01"), made("r1", "success", "2026-04-01")]
    airflow.says("GET", f"{SCHEDULE}/dagRuns", {"dag_runs": [*before, made("r2", "success", "2026-04-02")]})
    assert run(*BACKFILL) == "mlb_schedule\t3\t2026-04-01\t2026-04-02\n"


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([made("r1", "success", "2026-04-01")], "^mlb_schedule: 2026-04-02: no run$"),
        (
            [made("r1", "failed", "2026-04-01"), made("r2", "success", "2026-04-02")],
            r"^mlb_schedule: 2026-04-01: failed \(r1\)$",
        ),
    ],
)
def test_a_date_of_a_backfill_that_is_not_well_is_named(
    airflow: Airflow, runs: list[dict[str, Any]], message: str
) -> None:
    """Also where the backfill itself made no run for it, since it had one: nothing is well by being left out."""
    airflow.says("POST", "/api/v2/backfills", {"id": 3})
    airflow.says("GET", SCHEDULE, {"is_paused": False})
    airflow.says("GET", "/api/v2/backfills/3", {"completed_at": "2026-04-20T10:00:00Z"})
    airflow.says("GET", f"{SCHEDULE}/dagRuns", {"dag_runs": runs})
    with pytest.raises(TransientError, match=message):
        run(*BACKFILL)
