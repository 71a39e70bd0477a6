"""The task after the work: whether all that the run was asked for is there, and what it announces."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.context import OutletEventAccessors

from mlb_data_platform.jobs import presence
from mlb_data_platform.jobs.placeholders import fill
from mlb_data_platform.orchestration import check as task_check
from mlb_data_platform.orchestration import connections
from tests.dags.runs import context

GAMES = [{"game_pk": 7, "label": "A @ B"}, {"game_pk": 8, "label": "C @ D"}]
CHECK = {"table": "game.live_game_metadata", "columns": {"game_pk": "{game_pk}"}}
EACH = {"table": "schedule.games", "date": "schedule_date", "key": {"game_pk": "game_pk"}, "label": ["away", "home"]}


class Task:
    """The task instance of `check`: what came before it."""

    dag_id = "mlb_game"
    run_id = "r1"

    def __init__(self, states: dict[str, str], games: Any) -> None:
        self.states = states
        self.games = games

    def xcom_pull(self, task_ids: str) -> Any:
        assert task_ids == "list_games"
        return self.games

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, Any]:
        assert (dag_id, run_ids) == ("mlb_game", ["r1"])
        return {"r1": self.states}


class Tables:
    """What the tables have, by the value that a check asks for, and the games that the schedule lists."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, found: list[str], games: list[dict[str, Any]]) -> None:
        self.found = found
        self.games = games
        self.asked: list[str] = []
        monkeypatch.setattr(connections, "connect_postgres", nullcontext)
        monkeypatch.setattr(presence, "asked_for", self.asked_for)
        monkeypatch.setattr(presence, "absent", self.absent)

    def asked_for(self, _: Any, check: Any, each: Any, run: dict[str, Any], keys: Any) -> list[presence.Asked]:
        if "game_pk" not in check.needs:
            return [presence.Asked(run)]
        return [presence.Asked({**run, "game_pk": game["game_pk"]}, game["label"]) for game in self.games]

    def absent(self, _: Any, check: Any, asked: list[presence.Asked]) -> list[presence.Asked]:
        (template,) = check.columns.values()
        self.asked = sorted(fill(template, each.values) for each in asked)
        return [each for each in asked if fill(template, each.values) not in self.found]


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a run with these params announces, by the accessors that Airflow gives a task."""

    def run(wanted: dict[str, Any], found: list[str], **given: Any) -> dict[str, set[str]]:
        events = OutletEventAccessors()
        current = context() | {"ti": Task({}, GAMES), "outlet_events": events} | given
        monkeypatch.setattr(task_check, "get_current_context", lambda: current)
        Tables(monkeypatch, found, GAMES)
        task_check.check(wanted, EACH, {}, ["schedule.games"])
        return {key.name: event.partition_keys for key, event in events.items()}

    return run


def check(
    monkeypatch: pytest.MonkeyPatch,
    states: dict[str, str],
    games: Any,
    found: list[str],
    listed_by_now: list[dict[str, Any]] | None = None,
    **run: Any,
) -> Tables:
    tables = Tables(monkeypatch, found, listed_by_now or games or [])
    monkeypatch.setattr(task_check, "get_current_context", lambda: context() | {"ti": Task(states, games)} | run)
    task_check.check(CHECK, EACH, {}, [])
    return tables


def test_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"list_games": "success", "ingest_0": "success", "ingest_1": "success", "transform": "success"}
    assert check(monkeypatch, states, GAMES, ["7", "8"]).asked == ["7", "8"]


def test_a_job_that_loads_nothing_asks_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        task_check,
        "get_current_context",
        lambda: context() | {"ti": Task({"parquet": "success", "delta": "failed"}, None)},
    )
    with pytest.raises(AirflowFailException, match=r"^delta: failed$"):
        task_check.check(None, None, {}, [])


def test_a_date_without_games_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    check(monkeypatch, {"list_games": "success", "ingest": "skipped"}, [], [])


def test_a_run_for_some_games_needs_no_date(monkeypatch: pytest.MonkeyPatch) -> None:
    params = context(game_pks=[7, 8])["params"]
    check(monkeypatch, {"ingest_0": "success"}, GAMES, ["7", "8"], params=params, logical_date=None)


def test_failed_tasks_and_missing_games_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"list_games": "success", "ingest_0": "success", "ingest_1": "failed", "refresh_views": "upstream_failed"}
    expected = (
        r"^ingest of 8 \(C @ D\): failed; refresh_views: upstream_failed;"
        r" game\.live_game_metadata has no game_pk 8 \(C @ D\)$"
    )
    with pytest.raises(AirflowFailException, match=expected):
        check(monkeypatch, states, GAMES, ["7"])


def test_the_tasks_of_a_group_are_named_with_their_games(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"list_games": "success", "game.wait_1": "success", "game.follow_0": "success", "game.follow_1": "failed"}
    with pytest.raises(AirflowFailException, match=r"^game\.follow of 8 \(C @ D\): failed$"):
        check(monkeypatch, states, GAMES, ["7", "8"])


def test_a_game_that_is_listed_by_now_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"list_games": "success", "game.follow_0": "success", "game.follow_1": "success"}
    added = [{"game_pk": 9, "label": "E @ F"}, GAMES[1]]  # and game 7 is postponed meanwhile
    expected = (
        r"^game\.live_game_metadata has no game_pk 9 \(E @ F\), which is listed only since this run began:"
        r" clear list_games with its downstream$"
    )
    with pytest.raises(AirflowFailException, match=expected):
        check(monkeypatch, states, GAMES, ["7", "8"], added)
    assert check(monkeypatch, states, GAMES, ["7", "8", "9"], added).asked == ["7", "8", "9"]


def test_a_run_that_could_not_list_its_games_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowFailException, match=r"^ingest: upstream_failed; list_games: failed$"):
        check(monkeypatch, {"list_games": "failed", "ingest": "upstream_failed"}, None, [])


DAY = {"table": "schedule.daily_summary", "columns": {"schedule_date": "{date}"}}


def test_the_date_is_the_partition_of_what_is_announced(announced: Any) -> None:
    """Also of a run that somebody started for a date, and that has no partition of its own."""
    params = context(date="2024-07-04")["params"]
    assert announced(DAY, ["2024-07-04"], params=params, logical_date=None) == {"schedule.games": {"2024-07-04"}}
    assert announced(DAY, ["2026-04-18"], partition_key="2026-04-18") == {"schedule.games": {"2026-04-18"}}


def test_some_games_are_no_partition(announced: Any) -> None:
    assert announced(CHECK, ["7", "8"], params=context(game_pks=[7, 8])["params"]) == {}
