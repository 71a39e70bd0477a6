"""What the page says where something fails: in words, and a page that is open keeps what it shows."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from psycopg import Connection, sql

from tests.season_copies import game_tables
from tests.web.conftest import DAY, Client, connect
from tests.web.game_pages import LIVE, a_game, page, words
from tests.web.test_today import events

pytestmark = pytest.mark.services

OF_THE_PAGE = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}


@contextmanager
def postgresql_away(evening: dict[str, str]) -> Iterator[None]:
    """Let the tables' database take no connection, and end those that there are."""
    name = evening["POSTGRES_DB"]
    with connect(evening | {"POSTGRES_DB": "postgres"}) as elsewhere:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        elsewhere.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
        try:
            elsewhere.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            yield
        finally:
            elsewhere.execute(allow.format(sql.Identifier(name), sql.Literal(True)))


def line(answer: httpx.Response) -> str:
    """What an answer puts into the line of failures of a page that is open, and nowhere else."""
    found = re.fullmatch(r'<hx-partial hx-target="#failed" hx-swap="innerMorph">(.*)</hx-partial>', answer.text.strip())
    assert found, answer.text
    return found[1]


def test_without_postgresql_each_page_says_so_and_is_there_again_with_it(
    evening: dict[str, str], viewer: httpx.Client
) -> None:
    today = f"/ballpark/?date={DAY}"
    assert viewer.get(today).status_code == 200
    with postgresql_away(evening):
        for path in (today, "/ballpark/game/1", f"/ballpark/today/events?date={DAY}"):
            answer = viewer.get(path)
            assert answer.status_code == 503, answer.text
            assert "Not now" in words(answer.text)
            assert "PostgreSQL" in words(answer.text)
        answer = viewer.get("/ballpark/game/1?capture=2", headers=OF_THE_PAGE)
        assert answer.status_code == 503
        assert "PostgreSQL" in line(answer)
    assert viewer.get(today).status_code == 200, "whoever asks next gets the page, however long it was away"


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/game/987654321", 404, "The tables know no game 987654321."),
        ("/game/1?at=&lt;yesterday", 422, "This address says something wrong: at: "),
        ("/nowhere", 404, "There is no page &#39;nowhere&#39; here."),
    ],
)
def test_a_page_that_is_open_is_told_in_a_line(viewer: httpx.Client, path: str, code: int, said: str) -> None:
    answer = viewer.get(f"/ballpark{path}", headers=OF_THE_PAGE)
    assert answer.status_code == code
    assert line(answer).startswith(said)


@pytest.mark.parametrize(
    ("shown", "led_to"),
    [
        ("{url}/ballpark/game/1?at=2026-08-12T00:00:00Z", "{url}/ballpark/game/1?at=2026-08-12T00:00:00Z"),
        ("http://elsewhere.example/ballpark/health", "{url}/ballpark/health"),
        ("//elsewhere.example//elsewhere.example/a", "{url}//elsewhere.example/a"),
        ("javascript:alert(1)", "{url}/ballpark/"),
        ("http://[", "{url}/ballpark/"),
        ("", "{url}/ballpark/"),
    ],
)
def test_who_is_logged_out_comes_back_to_the_page_and_not_to_a_part_of_it(
    client: Client, shown: str, led_to: str
) -> None:
    with client(None) as nobody:
        url = str(nobody.base_url).rstrip("/")
        headers = OF_THE_PAGE | {"HX-Current-URL": shown.format(url=url)}
        answer = nobody.get(f"/ballpark/health/date/{DAY}/runs", headers=headers)
        assert answer.status_code == 401
        link = re.search(r'<a href="([^"]+)" data-airflow>Log in</a>', line(answer))
        assert link
        assert parse_qs(urlsplit(unescape(link[1])).query)["next"] == [led_to.format(url=url)]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2101-01-01"])
def test_a_date_in_which_nobody_has_played_or_will_is_told(client: Client, day: str) -> None:
    with client("USER") as user:
        for method, path in (
            ("GET", f"/health/date/{day}"), ("GET", f"/health/date/{day}/runs"), ("GET", f"/?date={day}"),
            ("GET", f"/today/events?date={day}"), ("POST", f"/health/date/{day}/backfill"),
        ):  # fmt: skip
            answer = user.request(method, f"/ballpark{path}", headers=OF_THE_PAGE)
            assert answer.status_code == 422, (path, answer.text)
            assert "This address says something wrong" in line(answer)


def test_what_nobody_expected_is_told_in_words_behind_the_policy_and_logged(
    ballpark: FastAPI, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("of a test")

    probe = APIRoute("/probe", fail, dependencies=ballpark.router.dependencies)
    ballpark.router.routes.insert(0, probe)
    try:
        answer, part = (client("VIEWER").get("/ballpark/probe", headers=headers) for headers in ({}, OF_THE_PAGE))
    finally:
        ballpark.router.routes.remove(probe)
    assert (answer.status_code, part.status_code) == (500, 500)
    assert "the log of Airflow's API server says what" in words(answer.text)
    assert "of a test" not in answer.text
    assert "the log of Airflow" in line(part)
    for each in (answer, part):
        assert "default-src 'none'" in each.headers["Content-Security-Policy"]
    assert [record for record in caplog.records if record.exc_info and "of a test" in str(record.exc_info[1])]


def test_a_stream_ends_where_its_game_is_there_no_more(
    viewer: httpx.Client, owner: Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    game_pk = a_game(owner, LIVE)
    with events(viewer, page(viewer, game_pk)) as stream:
        time.sleep(1)
        for table, _ in reversed(game_tables(owner, "game")):
            owner.execute(f"DELETE FROM {table} WHERE game_pk = %s".encode(), (game_pk,))
        with pytest.raises(AssertionError, match="the stream has ended"):
            stream.next()
    time.sleep(1)  # the server has said by then what it makes of that
    assert not [record for record in caplog.records if record.exc_info]
