"""A day of baseball with every task in a pod: by `airflow dags test`, and by a real scheduler and triggerer."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg import Connection

from tests.airflow import Airflow
from tests.kubernetes.season import SEASON, League
from tests.kubernetes.watch import Watch
from tests.waiting import until

SECRETS = ("POSTGRES_PASSWORD", "MINIO_SECRET_KEY", "REDIS_PASSWORD", "AIRFLOW__API_AUTH__JWT_SECRET")
BY_HAND, SCHEDULED = date(2026, 7, 30), date(2026, 7, 29)


def test_a_day_by_dags_test(airflow: Airflow, watch: Watch, league: League, connection: Connection[Any]) -> None:
    for dag_id, conf in (
        ("mlb_season", {"season": SEASON}),
        ("mlb_schedule", {"date": str(BY_HAND)}),
        ("mlb_game", {"date": str(BY_HAND)}),
    ):
        done = airflow.dags_test(dag_id, BY_HAND, **conf)
        assert done.exit_code == 0, done.output
        assert not [name for name in SECRETS if airflow.environment[name] in done.output]
    assert league.differences(connection, BY_HAND) == []
    games = league.played(BY_HAND)
    ran = watch.ran()
    assert sorted(int(pod.game_pk) for pod in ran if pod.game_pk) == games  # each in a pod of its own
    assert [pod.role for pod in ran].count("driver") == 1
    assert [pod.role for pod in ran].count("executor") >= 1
    assert connection.execute("SELECT count(*) FROM game.latest_live").fetchone() == (len(games),)


def test_a_day_by_the_scheduler(scheduler: Airflow, league: League, connection: Connection[Any]) -> None:
    scheduler.wake("mlb_game")
    season = scheduler.trigger("mlb_season", season=SEASON)
    schedule = scheduler.trigger("mlb_schedule", partition=str(SCHEDULED), date=str(SCHEDULED))
    assert [scheduler.wait(run) for run in (season, schedule)] == ["success", "success"]
    game = until(lambda: scheduler.run_of("mlb_game", SCHEDULED), "a run of mlb_game", 120)
    assert scheduler.wait(game, 420) == "success", scheduler.tasks(game)
    assert len(scheduler.tasks(game, "ingest")) == len(league.played(SCHEDULED))
    assert league.differences(connection, SCHEDULED) == []
