"""What somebody sees whose page cannot have a part of itself: what it shows stays, a line says why, and it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.browser import Visitors
from tests.page.places import Places
from tests.page.test_game import captures, shows
from tests.page.test_live import is_live
from tests.page.world import World


@contextmanager
def unreadable(world: World) -> Iterator[None]:
    """Let the page not read what games are there, which it answers as it does where PostgreSQL is away."""
    with world.connect() as connection:
        connection.execute("REVOKE SELECT ON game.live_game_metadata FROM mlb_reader")
        try:
            yield
        finally:
            connection.execute("GRANT SELECT ON game.live_game_metadata TO mlb_reader")


@contextmanager
def logged_out(page: Page) -> Iterator[None]:
    """Let somebody be logged out for a while."""
    cookies = page.context.cookies()
    page.context.clear_cookies()
    yield
    page.context.add_cookies([dict(each) for each in cookies])  # type: ignore[misc]


def is_told(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("alert")).to_be_in_viewport()


def is_told_nothing(page: Page) -> None:
    expect(page.locator("#failed")).to_be_empty()
    expect(page.locator("#failed")).to_be_hidden()


def test_a_slider_that_is_not_answered_leaves_the_game_and_leads_again(
    visitors: Visitors, world: World, places: Places
) -> None:
    page = visitors.open(f"/game/{places.live_game}")
    is_live(page)
    slider, most, title = page.get_by_role("slider"), captures(page), page.title()
    slider.focus()
    with unreadable(world):
        page.keyboard.press("ArrowLeft")
        is_told(page, "live_game_metadata")
        shows(page, most)
        expect(slider).to_have_value(str(most))
        expect(slider).to_be_focused()
    with logged_out(page):
        page.keyboard.press("ArrowLeft")
        is_told(page, "You are logged out")
        shows(page, most)
        link = page.get_by_role("alert").get_by_role("link", name="Log in")
        expect(link).to_have_attribute("href", re.compile(rf"next=[^&]*%2Fballpark%2Fgame%2F{places.live_game}$"))
    page.context.set_offline(True)
    page.keyboard.press("ArrowLeft")
    is_told(page, "Airflow does not answer")
    shows(page, most)
    expect(slider).to_have_value(str(most))
    page.context.set_offline(False)
    assert page.title() == title
    page.keyboard.press("ArrowLeft")
    shows(page, most - 1)
    is_told_nothing(page)
    visitors.complaints.clear()  # of what failed


def test_runs_that_cannot_be_had_are_asked_for_until_they_can(visitors: Visitors, places: Places) -> None:
    page = visitors.logged_in()
    for path, there in ((f"/health/date/{places.day}", "have no run for this date"), ("/health", "mlb_schedule")):
        page.route("**/runs", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
        page.goto(visitors.url(path))
        is_told(page, "The answer was an error, 502")
        assert page.get_by_role("heading", level=1).count() == 1, "what is answered is not part of the page"
        title = page.title()
        page.unroute("**/runs")
        with logged_out(page):
            is_told(page, "You are logged out")
            expect(page.get_by_text("Airflow is being asked")).to_be_visible()
            assert page.title() == title
            assert page.get_by_role("navigation", name="Pages").count() == 1
        expect(page.locator("main")).to_contain_text(there)
        is_told_nothing(page)
    visitors.complaints.clear()


@pytest.mark.parametrize("name", ["today", "game that is on"])
def test_a_stream_whose_first_connection_fails_is_connected_again(
    visitors: Visitors, places: Places, name: str
) -> None:
    page, answers = visitors.logged_in(), [503, None, 401]

    def fail(route: Route) -> None:
        if not answers:
            return route.continue_()
        status = answers.pop(0)
        return route.fulfill(status=status, body="no stream") if status else route.abort()

    page.route("**/events?*", fail)
    page.goto(visitors.url(places.pages[name]))
    expect(page.locator("#connection")).to_have_text("reconnecting")
    expect(page.locator("#connection")).to_have_text("logged out: load the page again")
    is_live(page)
    assert not answers
    is_told_nothing(page)
    visitors.complaints.clear()
