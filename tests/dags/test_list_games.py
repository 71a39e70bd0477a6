"""The games that a run is for: those of its date, or those that somebody asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.sdk.exceptions import AirflowFailException

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.orchestration import list_games as task
from mlb_data_platform.settings import settings
from tests.conftest import Database
from tests.dags.conftest import LoadBag
from tests.dags.runs import context
from tests.listed_games import begin, list_game

if TYPE_CHECKING:
    from psycopg import Connection

pytestmark = pytest.mark.services

TONIGHT, TOMORROW = "2026-04-18", "2026-04-19"  # in the US; the run's own date, as `context` has it, is that in UTC

Listed = Callable[..., list[int]]


@pytest.fixture
def listed(
    connection: Connection[Any], database: Database, load_bag: LoadBag, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Listed]:
    """A function that returns the games that the DAG's task lists for a run with these params."""
    names = {"host": "HOST", "port": "PORT", "login": "USER", "password": "PASSWORD", "schema": "DB"}
    found = {name: database.environment[f"POSTGRES_{variable}"] for name, variable in names.items()}
    given = {"conn_type": "postgres", **found, "port": int(found["port"])}
    monkeypatch.setenv("AIRFLOW_CONN_MLB_POSTGRES", json.dumps(given))
    bag = load_bag("process")

    def games(dag_id: str, **params: Any) -> list[int]:
        monkeypatch.setattr(task, "get_current_context", lambda: context(**params))
        list_games = bag.dags[dag_id].get_task("list_games")
        return [game["game_pk"] for game in list_games.python_callable(**list_games.op_kwargs)]

    list_game(connection, 1, TONIGHT)
    list_game(connection, 2, TOMORROW)
    list_game(connection, 3, TONIGHT)
    list_game(connection, 3, TOMORROW, coded_game_state="D", detailed_state="Postponed")
    settings.cache_clear()
    yield games
    settings.cache_clear()


@pytest.mark.parametrize("dag_id", ["mlb_game", "mlb_live"])
def test_all_games_that_are_played_on_the_date(listed: Listed, dag_id: str) -> None:
    assert listed(dag_id) == [2]
    assert listed(dag_id, date=TONIGHT) == [1, 3]


def test_chances_to_win_are_asked_for_of_what_has_begun(listed: Listed, connection: Connection[Any]) -> None:
    """As when today is loaded again while some of its games are on: the others have no play yet."""
    list_game(connection, 4, TOMORROW)
    begin(connection, 2)
    assert listed("mlb_game", date=TOMORROW) == [2, 4]
    assert listed("mlb_win_probability", date=TOMORROW) == [2]


def test_what_is_loaded_may_be_of_any_date(listed: Listed) -> None:
    assert listed("mlb_game", game_pks=[2, 1, 9]) == [2, 1, 9]


def test_what_is_followed_is_of_the_runs_date(listed: Listed) -> None:
    assert listed("mlb_live", game_pks=[1], date=TONIGHT) == [1]
    assert listed("mlb_live", game_pks=[2, 3]) == [2, 3]  # of the postponed one `follow` says where it went


@pytest.mark.parametrize(
    ("game_pks", "unlisted"),
    [([2, 1], "1 (listed for 2026-04-18)"), ([1, 9], "1 (listed for 2026-04-18), 9 (listed for no date)")],
)
def test_a_game_of_another_date_is_not_waited_for(listed: Listed, game_pks: list[int], unlisted: str) -> None:
    with pytest.raises(BadInputError) as caught:
        listed("mlb_live", game_pks=game_pks)
    assert str(caught.value) == (
        f"this run is of 2026-04-19, for which the schedule does not list game_pk {unlisted}: give param `date`, and"
        " only games of that date"
    )


def test_a_run_that_follows_some_games_needs_a_date(listed: Listed) -> None:
    with pytest.raises(AirflowFailException, match="'yesterday' is not a date"):
        listed("mlb_live", game_pks=[1], date="yesterday")
