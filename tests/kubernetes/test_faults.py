"""What goes wrong on a cluster: each fault ends as a red with its reason in the task's log, or as a right retry.

Afterwards no pod and no application is there, and no row is lost, doubled or half-written.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from psycopg import Connection

from tests.airflow import Airflow
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.season import League
from tests.waiting import until

DAY = date(2026, 7, 28)
AWAY_SECONDS = 20
TOO_MANY_CORES = 8  # what too_large asks for
DELETED = "Something deleted the pod while it worked"
REFUSING = "127.0.0.1:1"  # of the node itself: it refuses at once, whatever the network makes of names and addresses

Connect = Connection[Any]
Gone = Callable[[], bool]


@pytest.fixture
def games(league: League) -> list[int]:
    """Four games that were played."""
    return league.played(DAY)[:4]


@pytest.fixture
def ingested(games: list[int], mlb_etl: Callable[..., Any]) -> list[int]:
    """The same games, in the raw tier."""
    mlb_etl("ingest", "mlb_game", *(word for game_pk in games for word in ("--game-pk", str(game_pk))))
    return games


@pytest.fixture
def published(ingested: list[int], mlb_etl: Callable[..., Any]) -> list[int]:
    """The same games, in the tables."""
    mlb_etl("transform", "game.live_game_v1", *(word for pk in ingested for word in ("--game-pk", str(pk))))
    return ingested


def captures(connection: Connect, games: list[int]) -> int:
    """How many raw rows these games have."""
    query = "SELECT count(*) FROM game.live_game_v1 WHERE game_pk = ANY(%s)"
    return int((connection.execute(query, [games]).fetchone() or (0,))[0])


@contextmanager
def tables_locked(connection: Connect) -> Iterator[None]:
    """Let no transform get to its end while the block runs: each would have to write this table."""
    with connection.transaction():
        connection.execute("LOCK TABLE game.live_game_metadata IN EXCLUSIVE MODE")
        yield


@pytest.fixture
def nothing_left(cluster: Cluster) -> Gone:
    """Waits until no pod and no application of this test is there."""
    before = set(cluster.left_over())
    return lambda: until(lambda: not set(cluster.left_over()) - before, "pods and applications gone", 60)


def test_a_run_marked_failed_ends_its_pods(
    scheduler: Airflow, cluster: Cluster, league: League, connection: Connect, games: list[int], nothing_left: Gone
) -> None:
    before = captures(connection, games)
    with league.fault(kind="slow", seconds=20):
        run = scheduler.trigger("disturbed_ingest", game_pks=games)
        cluster.running_pod(**{"mlb/game-pk": str(games[0])})
        scheduler.mark_failed(run)
        assert nothing_left()
    assert scheduler.state(run) == "failed"
    assert captures(connection, games) == before


def test_a_pod_killed_while_it_works_is_retried(
    scheduler: Airflow, cluster: Cluster, league: League, connection: Connect, games: list[int]
) -> None:
    with league.fault(kind="slow", game_pk=games[0], times=1, seconds=20):
        run = scheduler.trigger("disturbed_ingest", game_pks=games)
        cluster.delete_pod(cluster.running_pod(**{"mlb/game-pk": str(games[0])}), grace_seconds=0)
        assert scheduler.wait(run) == "success"
    assert sorted(task["try_number"] for task in scheduler.tasks(run, "ingest")) == [1, 1, 1, 2]
    assert DELETED in scheduler.log(run, "ingest")
    assert captures(connection, games) == len(games)


def test_the_api_server_may_be_away_for_20_seconds(
    scheduler: Airflow, cluster: Cluster, league: League, connection: Connect, games: list[int], api_server: Any
) -> None:
    before = captures(connection, games)
    with league.fault(kind="slow", seconds=10):
        run = scheduler.trigger("disturbed_ingest", game_pks=games)
        cluster.running_pod(**{"mlb/game-pk": str(games[0])})
        with api_server.cut():
            time.sleep(AWAY_SECONDS)
        assert scheduler.wait(run) == "success"
    assert captures(connection, games) - before in (0, len(games))  # unchanged content is a sighting


def test_a_killed_driver_is_retried(
    scheduler: Airflow, cluster: Cluster, league: League, connection: Connect, ingested: list[int], nothing_left: Gone
) -> None:
    with tables_locked(connection):
        run = scheduler.trigger("disturbed_transform", game_pks=ingested)
        scheduler.wait_for_state(run, "transform", "deferred")
        cluster.running_pod(**{"spark-role": "executor"})
        cluster.delete_pod(cluster.running_pod(**{"spark-role": "driver"}), grace_seconds=0)
    assert scheduler.wait(run) == "success"
    assert [task["try_number"] for task in scheduler.tasks(run, "transform")] == [2]
    assert DELETED in scheduler.log(run, "transform")
    assert league.game_differences(connection, ingested) == []
    assert nothing_left()


def test_a_restarted_triggerer_goes_on_waiting(
    scheduler: Airflow, league: League, connection: Connect, ingested: list[int]
) -> None:
    with tables_locked(connection):
        run = scheduler.trigger("disturbed_transform", game_pks=ingested, force=True)
        scheduler.wait_for_state(run, "transform", "deferred")
        scheduler.restart("triggerer")
    assert scheduler.wait(run) == "success"
    assert [task["try_number"] for task in scheduler.tasks(run, "transform")] == [1]
    assert league.game_differences(connection, ingested) == []


def test_a_run_marked_failed_ends_its_application(
    scheduler: Airflow, league: League, connection: Connect, published: list[int], nothing_left: Gone
) -> None:
    with tables_locked(connection):
        run = scheduler.trigger("disturbed_transform", game_pks=published, force=True)
        scheduler.wait_for_state(run, "transform", "deferred")
        until(lambda: "Checking pod" in scheduler.log(run, "transform"), "the triggerer's watch over the driver")
        scheduler.mark_failed(run)
        assert nothing_left()
        (last,) = connection.execute(
            "SELECT status, error FROM metadata.job_executions WHERE job = 'transform game.live_game_v1'"
            " ORDER BY started_at DESC LIMIT 1"
        ).fetchall()
        assert last == ("failed", "Interrupted: SIGTERM"), "the driver is told to end, and closes its record"
    assert league.game_differences(connection, published) == []  # as they were: a game changes as a whole or not at all


def test_a_pod_that_cannot_work_says_why(scheduler: Airflow, cluster: Cluster, nothing_left: Gone) -> None:
    reasons = {
        "too_little_memory": "OOMKilled: it needed more memory",
        "over_the_quota": "exceeded quota",
        "refused_transform": "Exit code 2",
    }
    fits = cluster.cores_of_largest_node() >= TOO_MANY_CORES
    if not fits:
        reasons["too_large"] = "Insufficient cpu"
    runs = {dag_id: scheduler.trigger(dag_id, date=str(DAY)) for dag_id in reasons}
    for dag_id, reason in reasons.items():
        assert scheduler.wait(runs[dag_id]) == "failed"
        (work,) = (task for task in scheduler.tasks(runs[dag_id]) if task["task_id"] != "check")
        assert work["try_number"] == 1  # refused_transform could try again, but exit code 2 says that it is useless
        log = scheduler.log(runs[dag_id], work["task_id"])
        assert reason in log
        assert DELETED not in log
    assert nothing_left()
    if fits:
        pytest.skip(f"too_large is not tried: a node has the {TOO_MANY_CORES} cores that it asks for")


def images_at(registry: str) -> dict[str, str]:
    """Images that are nowhere, at a registry."""
    return {"MLB_IMAGE_INGEST": f"{registry}/mlb/ingest:none", "MLB_IMAGE_SPARK": f"{registry}/mlb/spark:none"}


@pytest.mark.parametrize(
    ("dag_id", "conf"),
    [("too_little_memory", {}), ("disturbed_transform", {"game_pks": [1]})],
    ids=["of a pod", "of Spark"],
)
def test_an_image_that_does_not_exist(airflow: Airflow, nothing_left: Gone, dag_id: str, conf: dict[str, Any]) -> None:
    done = airflow.dags_test(dag_id, DAY, images_at(REFUSING), **conf)
    assert done.exit_code != 0
    # The kubelet says the one when it has tried, and the other until it tries again.
    assert re.search(r"Exception: .*(ErrImagePull|ImagePullBackOff)", done.output), done.output
    assert nothing_left()


def test_a_registry_that_does_not_answer(airflow: Airflow, cluster: Cluster, nothing_left: Gone) -> None:
    with socket.create_server(("0.0.0.0", 0)) as silent:
        images = images_at(f"{cluster.as_nodes_see_us()}:{silent.getsockname()[1]}")
        done = airflow.dags_test("too_little_memory", DAY, images | {"MLB_KUBERNETES_STARTUP_SECONDS": "8"})
    assert done.exit_code != 0
    assert re.search(r"Exception: .*took too long to start.* Pulling image .*/mlb/ingest:none", done.output), (
        done.output
    )
    assert nothing_left()
