"""Today: every game of a date in the page, and in the browser that has it open as soon as something is committed."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from html import escape, unescape
from socket import gethostname
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from psycopg import Connection

from mlb_data_platform.live.serve.live_state import LiveState
from mlb_data_platform.mapping.load import followed_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.executions import recorded
from mlb_data_platform.web import clock
from mlb_data_platform.web.changes import Changes
from mlb_data_platform.web.events import Parts
from tests.waiting import until
from tests.web.conftest import DAY
from tests.web.game_pages import words

pytestmark = pytest.mark.services

PAGE = f"/ballpark/?date={DAY}"


def cards(html: str) -> dict[int, str]:
    """The games of a page in their order: what stands in the card of each."""
    found = re.findall(r'<article id="game-(\d+)"(.*?)</article>', html, re.DOTALL)
    return {int(game_pk): card for game_pk, card in found}


def a_live_game(owner: Connection[Any]) -> int:
    row = owner.execute(
        "SELECT game_pk FROM game.live_game_metadata WHERE official_date = %s AND abstract_game_state = 'Live'"
        " AND inning_state IN ('Top', 'Bottom') ORDER BY game_pk LIMIT 1", (DAY,),
    ).fetchone()  # fmt: skip
    assert row, "nobody is at bat at that time of the evening"
    return int(row[0])


def test_every_game_of_the_date_is_there_and_those_that_are_on_come_first(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    found = cards(viewer.get(PAGE).text)
    listed = {pk for (pk,) in owner.execute("SELECT game_pk FROM schedule.games WHERE schedule_date = %s", (DAY,))}
    assert set(found) == listed
    order = [re.search(r'class="game (\w+)"', card)[1] for card in found.values()]  # type: ignore[index]
    assert order == sorted(order, key=["live", "ahead", "over", "off"].index)
    assert order[0] == "live"


def test_a_game_that_is_on_says_where_it_stands(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_live_game(owner)
    owner.execute(
        """
        UPDATE game.live_game_metadata SET away_runs = 3, home_runs = 12, current_inning = 7, inning_state = 'Bottom',
            balls = 3, strikes = 2, outs = 1, on_first_id = 1, on_second_id = NULL, on_third_id = 2
        WHERE game_pk = %s
        """,
        (game_pk,),
    )
    card = cards(viewer.get(PAGE).text)[game_pk]
    words = " ".join(re.sub(r"<[^>]+>", " ", card).split())
    assert "Bottom 7" in words
    assert re.search(r"\b3 .* 12\b", words)
    assert "3\N{EN DASH}2 , 1 out" in words
    assert 'aria-label="Runners on first and third"' in card
    assert "batting" in words
    assert "pitching" in words
    assert re.search(r"captured \d", words)
    assert re.search(r"in the tables \d+\.\d s later", words)
    assert "nobody follows it" in words
    assert f'href="/ballpark/game/{game_pk}"' in card


@pytest.mark.parametrize(
    ("unknown", "said"),
    [("offense_batter_id = NULL", "{pitcher} pitching"), ("defense_pitcher_id = NULL", "{batter} batting")],
)
def test_who_bats_and_who_pitches_is_said_as_far_as_it_is_known(
    viewer: httpx.Client, owner: Connection[Any], unknown: str, said: str
) -> None:
    game_pk = a_live_game(owner)
    known = owner.execute(
        "SELECT offense_batter_id, batter.full_name, defense_pitcher_id, pitcher.full_name FROM game.live_game_metadata"
        " JOIN game.live_game_players AS batter USING (game_pk) JOIN game.live_game_players AS pitcher USING (game_pk)"
        " WHERE game_pk = %s AND batter.player_id = offense_batter_id AND pitcher.player_id = defense_pitcher_id",
        (game_pk,),
    ).fetchone()
    assert known
    batter_id, batter, pitcher_id, pitcher = known
    try:
        owner.execute(f"UPDATE game.live_game_metadata SET {unknown} WHERE game_pk = {game_pk}".encode())
        shown = [cards(viewer.get(PAGE).text)[game_pk], viewer.get(f"/ballpark/game/{game_pk}").text]
    finally:
        owner.execute(
            "UPDATE game.live_game_metadata SET offense_batter_id = %s, defense_pitcher_id = %s WHERE game_pk = %s",
            (batter_id, pitcher_id, game_pk),
        )
    for html in shown:
        found = re.search(r'<p class="at-plate">(.*?)(;|</p>)', html)
        assert found
        assert unescape(re.sub(r"<[^>]+>", "", found[1])) == said.format(batter=batter, pitcher=pitcher)


def test_who_bats_and_who_pitches_lead_to_their_pages(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_live_game(owner)
    row = owner.execute(
        """
        SELECT player_id, full_name FROM game.live_game_players JOIN game.live_game_metadata AS m USING (game_pk)
        WHERE game_pk = %s AND player_id IN (offense_batter_id, defense_pitcher_id)
        """,
        (game_pk,),
    ).fetchall()
    card = cards(viewer.get(PAGE).text)[game_pk]
    assert len(row) == 2
    for player_id, name in row:
        assert f'<a href="/ballpark/player/{player_id}">{escape(name)}</a>' in card


def test_a_game_that_is_on_need_not_say_which_half_it_is_in(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_live_game(owner)
    (was,) = owner.execute("SELECT inning_state FROM game.live_game_metadata WHERE game_pk = %s", (game_pk,)).fetchone()  # type: ignore[misc]
    said = "UPDATE game.live_game_metadata SET inning_state = %s, current_inning = 3 WHERE game_pk = %s"
    owner.execute(said, (None, game_pk))
    try:
        card = cards(viewer.get(PAGE).text)[game_pk]
        assert "<strong>Inning 3</strong>" in card
        assert "None" not in card
    finally:
        owner.execute(said, (was, game_pk))


def test_who_follows_a_game_is_seen_by_the_lock_that_is_held_and_by_what_a_run_says_of_itself(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    game_pk = a_live_game(owner)
    assert "nobody follows it" in words(cards(viewer.get(PAGE).text)[game_pk])
    owner.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"follow game.live_game_v1 {game_pk}",))
    assert words(cards(viewer.get(PAGE).text)[game_pk]).endswith("followed")
    with recorded("live follow", {"game_pk": game_pk}):
        followed = words(cards(viewer.get(PAGE).text)[game_pk]).rpartition("followed ")[2]
        assert re.fullmatch(rf"since \d\d:\d\d UTC on {re.escape(gethostname())}", followed)


def test_a_game_that_is_suspended_is_not_on_and_nobody_has_to_follow_it(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    game_pk = a_live_game(owner)
    said = "UPDATE game.live_game_metadata SET coded_game_state = %s, detailed_state = %s WHERE game_pk = %s"
    on = re.compile(r"(\d+) on now")
    (before,) = on.findall(viewer.get(PAGE).text)
    owner.execute(said.encode(), ("U", "Suspended: Rain", game_pk))
    try:
        html = viewer.get(PAGE).text
        assert on.findall(html) == [str(int(before) - 1)]
        assert "Suspended: Rain" in cards(html)[game_pk]
        assert "nobody follows it" not in cards(html)[game_pk]
    finally:
        owner.execute(said.encode(), ("I", "In Progress", game_pk))


def test_a_game_that_was_moved_away_says_nothing_of_where_it_is_played(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    game_pk = a_live_game(owner)
    moved = "UPDATE schedule.games SET coded_game_state = %s WHERE game_pk = %s AND schedule_date = %s"
    owner.execute(moved, ("D", game_pk, DAY))
    try:
        card = cards(viewer.get(PAGE).text)[game_pk]
        assert 'class="game off"' in card
        assert "situation" not in card
    finally:
        owner.execute(moved, ("I", game_pk, DAY))


@pytest.mark.parametrize(
    ("was_first_of", "standing"), [(DAY - timedelta(days=1), "ahead"), (DAY, "off")], ids=["another date", "this date"]
)
def test_a_game_that_was_called_off_is_off_where_it_was_and_ahead_where_it_was_moved_to(
    viewer: httpx.Client, owner: Connection[Any], was_first_of: date, standing: str
) -> None:
    """Nobody asks for it again until an hour before it begins: till then the tables have what became of it first."""
    ahead = "abstract_game_state = 'Preview' AND official_date = %s"
    row = owner.execute(f"SELECT min(game_pk) FROM game.live_game_metadata WHERE {ahead}".encode(), (DAY,)).fetchone()
    assert row
    owner.execute("CREATE TABLE staging.was AS SELECT * FROM game.live_game_metadata WHERE game_pk = %s", row)
    owner.execute(
        "UPDATE game.live_game_metadata SET coded_game_state = 'D', abstract_game_state = 'Final', original_date = %s,"
        " detailed_state = 'Postponed: Hail' WHERE game_pk = %s",
        (was_first_of, *row),
    )
    try:
        card = cards(viewer.get(PAGE).text)[row[0]]
        assert f'class="game {standing}"' in card
        assert ("Postponed: Hail" in card) == (standing == "off")
    finally:
        owner.execute(
            "UPDATE game.live_game_metadata AS game SET coded_game_state = was.coded_game_state, original_date ="
            " was.original_date, abstract_game_state = was.abstract_game_state, detailed_state = was.detailed_state"
            " FROM staging.was AS was WHERE was.game_pk = game.game_pk"
        )
        owner.execute("DROP TABLE staging.was")


def test_without_a_date_it_is_the_newest_that_is_listed(viewer: httpx.Client) -> None:
    assert f'value="{DAY}"' in viewer.get("/ballpark/").text


@pytest.mark.parametrize(
    ("hour", "days_later"), [(5, 0), (10, 1)], ids=["games of the west are on", "all of its games have ended"]
)
def test_after_midnight_in_new_york_it_is_still_the_date_whose_games_are_on(
    viewer: httpx.Client,
    owner: Connection[Any],
    ballpark: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
    hour: int,
    days_later: int,
) -> None:
    a_live_game(owner)
    next_day = DAY + timedelta(days=1)
    now = datetime(next_day.year, next_day.month, next_day.day, hour, tzinfo=UTC)
    monkeypatch.setitem(ballpark.dependency_overrides, clock.now, lambda: now)
    columns = "game_pk, schedule_date, sport_id, captured_at, raw_id"
    owner.execute(f"INSERT INTO schedule.games ({columns}) VALUES (990001, %s, 1, now(), 1)".encode(), (next_day,))
    try:
        html = viewer.get("/ballpark/").text
    finally:
        owner.execute("DELETE FROM schedule.games WHERE game_pk = 990001")
    assert f'value="{DAY + timedelta(days=days_later)}"' in html


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "'; DROP TABLE schedule.games"])
def test_a_date_that_is_none_is_told(viewer: httpx.Client, day: str) -> None:
    answer = viewer.get("/ballpark/", params={"date": day})
    assert answer.status_code == 422
    assert "date" in answer.text


def test_a_date_without_games_says_so(viewer: httpx.Client) -> None:
    answer = viewer.get("/ballpark/?date=1901-01-01")
    assert answer.status_code == 200
    assert "No game is listed" in answer.text


class Events:
    """What comes through a stream of events, as it comes."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()

    def next(self) -> tuple[str, str]:
        """Return id and data of the next event."""
        event: dict[str, str] = {"data": ""}
        for line in self._lines:
            if not line and event["data"]:
                return event["id"], event["data"]
            name, _, value = line.partition(": ")
            if name == "data":
                event["data"] += value + "\n"
            elif name:
                event[name] = value
        raise AssertionError("the stream has ended")


@contextmanager
def events(viewer: httpx.Client, html: str, **headers: str) -> Iterator[Events]:
    """The stream that a page which is open asks for."""
    url = re.search(r'hx-sse:connect="([^"]+)"', html)
    assert url
    with viewer.stream("GET", url[1].replace("&amp;", "&"), headers=headers, timeout=20) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        yield Events(response)


def scored(owner: Connection[Any], game_pk: int) -> int:
    """Let the away team score as a capture would: commit the row, and return how many runs it has."""
    row = owner.execute(
        """
        UPDATE game.live_game_metadata SET away_runs = away_runs + 1, published_xid = pg_current_xact_id()
        WHERE game_pk = %s RETURNING away_runs
        """,
        (game_pk,),
    ).fetchone()
    assert row
    return int(row[0])


def runs(data: str, game_pk: int) -> int:
    match = re.search(r"<b>(\d+)</b>", cards(data)[game_pk])
    assert match
    return int(match[1])


def test_a_browser_gets_what_has_changed_as_soon_as_redis_is_told(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_live_game(owner)
    html = viewer.get(PAGE).text
    mapping, _ = followed_mapping()
    told = LiveState(mapping, settings(), print)
    told.serve(owner, [{"game_pk": game_pk}])
    with events(viewer, html) as stream:
        time.sleep(1)  # it listens by then
        delays = []
        for _ in range(5):
            score = scored(owner, game_pk)
            committed = time.monotonic()
            told.serve(owner, [{"game_pk": game_pk}])
            _, data = stream.next()
            delays.append(time.monotonic() - committed)
            assert [*cards(data)] == [game_pk], "what has not changed is not sent"
            assert runs(data, game_pk) == score
            assert 'hx-target="#said"' in data, "a run is read out"
        print("row -> event, seconds:", [round(delay, 3) for delay in delays])
    told.close()
    assert min(delays) < 1, "it was told, not found by looking"


def test_it_gets_it_a_little_later_where_nobody_tells(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_live_game(owner)
    with events(viewer, viewer.get(PAGE).text) as stream:
        time.sleep(1)
        score = scored(owner, game_pk)
        _, data = stream.next()
        assert runs(data, game_pk) == score


def test_who_comes_back_gets_what_he_has_missed_and_nothing_else(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_live_game(owner)
    html = viewer.get(PAGE).text
    with events(viewer, html) as stream:
        scored(owner, game_pk)
        shown, _ = stream.next()
    score = scored(owner, game_pk)
    with events(viewer, html, **{"Last-Event-ID": shown}) as stream:
        _, data = stream.next()
    assert [*cards(data)] == [game_pk]
    assert runs(data, game_pk) == score


@pytest.mark.parametrize("shown", ["", "nonsense", "standing:0 game-1:0", "\U0001f600 <script>"])
def test_who_shows_something_else_gets_the_whole_date(viewer: httpx.Client, shown: str) -> None:
    url = f"/ballpark/today/events?date={DAY}"
    with viewer.stream("GET", httpx.URL(url).copy_merge_params({"shown": shown}), timeout=20) as response:
        _, data = Events(response).next()
    assert len(cards(data)) == 15
    assert 'hx-target="#slate" hx-swap="innerMorph"' in data


def test_nobody_reads_redis_when_nobody_listens(ballpark: FastAPI, viewer: httpx.Client) -> None:
    changes = ballpark.state.changes
    with events(viewer, viewer.get(PAGE).text):
        until(lambda: changes.hears, "Redis", 20)
    until(lambda: not changes.hears and not changes._listeners, "the end of the reader", 40)


def test_without_redis_the_tables_are_looked_at_all_the_same(
    platform: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    away = json.loads(platform["AIRFLOW_CONN_MLB_REDIS"]) | {"port": 1}
    monkeypatch.setenv("AIRFLOW_CONN_MLB_REDIS", json.dumps(away))

    async def looks(changes: Changes) -> float:
        async with changes.listener() as listener:
            await asyncio.sleep(1)
            began = time.monotonic()
            assert [await listener.wait() for _ in range(3)] == [True] * 3
            assert not changes.hears
            return time.monotonic() - began

    assert asyncio.run(looks(Changes())) < 3


def test_parts_are_told_apart_by_content_and_order() -> None:
    parts = Parts("slate", {"a": "1", "b": "2"})
    assert parts.differing(parts.shown) == []
    assert parts.differing(Parts("slate", {"a": "1", "b": "3"}).shown) == ["b"]
    assert parts.differing(Parts("slate", {"b": "2", "a": "1"}).shown) is None
