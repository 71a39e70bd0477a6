"""A date as it is played: programs in pods, the stream a Spark application, the triggerer restarted meanwhile."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from psycopg import Connection

from statsapi_simulator.api.games import Games
from tests.airflow import Airflow
from tests.kubernetes.season import SEED, League
from tests.kubernetes.watch import Watch
from tests.waiting import until

DAY = date(2026, 6, 11)  # two games


def test_a_date_as_it_is_played(scheduler: Airflow, watch: Watch, league: League, connection: Connection) -> None:
    games = Games(SEED)
    begins = {game.game_pk: _begin(games, game.game_pk) for game in games.on(DAY)}
    first, second = sorted(begins, key=lambda game_pk: begins[game_pk])
    with league.clock(begins[first] - timedelta(minutes=10)) as set_clock:
        run = scheduler.trigger("mlb_live", date=str(DAY))
        scheduler.wait_for_state(run, "game.wait", "deferred")
        scheduler.wait_for_state(run, "watch", "deferred")
        set_clock(begins[first] + (begins[second] - begins[first]) / 2)
        scheduler.wait_for_state(run, "game.follow", "deferred")
        query = "SELECT game_pk FROM game.live_game_metadata WHERE game_pk = ANY(%s)"
        until(lambda: connection.execute(query, [[*begins]]).fetchall() == [(first,)], "the rows of the first game")
        until(lambda: f"game {first}: " in scheduler.log(run, "game.follow"), "what the follower says", 180)

        scheduler.restart("triggerer")
        set_clock(begins[second] + timedelta(minutes=30))
        until(lambda: len(connection.execute(query, [[*begins]]).fetchall()) == 2, "the rows of both games")
        set_clock(max(games.course(game_pk).revisions[-1] for game_pk in begins))
        assert scheduler.wait(run, 600) == "success", scheduler.tasks(run)
        assert league.game_differences(connection, [*begins]) == []
    ran = watch.ran()
    assert sorted(int(pod.game_pk) for pod in ran if pod.game_pk) == sorted(begins)
    assert [pod.role for pod in ran].count("driver") == 1
    assert {task["try_number"] for task in scheduler.tasks(run)} == {1}


def _begin(games: Games, game_pk: int) -> datetime:
    """When the schedule says for the first time that a game is on."""
    return next(status.since for status in games.course(game_pk).statuses if status.code == "PW")
