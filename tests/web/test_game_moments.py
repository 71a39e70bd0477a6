"""Game: the page as of each capture, what was corrected, and what a browser gets that has it open."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from psycopg import Connection

from tests.season_copies import game_tables
from tests.waiting import until
from tests.web.conftest import DAY, connect
from tests.web.game_pages import LIVE, a_game, a_game_that_is_over, captured, cells, page, part, rows, said, words
from tests.web.test_today import events

pytestmark = pytest.mark.services


def test_each_capture_shows_the_game_as_it_was(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game(owner, LIVE)
    (last,) = rows(owner, "SELECT max(at_bat_index) AS play FROM game.live_game_plays WHERE game_pk = %s", game_pk)
    second = captured(
        owner, game_pk,
        "UPDATE game.live_game_metadata SET away_runs = 17 WHERE game_pk = %(game)s",
        "UPDATE game.live_game_plays SET description = 'A bunt, as it is said now.', captured_at = %(now)s"
        f" WHERE game_pk = %(game)s AND at_bat_index = {last['play'] - 1}",
    )  # fmt: skip
    third = captured(owner, game_pk, "UPDATE game.live_game_metadata SET away_runs = 19 WHERE game_pk = %(game)s")
    now = page(viewer, game_pk)
    assert "hx-sse:connect" in now
    assert cells(part(now, "score"))[0][-3] == "19"
    assert "capture 3 of 3" in words(part(now, "captures"))

    as_second = page(viewer, game_pk, at=second.isoformat())
    assert cells(part(as_second, "score"))[0][-3] == "17"
    assert "as it is said now" in as_second
    assert "capture 2 of 3" in words(part(as_second, "captures"))
    assert 'id="kept"' not in as_second, "what was is not kept up to date"

    before = page(viewer, game_pk, at=(second - timedelta(microseconds=1)).isoformat())
    assert "as it is said now" not in before
    assert "capture 1 of 3" in words(part(before, "captures"))

    for number, moment in ((2, second), (1, None)):
        answer = viewer.get(f"/ballpark/game/{game_pk}?capture={number}")
        assert answer.status_code == 303
        shown = viewer.get(answer.next_request.url)  # type: ignore[union-attr]
        assert f"capture {number} of 3" in words(shown.text)
        assert f'data-address="/ballpark/game/{game_pk}?at=' in shown.text
        if moment:
            assert f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z" in str(shown.url)
    for number in (3, 4):
        answer = viewer.get(f"/ballpark/game/{game_pk}?capture={number}")
        assert answer.next_request.url.query == b"", "the newest is no moment: it goes on"  # type: ignore[union-attr]
    assert third > second


@pytest.mark.parametrize("at", ["1901-01-01", "0001-01-01T00:00:00+14:00", "2026-01-01T12:00:00"])
def test_before_its_first_capture_there_is_nothing(viewer: httpx.Client, owner: Connection[Any], at: str) -> None:
    answer = viewer.get(f"/ballpark/game/{a_game(owner, LIVE)}", params={"at": at})
    assert answer.status_code == 404
    assert "its first capture is of 20" in words(answer.text)


def test_what_is_yet_to_come_is_as_it_is_now(viewer: httpx.Client, owner: Connection[Any]) -> None:
    html = page(viewer, a_game(owner, LIVE), at="9999-12-31T23:59:59-14:00")
    assert "hx-sse:connect" in html


@pytest.mark.parametrize("address", ["1?at=yesterday", "0", "-1", "one", "1?capture=0", "99999999999999999999"])
def test_an_address_that_is_none_is_told(viewer: httpx.Client, address: str) -> None:
    assert viewer.get(f"/ballpark/game/{address}").status_code == 422


def test_a_game_that_is_not_there_is_told_in_words(viewer: httpx.Client, owner: Connection[Any]) -> None:
    for at in ("", "?at=2026-07-01", "?at=0001-01-01T00:00:00%2B14:00"):
        answer = viewer.get(f"/ballpark/game/987654321{at}")
        assert (answer.status_code, "know no game 987654321" in words(answer.text)) == (404, True)
    assert viewer.get("/ballpark/game/987654321/events").status_code == 404


@pytest.fixture
def listed(owner: Connection[Any]) -> Iterator[int]:
    """A game of a date to come, as it is in the morning: the schedule lists it, and that is all."""
    ((_, columns),) = [each for each in game_tables(owner, "schedule") if each[0] == "schedule.games"]
    other = {
        "game_pk": "987654320", "schedule_date": "DATE '2026-08-12'", "detailed_state": "'Scheduled'",
        "abstract_game_state": "'Preview'", "coded_game_state": "'S'", "game_date": "TIMESTAMPTZ '2026-08-12T17:05Z'",
    }  # fmt: skip
    chosen = ", ".join(other.get(name, name) for name in columns)
    names = ", ".join(columns)
    owner.execute(f"INSERT INTO schedule.games ({names}) SELECT {chosen} FROM schedule.games LIMIT 1".encode())
    yield 987654320
    owner.execute("DELETE FROM schedule.games WHERE game_pk = 987654320")


def test_a_game_that_is_only_listed_yet_has_a_page_with_what_the_schedule_says(
    viewer: httpx.Client, owner: Connection[Any], listed: int
) -> None:
    for at in ("", "?at=2026-07-01"):
        answer = viewer.get(f"/ballpark/game/{listed}{at}")
        assert answer.status_code == 200
        told = words(answer.text)
        assert re.search(r" at .* Scheduled, Wednesday, 12 August 2026, 17:05 UTC , \w+", told), told
        assert "nothing else of it is in the tables yet" in told
    owner.execute("UPDATE schedule.games SET coded_game_state = 'D' WHERE game_pk = %s", (listed,))
    assert "it is not played on this date" in words(viewer.get(f"/ballpark/game/{listed}").text)


def test_in_the_morning_the_navigation_leads_to_a_game_of_the_date_before(
    viewer: httpx.Client, owner: Connection[Any], listed: int
) -> None:
    answer = viewer.get("/ballpark/game")
    (found,) = re.findall(r"\d+$", str(answer.next_request.url))  # type: ignore[union-attr]
    assert int(found) != listed
    assert rows(owner, "SELECT official_date FROM game.live_game_metadata WHERE game_pk = %s", int(found)) == [
        {"official_date": DAY}
    ]


def test_without_a_game_it_is_the_first_of_todays_page(viewer: httpx.Client) -> None:
    answer = viewer.get("/ballpark/game")
    assert answer.status_code == 303
    assert re.search(r"/ballpark/game/\d+$", str(answer.next_request.url))  # type: ignore[union-attr]
    assert viewer.get(answer.next_request.url).status_code == 200  # type: ignore[union-attr]


def test_corrections_say_what_was_and_what_is(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    assert "None was seen" in words(part(page(viewer, game_pk), "corrections"))
    first = captured(owner, game_pk)
    captured(
        owner, game_pk,
        "UPDATE game.live_game_plays SET event = 'Field Error', rbi = 7, captured_at = %(now)s"
        " WHERE game_pk = %(game)s AND at_bat_index = 1",
        "UPDATE game.live_game_boxscore_batting SET doubles = 9, left_on_base = 9, captured_at = %(now)s"
        " WHERE game_pk = %(game)s AND player_id = ("
        "  SELECT min(player_id) FROM game.live_game_boxscore_batting WHERE game_pk = %(game)s)",
    )  # fmt: skip
    shown = cells(part(page(viewer, game_pk), "corrections"))
    found = rows(owner, "SELECT * FROM game.corrections WHERE game_pk = %s", game_pk)
    assert len(shown) == len(found) == 4
    assert shown[-1][1:4] == ["boxscore batting: left on base", *said(*(
        each[side] for side in ("before", "after") for each in found if each["column_name"] == "left_on_base"
    ))], "what fewer care about comes last"  # fmt: skip
    (event,) = [each for each in shown if each[1] == "plays: event"]
    assert event[0].startswith("Top of 1, ")
    assert event[3] == "Field Error"
    assert "None was seen" in words(part(page(viewer, game_pk, at=first.isoformat()), "corrections"))


def test_corrections_of_a_kind_are_told_in_the_order_of_the_plays(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    captured(owner, game_pk)
    captured(
        owner, game_pk,
        "UPDATE game.live_game_pitch_events SET pitch_type_description = 'Eephus', captured_at = %(now)s"
        " WHERE game_pk = %(game)s",
    )  # fmt: skip
    found = rows(
        owner,
        """
        SELECT DISTINCT at_bat_index, half_inning, inning FROM game.live_game_pitch_events
        JOIN game.live_game_plays USING (game_pk, at_bat_index) WHERE game_pk = %s ORDER BY at_bat_index
        """,
        game_pk,
    )
    halves = list(dict.fromkeys(f"{each['half_inning'].capitalize()} of {each['inning']}" for each in found))
    shown = [each[0].partition(",")[0] for each in cells(part(page(viewer, game_pk), "corrections"))]
    assert list(dict.fromkeys(shown)) == halves[: len(set(shown))]
    assert shown == sorted(shown, key=halves.index)


def test_a_browser_gets_the_parts_of_a_game_that_have_changed(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game(owner, LIVE)
    html = page(viewer, game_pk)
    with events(viewer, html) as stream:
        time.sleep(1)
        captured(owner, game_pk, "UPDATE game.live_game_metadata SET away_runs = 21 WHERE game_pk = %(game)s")
        _, data = stream.next()
        assert set(re.findall(r'<hx-partial hx-target="#([^"]+)"', data)) == {"score", "captures", "said"}
        assert cells(part(data, "score"))[0][-3] == "21"
        captured(
            owner, game_pk,
            "UPDATE game.live_game_plays SET description = 'Said anew.', captured_at = %(now)s"
            " WHERE game_pk = %(game)s AND at_bat_index = 0",
        )  # fmt: skip
        _, data = stream.next()
        assert "half-1-top" in re.findall(r'<hx-partial hx-target="#([^"]+)"', data)
        assert "half-2-top" not in data, "what has not changed is not sent"


def test_the_list_of_captures_says_what_each_has_changed(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game(owner, LIVE)
    captured(
        owner, game_pk,
        "UPDATE game.live_game_metadata SET away_runs = 17 WHERE game_pk = %(game)s",
        "UPDATE game.live_game_plays SET description = 'A bunt.', captured_at = %(now)s"
        " WHERE game_pk = %(game)s AND at_bat_index < 2",
        "DELETE FROM game.live_game_umpires WHERE game_pk = %(game)s",
    )  # fmt: skip
    one_more = "attendance = coalesce(attendance, 0) + 1"
    for _ in range(12):
        captured(owner, game_pk, f"UPDATE game.live_game_metadata SET {one_more} WHERE game_pk = %(game)s")
    umpires = rows(owner, "SELECT FROM history.game_live_game_umpires WHERE game_pk = %s", game_pk)
    shown = cells(viewer.get(f"/ballpark/game/{game_pk}/captures?around=1").text)
    assert [line[0] for line in shown] == ["1", "2", "3", "4", "5", "6"]
    assert shown[0][4:] == ["", "the first"]
    assert shown[1][4:] == [str(3 + len(umpires)), f"umpires {len(umpires)}, plays 2, metadata 1"]
    assert shown[2][4:] == ["1", "metadata 1"]
    last = viewer.get(f"/ballpark/game/{game_pk}/captures?around=14").text
    assert [line[0] for line in cells(last)] == [str(number) for number in range(9, 15)]
    assert {line[4] for line in cells(last)} == {"1"}
    (versions,) = rows(owner, "SELECT count(*) FROM history.game_live_game_metadata WHERE game_pk = %s", game_pk)
    assert versions["count"] == 13
    for around in (20, 10**6):
        assert viewer.get(f"/ballpark/game/{game_pk}/captures?around={around}").status_code == 404


def test_who_looks_back_hears_of_captures_that_come_and_of_nothing_else(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    game_pk = a_game(owner, LIVE)
    second = captured(owner, game_pk, "UPDATE game.live_game_metadata SET away_runs = 17 WHERE game_pk = %(game)s")
    captured(owner, game_pk, "UPDATE game.live_game_metadata SET away_runs = 18 WHERE game_pk = %(game)s")
    html = page(viewer, game_pk, at=second.isoformat())
    assert "capture 2 of 3" in words(part(html, "captures"))
    with events(viewer, html) as stream:
        time.sleep(1)
        captured(owner, game_pk, "UPDATE game.live_game_metadata SET away_runs = 19 WHERE game_pk = %(game)s")
        _, data = stream.next()
    assert re.findall(r'<hx-partial hx-target="#([^"]+)"', data) == ["made-so-far"]
    assert words(data) == "4"


def test_all_who_look_back_at_a_game_are_served_by_one_look(
    evening: dict[str, str], viewer: httpx.Client, owner: Connection[Any]
) -> None:
    game_pk = a_game(owner, LIVE)
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%live_game_metadata%%'"
    captures = f"/ballpark/game/{game_pk}/captures/events"

    def begins() -> int:
        with viewer.stream("GET", captures) as stream:
            return stream.status_code

    with ThreadPoolExecutor(3) as pool, connect(evening) as elsewhere:
        with owner.transaction():
            owner.execute("LOCK TABLE history.game_live_game_metadata")
            asked = [pool.submit(begins) for _ in range(3)]
            until(lambda: elsewhere.execute(waiting).fetchall(), "a look at the tables", 4)
            time.sleep(1)  # the others ask by then
            looks = len(elsewhere.execute(waiting).fetchall())
        assert [each.result() for each in asked] == [200] * 3
    assert looks == 1


def test_nothing_comes_any_more_of_what_is_over(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    first = captured(owner, game_pk)
    captured(owner, game_pk)
    assert "hx-sse:connect" not in page(viewer, game_pk, at=first.isoformat())


def test_what_is_over_asks_for_no_stream(viewer: httpx.Client, owner: Connection[Any]) -> None:
    assert "hx-sse:connect" not in page(viewer, a_game_that_is_over(owner))
