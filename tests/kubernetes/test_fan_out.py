"""Fifty mapped games, each in its pod, as many at once as the pool has slots: all right, and where the time goes."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import Connection

from tests.airflow import Airflow
from tests.kubernetes.season import League
from tests.kubernetes.watch import Watch

FIRST = date(2026, 7, 20)
PODS = 50


def test_fifty_mapped_pods(
    scheduler: Airflow, watch: Watch, league: League, connection: Connection[Any], capsys: Any
) -> None:
    games = league.played(*(FIRST + timedelta(days=each) for each in range(7)))[:PODS]
    run = scheduler.trigger("disturbed_ingest", game_pks=games)
    assert scheduler.wait(run, 600) == "success"
    tasks = scheduler.tasks(run, "ingest")
    assert len(tasks) == PODS
    query = "SELECT game_pk, content_sha256 FROM game.live_game_v1 WHERE game_pk = ANY(%s)"
    assert sorted(connection.execute(query, [games])) == [
        (game_pk, league.content_sha256(game_pk)) for game_pk in games
    ]
    assert {pod.game_pk for pod in watch.ran(run_id=watch.ran()[0].labels["run_id"])} == set(map(str, games))
    with capsys.disabled():
        print("\n" + "\n".join(overhead(tasks, watch, connection)))


def overhead(tasks: list[dict[str, Any]], watch: Watch, connection: Connection[Any]) -> list[str]:
    """Where the seconds of a mapped task go, as medians; all but the work itself is what a pod of its own costs."""
    query = "SELECT extract(epoch FROM ended_at - started_at) FROM metadata.job_executions ORDER BY id DESC LIMIT %s"
    work = [float(seconds) for (seconds,) in connection.execute(query, [PODS])]
    spent: dict[str, list[float]] = defaultdict(list)
    for pod in watch.ran():
        for stage, seconds in pod.stages().items():
            spent[stage].append(seconds)
    whole = [_seconds(task["start_date"], task["end_date"]) for task in tasks]
    queued = [_seconds(task["queued_when"], task["start_date"]) for task in tasks]
    lines = [f"{PODS} mapped pods, medians in seconds: task {statistics.median(whole):.1f}, of that its pod"]
    lines += [f"  {stage:<22} {statistics.median(seconds):5.1f}" for stage, seconds in spent.items()]
    lines.append(f"  of these the work      {statistics.median(work):5.1f}")
    lines.append(f"  queued before the task {statistics.median(queued):5.1f}")
    return lines


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
