"""The simulated API over HTTP: answers, caches, faults and the control endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from statsapi_simulator.api.faults import Fault, Kind
from statsapi_simulator.api.server import serve

NOON = datetime(2026, 7, 4, 23, tzinfo=UTC)
SCHEDULE = "/api/v1/schedule?sportId=1&date=2026-07-04"


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A client of a season whose time stands still on an evening in July."""
    with serve(seed=7, season=2026, clock=NOON) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def game_pks(http: httpx.Client) -> list[int]:
    """The games of that day, in order of their start."""
    (day,) = http.get(SCHEDULE).json()["dates"]
    return [game["gamePk"] for game in day["games"]]


def _feed(game_pk: int) -> str:
    return f"/api/v1.1/game/{game_pk}/feed/live"


def test_an_answer_is_zipped_for_who_wants_it_and_the_same(http: httpx.Client, game_pks: list[int]) -> None:
    for target in (SCHEDULE, _feed(game_pks[0])):
        zipped, plain = http.get(target), http.get(target, headers={"Accept-Encoding": "identity"})
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert zipped.content == plain.content


def test_the_root_says_what_this_is(http: httpx.Client) -> None:
    assert "simulated" in http.get("/").json()["message"]


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        (_feed(1), 404, {"messageNumber": 2, "message": "Game data couldn't be found"}),
        (_feed(20269999), 404, {"messageNumber": 2, "message": "Game data couldn't be found"}),
        ("/api/v1/game/20269999/linescore", 404, {"messageNumber": 2, "message": "Game data couldn't be found"}),
        ("/api/v1/teams/1", 404, {"messageNumber": 10, "message": "Object not found"}),
        ("/api/v1/nothing", 404, {"messageNumber": 10, "message": "Object not found"}),
        ("/api/v1/teams/901/secrets", 404, {"messageNumber": 10, "message": "Object not found"}),
        ("/api/v1.1/game/20260001/feed", 404, {"messageNumber": 10, "message": "Object not found"}),
        ("/api/v1/schedule?date=yesterday", 400, {"messageNumber": 11}),
        ("/api/v1/schedule?teamId=x", 400, {"messageNumber": 11}),
        ("/api/v1/schedule?startDate=2026-01-01&endDate=2028-01-01", 400, {"messageNumber": 11}),
        ("/api/v1/game/changes?sportId=1", 400, {"messageNumber": 11}),
    ],
)
def test_what_it_cannot_answer_it_says_as_the_api_does(
    http: httpx.Client, target: str, status: int, body: dict[str, Any]
) -> None:
    response = http.get(target)
    assert response.status_code == status
    assert body.items() <= response.json().items()


@pytest.mark.parametrize("target", ["/api/v1.1/game//feed/live", "/api/v1/", "/api/v2/teams", "/favicon.ico"])
def test_a_path_that_leads_nowhere_is_a_page(http: httpx.Client, target: str) -> None:
    response = http.get(target)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_only_get_is_answered(http: httpx.Client) -> None:
    assert http.put(SCHEDULE).status_code == 405


def test_answers_do_not_depend_on_what_was_asked_before(http: httpx.Client, game_pks: list[int]) -> None:
    targets = [SCHEDULE, *map(_feed, game_pks[:4]), f"/api/v1/game/{game_pks[0]}/boxscore"]
    with serve(seed=7, season=2026, clock=NOON) as url, httpx.Client(base_url=url, timeout=30) as other:
        backwards = {target: other.get(target).content for target in reversed(targets)}
    with ThreadPoolExecutor(3) as pool:
        at_once = dict(zip(targets, pool.map(lambda target: http.get(target).content, targets), strict=True))
    assert backwards == at_once


def test_another_seed_is_another_league(http: httpx.Client) -> None:
    with serve(seed=8, season=2026, clock=NOON) as url:
        assert httpx.get(url + SCHEDULE, timeout=60).content != http.get(SCHEDULE).content


def test_a_feed_that_was_asked_for_before_comes_at_once(http: httpx.Client, game_pks: list[int]) -> None:
    target = _feed(game_pks[0])
    http.get(target)
    started = time.perf_counter()
    for _ in range(50):
        http.get(target, headers={"Accept-Encoding": "gzip"}).read()
    assert time.perf_counter() - started < 2.0, "measured 0.2 s, most of it httpx; the simulator must not be noticed"


# ---- Faults and control ----


def test_faults_over_the_control_endpoint(http: httpx.Client) -> None:
    assert http.get("/_simulator/faults").json() == []
    rule = {"kind": "429", "path": "schedule", "times": 1, "seconds": 0}
    (said,) = http.put("/_simulator/faults", json=[rule]).json()
    assert rule.items() <= said.items()
    first, second = http.get(SCHEDULE), http.get(SCHEDULE)
    assert (first.status_code, first.headers["Retry-After"], second.status_code) == (429, "0", 200)
    assert http.delete("/_simulator/faults").json() == []


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("faults", "no json"),
        ("faults", '[{"kind": "fire"}]'),
        ("clock", '{"now": "noon"}'),
        ("clock", '{"now": "2026-07-04T12:00"}'),
        ("clock", '{"speed": -1}'),
        ("clock", '{"then": 1}'),
    ],
)
def test_what_the_control_endpoint_cannot_take_it_refuses_with_the_reason(
    http: httpx.Client, target: str, body: str
) -> None:
    before = http.get(f"/_simulator/{target}").json()
    response = http.put(f"/_simulator/{target}", content=body)
    assert response.status_code == 400
    assert response.json()["message"]
    assert http.get(f"/_simulator/{target}").json() == before


def test_the_control_endpoint_says_what_it_knows(http: httpx.Client) -> None:
    response = http.put("/_simulator/requests")
    assert response.status_code == 404
    assert "GET /_simulator/requests" in response.json()["message"]


def test_the_clock_can_be_set_and_the_answers_follow() -> None:
    with serve(seed=7, season=2026, clock=NOON) as url, httpx.Client(base_url=url, timeout=30) as http:
        states = []
        for hour in ("2026-07-04T12:00Z", "2026-07-05T12:00Z"):
            assert http.put("/_simulator/clock", json={"now": hour}).status_code == 200
            (day,) = http.get(SCHEDULE).json()["dates"]
            states.append({game["status"]["abstractGameState"] for game in day["games"]})
    assert states == [{"Preview"}, {"Final"}]


def test_requests_are_counted() -> None:
    with serve(clock=NOON) as url, httpx.Client(base_url=url) as http:
        http.get("/")
        http.get("/api/v1/teams?season=2026")
        http.get("/api/v1/teams?season=2025")
        counts = http.get("/_simulator/requests").json()
        assert (counts["total"], counts["peak_concurrency"], counts["max_per_second"]) == (3, 1, 3)
        assert counts["paths"] == {"/": 1, "/api/v1/teams": 2}
        assert http.delete("/_simulator/requests").json()["total"] == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind=Kind.RESET), httpx.ReadError),
        (Fault(kind=Kind.CUT), httpx.RemoteProtocolError),
        (Fault(kind=Kind.SLOW, seconds=3), httpx.ReadTimeout),
    ],
)
def test_what_a_network_does_reaches_the_client(fault: Fault, error: type[Exception]) -> None:
    with (
        serve(clock=NOON, faults=[fault]) as url,
        httpx.Client(base_url=url, timeout=0.1) as http,
        pytest.raises(error),
    ):
        http.get("/api/v1/teams")


def test_a_slow_body_is_whole_in_the_end() -> None:
    with serve(clock=NOON, faults=[Fault(kind=Kind.SLOW, seconds=0.3)]) as url, httpx.Client(base_url=url) as http:
        started = time.perf_counter()
        assert json.loads(http.get("/api/v1/teams").content)["teams"]
        assert time.perf_counter() - started >= 0.28


def test_wrong_stale_and_repeated_feeds(http: httpx.Client, game_pks: list[int]) -> None:
    target = _feed(game_pks[0])
    whole = http.get(target).json()
    stamps = http.get(f"{target}/timestamps").json()
    seen = {}
    for kind in (Kind.WRONG_GAME, Kind.STALE, Kind.DUPLICATE):
        http.put("/_simulator/faults", json=[{"kind": kind, "times": 1}])
        seen[kind] = http.get(target).json()
        assert http.get(target).json() == whole
    http.delete("/_simulator/faults")
    assert seen[Kind.WRONG_GAME]["gamePk"] != game_pks[0]
    assert seen[Kind.STALE]["metaData"]["timeStamp"] in stamps[:-2]
    assert seen[Kind.DUPLICATE]["metaData"]["timeStamp"] == stamps[-2]
