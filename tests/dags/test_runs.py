"""Which date, season and games a run is about, and the words its programs get."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.sdk.exceptions import AirflowFailException

from mlb_data_platform.orchestration.argv import Argv
from mlb_data_platform.orchestration.params import RunOptions
from tests.dags.runs import context

LOGICAL = datetime(2026, 4, 19, 23, 30, tzinfo=UTC)


def run(partition_key: str | None, logical_date: datetime | None, **params: Any) -> Any:
    return context(**params) | {"partition_key": partition_key, "logical_date": logical_date}


@pytest.mark.parametrize(
    ("given", "date"),
    [
        (run("2026-04-18", LOGICAL, date="2024-07-04"), "2024-07-04"),
        (run("2026-04-18", LOGICAL), "2026-04-18"),
        (run("2026-04-18", None), "2026-04-18"),
        (run(None, LOGICAL), "2026-04-19"),
    ],
)
def test_param_then_partition_then_logical_date(given: Any, date: str) -> None:
    assert RunOptions.of(given).date == date


def test_the_season_is_the_years_unless_given() -> None:
    assert RunOptions.of(run(None, LOGICAL)).season == 2026
    assert RunOptions.of(run(None, LOGICAL, season=2018)).season == 2018


@pytest.mark.parametrize("given", [run(None, None), run("today", None), run(None, LOGICAL, date="4/19/26")])
def test_a_run_without_a_date_fails_for_good(given: Any) -> None:
    with pytest.raises(AirflowFailException, match="date"):
        _ = RunOptions.of(given).date


def test_a_run_for_some_games_needs_no_date() -> None:
    """As the UI starts it, without a logical date."""
    options = RunOptions.of(run(None, None, game_pks=[7, 8]))
    assert options.keys == {"game_pk": (7, 8)}
    words = Argv(("transform", "game.live_game_v1", "{keys_or_date}", "{force}")).words_for(options, None)
    assert words == ["transform", "game.live_game_v1", "--game-pk", "7", "--game-pk", "8"]
    assert Argv(("ingest", "--game-pk", "{game_pk}")).words_for(options, 7) == ["ingest", "--game-pk", "7"]


def test_a_season_that_is_given_needs_no_date() -> None:
    assert RunOptions.of(run(None, None, season=2018)).season == 2018


@pytest.mark.parametrize(
    ("words", "options", "expected"),
    [
        (("x", "{keys_or_date}"), {}, ["x", "--date", "2026-04-19"]),
        (("x", "{keys_or_date}"), {"game_pks": [7, 8]}, ["x", "--game-pk", "7", "--game-pk", "8"]),
        (("x", "{keys_or_date}"), {"team_ids": [7]}, ["x", "--key", "team_id=7"]),
        (("x", "{keys}"), {}, ["x"]),
        (("x", "{keys}"), {"sport_ids": [11]}, ["x", "--key", "sport_id=11"]),
        (("d={date-7}",), {}, ["d=2026-04-12"]),
        (("x", "{force}"), {}, ["x"]),
        (("x", "{force}"), {"force": True}, ["x", "--force"]),
        (("--season", "{season}", "d={date}"), {}, ["--season", "2026", "d=2026-04-19"]),
    ],
)
def test_words(words: tuple[str, ...], options: dict[str, Any], expected: list[str]) -> None:
    assert Argv(words).words_for(RunOptions.of(run(None, LOGICAL, **options)), None) == expected
