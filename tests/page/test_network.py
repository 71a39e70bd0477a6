"""What a page asks for: itself, its looks and scripts, and what keeps it as the tables are. Nothing else, and once."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser import Visitors
from tests.page.places import PAGES, Places
from tests.page.test_everybody import complete
from tests.page.world import World

_EVERY = ["static/icon.svg", "static/page.css", "static/page.js", "static/theme.js"]
_ASKS = [*_EVERY, "static/vendor/htmx.min.js"]
_IS_KEPT = [*_ASKS, "static/vendor/hx-sse.min.js"]
_GAME = [*_IS_KEPT, "static/game.css", "static/game.js"]
NEEDED = {
    "today": [*_IS_KEPT, "today/events"],
    "game that is on": [*_GAME, "game/{live_game}/events"],
    "game that is over": _GAME,
    "health": [*_ASKS, "static/health.css", "health/runs"],
    "date": [*_ASKS, "static/health.css", "health/date/{day}/runs"],
    "search": [*_EVERY, "static/player.css"],
    "batter": [*_EVERY, "static/player.css"],
    "pitcher": [*_EVERY, "static/player.css"],
}


class NetworkLog:
    """What a page asked for since it was opened, as the browser's own tools list it."""

    def __init__(self, page: Page) -> None:
        self._asked: dict[str, str] = {}  # URL by the browser's number of the request
        self._kept: set[str] = set()  # those that the browser had
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.requestServedFromCache", lambda event: self._kept.add(event["requestId"]))
        session.on("Network.responseReceived", self._received)
        session.send("Network.enable")

    def _sent(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if not url.startswith("data:"):  # a picture in the browser's own field for a date
            self._asked[event["requestId"]] = url

    def _received(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._kept.add(event["requestId"])

    @property
    def all(self) -> list[str]:
        """All that it asked for."""
        return sorted(self._asked.values())

    @property
    def sent(self) -> list[str]:
        """What of it the server was asked for."""
        return sorted(url for number, url in self._asked.items() if number not in self._kept)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_what_it_needs_and_keeps_its_files(
    visitors: Visitors, world: World, places: Places, name: str
) -> None:
    path = places.pages[name]
    wanted = {each.format(**vars(places)) for each in NEEDED[name]} | {path.partition("?")[0].lstrip("/")}
    page = visitors.logged_in()
    first = NetworkLog(page)
    page.goto(world.url + path)
    settled(page, name)
    assert all(url.startswith(f"{world.url}/") for url in first.all), first.all
    assert {below(world, url) for url in first.all} == wanted
    assert len(first.all) == len(wanted), f"asked twice: {first.all}"
    page.goto("about:blank")
    again = NetworkLog(page)
    page.goto(world.url + path)
    settled(page, name)
    assert {below(world, url) for url in again.sent} == {each for each in wanted if not each.startswith("static/")}


def below(world: World, url: str) -> str:
    """The path of a URL below the page's root; its files are asked for by what is in them."""
    path = urlsplit(url).path.removeprefix(urlsplit(world.url).path).lstrip("/")
    assert not path.startswith("static/") or re.search(r"\?v=[0-9a-f]{16}$", url), url
    return path


def settled(page: Page, name: str) -> None:
    """Wait until it asks for nothing more."""
    complete(page)
    if any(each.endswith("/events") for each in NEEDED[name]):
        expect(page.locator("#connection")).to_have_text("live")
    page.wait_for_timeout(300)
