"""The tasks before and after the work: which games, and whether all is there."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.sdk.exceptions import AirflowFailException

from mlb_data_platform.orchestration import bookends, connections
from tests.dags.runs import context

GAMES = [{"game_pk": 7, "label": "A @ B"}, {"game_pk": 8, "label": "C @ D"}]
CHECK = {"table": "game.live_game_metadata", "column": "game_pk", "value": "{game_pk}"}


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


class Connection:
    """A database whose tables hold these values, and that remembers what was asked for."""

    def __init__(self, values: list[str]) -> None:
        self.values = values
        self.asked: Any = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, _: Any, parameters: Any) -> list[tuple[str]]:
        self.asked = parameters
        return [(value,) for value in self.values]


def check(
    monkeypatch: pytest.MonkeyPatch, states: dict[str, str], games: Any, found: list[str], **run: Any
) -> Connection:
    database = Connection(found)
    monkeypatch.setattr(bookends, "get_current_context", lambda: context() | {"ti": Task(states, games)} | run)
    monkeypatch.setattr(connections, "connect_postgres", lambda: database)
    bookends.check(CHECK)
    return database


def test_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {"list_games": "success", "ingest_0": "success", "ingest_1": "success", "transform": "success"}
    assert check(monkeypatch, states, GAMES, ["7", "8"]).asked == ("{7,8}",)


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


def test_a_run_that_could_not_list_its_games_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowFailException, match=r"^ingest: upstream_failed; list_games: failed$"):
        check(monkeypatch, {"list_games": "failed", "ingest": "upstream_failed"}, None, [])
