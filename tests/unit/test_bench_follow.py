"""What the bench of the follower makes of commits and requests: each revision counts from its own moment."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.benchmark.follow.latency import Commit, change_to_commit, received_to_commit, spread
from tests.slate.api import Asked, WatchedApi, slate

from statsapi_simulator.api.games import timecode
from statsapi_simulator.api.http import Request

DAY = date(2026, 8, 11)


@pytest.fixture(scope="module")
def api() -> WatchedApi:
    api = WatchedApi(DAY)
    api.stop(slate(api, DAY).begins)
    api.go(60)
    return api


def test_each_revision_counts_from_its_moment_to_the_first_commit_that_has_it(api: WatchedApi) -> None:
    (game_pk,) = slate(api, DAY, 1).game_pks
    first, second, third = (each for each in api.course(game_pk).revisions[20:23])
    kept = [
        _commit(game_pk, api.real(first) + 1, timecode(first)),
        _commit(game_pk, api.real(third) + 2, timecode(second), timecode(third)),
    ]
    found = change_to_commit(api, kept, [game_pk], first - timedelta(seconds=1), third)
    between = (third - second).total_seconds() / 60
    assert found == pytest.approx([1, between + 2, 2], abs=1e-3)
    assert change_to_commit(api, kept, [game_pk], first, second) == pytest.approx([between + 2], abs=1e-3)


def test_an_answer_counts_from_when_it_was_sent(api: WatchedApi) -> None:
    feed = "/api/v1.1/game/7/feed/live"
    log = [_asked(10.0, 10.1, feed), _asked(20.0, 20.5, feed + "/diffPatch"), _asked(20.6, 20.7, feed + "/timestamps")]
    assert received_to_commit(log, [_commit(7, 20.9, asked_at=19.9)]) == pytest.approx([0.4])
    assert received_to_commit(log, [_commit(8, 20.9, asked_at=19.9)]) == []


def test_quantiles_are_those_of_the_seconds_given() -> None:
    found = spread([float(each) for each in range(101)])
    assert (found.count, found.p50, found.p95, found.p99, found.most) == (101, 50, 95, 99, 100)
    with pytest.raises(SystemExit, match="1 captures are too few"):
        spread([1.0])


def test_what_is_asked_of_the_api_is_taken_down_unless_the_bench_asks(api: WatchedApi) -> None:
    api.log.clear()
    api.unwatched(Request("/api/v1/teams"))
    api.answer(Request("/_simulator/clock"))
    answer = api.answer(Request("/api/v1/teams", zips=True))
    (asked,) = api.log
    assert (asked.target, asked.status, asked.size) == ("/api/v1/teams", 200, len(answer.body))


def _commit(game_pk: int, committed_at: float, *reached: str, asked_at: float = 0.0) -> Commit:
    return Commit(game_pk, asked_at, committed_at, reached)


def _asked(came_at: float, answered_at: float, target: str) -> Asked:
    return Asked(came_at, answered_at, target, 200, 1)
