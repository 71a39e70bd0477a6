"""Patches over whole games, strictly applied; what makes them unfit; and corrections, of which they do not tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import jsonpatch
import msgspec
import pytest
from tests.checker.baseball import problems
from tests.simulated_api import SEASON, game_of, league

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.faults import Kind
from statsapi_simulator.api.games import Games
from statsapi_simulator.api.push import Push
from statsapi_simulator.api.server import serve
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.model import Fate

GAME = game_of(Fate.PLAYED, 900)
GAME_PK = GAME.game_pk
FEED = f"/api/v1.1/game/{GAME_PK}/feed/live"
REVISIONS = league().games.course(GAME_PK).revisions
MIDDLE = REVISIONS[150]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d_%H%M%S}"


def _exact(document: Any) -> bytes:
    """JSON in which the order of keys does not matter, but 1, 1.0 and true differ."""
    return msgspec.json.encode(document, order="sorted")


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("seed", "season", "fate"),
    [
        (7, 2018, Fate.PLAYED),
        (11, 2022, Fate.SUSPENDED),
        (3, 2023, Fate.PLAYED),
        (5, 2024, Fate.SHORTENED),
        (7, 2026, Fate.PLAYED),
        (13, 2026, Fate.POSTPONED),
    ],
)
def test_the_patches_of_a_whole_game_lead_from_each_feed_to_the_next(seed: int, season: int, fate: Fate) -> None:
    games = Games(seed)
    game_pk = next(game.game_pk for game in games.world(season).schedule if game.fate is fate)
    revisions = games.course(game_pk).revisions
    document = msgspec.json.decode(msgspec.json.encode(games.feed(game_pk, revisions[0], revisions[0])))
    for number, revision in enumerate(revisions[1:], start=1):
        operations = msgspec.json.decode(games.envelope(game_pk, number, revision))["diff"]
        document = jsonpatch.apply_patch(document, operations, in_place=True)
        feed = games.feed(game_pk, revision, revision)
        assert document == feed, revision
        if number % 20 == 0 or number == len(revisions) - 1:  # what is only equal, as 1 and 1.0, stays there
            assert _exact(document) == _exact(feed), revision


@pytest.mark.unmeasured
def test_what_is_prepared_is_what_is_answered_unprepared() -> None:
    prepared = Games(7)
    assert prepared.prepare(GAME_PK) == len(REVISIONS) - 1
    for number in (1, 90, 200, len(REVISIONS) - 1):
        now = REVISIONS[number]
        assert prepared.envelope(GAME_PK, number, now) == league().games.envelope(GAME_PK, number, now)


def test_a_patch_is_made_once_however_many_ask_at_once() -> None:
    games = Games(7)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: games.envelope(GAME_PK, 150, MIDDLE), range(16)))
    assert made == [made[0]] * 16
    assert games._envelope.cache_info().misses == 1


# ---- Over HTTP ----


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A client of the league in the middle of the game, where time stands still."""
    with serve(seed=7, season=SEASON, clock=MIDDLE) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def _patch(http: httpx.Client, start: datetime) -> Any:
    return http.get(f"{FEED}/diffPatch", params={"startTimecode": _stamp(start)}).json()


def _stamps(envelopes: list[dict[str, Any]]) -> list[str]:
    return [each["value"] for envelope in envelopes for each in envelope["diff"] if each["path"].endswith("/timeStamp")]


def _let_fail(http: httpx.Client, kind: Kind, **rule: Any) -> None:
    http.put("/_simulator/faults", json=[{"kind": kind, "path": "diffPatch", **rule}]).raise_for_status()


def test_a_patch_that_lags_ends_before_the_feed(http: httpx.Client) -> None:
    _let_fail(http, Kind.LAG)
    ends = [_stamps(_patch(http, REVISIONS[number]))[-1:] for number in range(145, 150)]
    newest = http.get(FEED).json()["metaData"]["timeStamp"]
    assert newest == _stamp(MIDDLE)
    assert [newest] not in ends, "a revision that is not five seconds old"
    assert any(ends)


def test_a_patch_that_falls_back_is_the_feed_without_copyright(http: httpx.Client) -> None:
    _let_fail(http, Kind.FALLBACK, times=1)
    feed = http.get(FEED).json()
    assert feed.pop("copyright")
    assert _patch(http, REVISIONS[149]) == feed
    assert isinstance(_patch(http, REVISIONS[149]), list)


def test_a_gap_is_seen_by_who_looks_at_the_stamps_only(http: httpx.Client) -> None:
    whole = _patch(http, REVISIONS[145])
    _let_fail(http, Kind.GAP)
    parts = [_patch(http, REVISIONS[145]) for _ in range(6)]
    assert all(len(part) == len(whole) - 1 == 4 for part in parts)
    assert all(part[-1] == whole[-1] for part in parts)
    assert len({json.dumps(_stamps(part)) for part in parts}) > 1
    http.delete("/_simulator/faults")
    assert _patch(http, REVISIONS[145]) == whole


# ---- Corrections in place ----


def _correct(http: httpx.Client) -> dict[str, Any]:
    response = http.put("/_simulator/corrections", json={"game_pk": GAME_PK})
    response.raise_for_status()
    return dict(response.json())


def test_a_correction_while_a_game_is_on_changes_plays_and_no_time_stamp(http: httpx.Client) -> None:
    before = http.get(FEED).json()
    said = _correct(http)
    after = http.get(FEED).json()
    assert problems(after) == []
    assert after["metaData"] == before["metaData"]
    plays = [each["liveData"]["plays"]["allPlays"] for each in (before, after)]
    changed = [number for number, (old, new) in enumerate(zip(*plays, strict=True)) if old != new]
    assert changed
    assert set(changed) <= set(said["at_bat_index"])
    assert _patch(http, MIDDLE) == [], "no patch tells of it"
    assert http.get(FEED, params={"timecode": _stamp(MIDDLE)}).json() == after


def test_what_was_patched_over_a_correction_is_not_what_the_feed_shows(http: httpx.Client) -> None:
    patched = http.get(FEED).json()
    said = _correct(http)
    http.put("/_simulator/clock", json={"now": REVISIONS[152].isoformat()})
    later = http.get(FEED).json()
    assert problems(later) == []
    for envelope in _patch(http, MIDDLE):
        patched = jsonpatch.apply_patch(patched, envelope["diff"])
    assert patched["metaData"]["timeStamp"] == later["metaData"]["timeStamp"]
    number = said["at_bat_index"][0]
    assert patched["liveData"]["plays"]["allPlays"][number] != later["liveData"]["plays"]["allPlays"][number]


def test_nobody_is_told_of_a_correction_but_who_asks_for_changes() -> None:
    games, clock = Games(7), Clock(MIDDLE)
    subscription = Push(games, clock).subscribe(GAME_PK)
    assert games.correct(GAME_PK, MIDDLE)
    assert subscription.turn().texts == []
    assert games.course(GAME_PK).changed(MIDDLE - SECOND, MIDDLE)
    assert games.course(GAME_PK).corrections[0] == MIDDLE


def test_each_correction_is_another_one_and_always_the_same() -> None:
    shown = []
    for _ in range(2):
        games = Games(7)
        course = [_exact(games.feed(GAME_PK, MIDDLE, MIDDLE))]
        for _ in range(3):
            games.correct(GAME_PK, MIDDLE)
            course.append(_exact(games.feed(GAME_PK, MIDDLE, MIDDLE)))
        assert all(old != new for old, new in pairwise(course))
        shown.append(course)
    assert shown[0] == shown[1]


@pytest.mark.unmeasured
@pytest.mark.parametrize("shape", Shape)
def test_a_game_corrected_at_many_moments_is_baseball(shape: Shape) -> None:
    games = Games(7, shape)
    moments = [*REVISIONS[40::45], REVISIONS[-1] + DAY]
    for number, moment in enumerate(moments):
        assert games.correct(GAME_PK, moment)
        for later in moments[number : number + 2]:
            feed = msgspec.json.decode(msgspec.json.encode(games.feed(GAME_PK, later, later)))
            assert problems(feed) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"game_pk": 20269999}, "game 20269999: Game data couldn't be found"),
        ({"game_pk": GAME_PK}, f"game {GAME_PK}: no play is over at 2026-03-01T12:00:00Z; set the clock later"),
        ({"game": 1}, "Object contains unknown field `game`"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_with_the_reason(body: dict[str, int], reason: str) -> None:
    with serve(clock=datetime.fromisoformat("2026-03-01T12:00Z")) as url:
        response = httpx.put(f"{url}/_simulator/corrections", json=body, timeout=60)
    assert response.status_code == 400
    assert response.json()["message"] == reason


@pytest.mark.slow
@pytest.mark.unmeasured
def test_a_date_is_prepared_on_demand(http: httpx.Client) -> None:
    quiet = f"{SEASON}-03-30"
    games = league().games.on(datetime.fromisoformat(quiet).date())
    patches = sum(len(league().games.course(game.game_pk).revisions) - 1 for game in games)
    answer = http.put("/_simulator/prepare", json={"date": quiet}).json()
    assert answer == {"date": quiet, "games": len(games), "patches": patches}
    assert http.put("/_simulator/prepare", json={"date": "soon"}).status_code == 400
