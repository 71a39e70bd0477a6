"""A Chromium of this machine, and those who look at the page with it, each logged in through Airflow's own form."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, StorageState, expect, sync_playwright

from mlb_data_platform.errors import BadInputError
from tests.page.world import World

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE_MILLISECONDS = 20_000  # of a busy machine
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
THEMES = ("light", "dark")


def chromium() -> str:
    """Return the path of the Chromium on PATH, under whichever name. Raises BadInputError where there is none."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        raise BadInputError("no Chromium is on PATH; Debian's will do: apt-get install chromium")
    return found


@contextmanager
def started() -> Iterator[Browser]:
    """Start that Chromium for the block."""
    with sync_playwright() as playwright:
        # Its sandbox wants another user than root.
        browser = playwright.chromium.launch(executable_path=chromium(), chromium_sandbox=os.getuid() != 0)
        try:
            yield browser
        finally:
            browser.close()


class Visitors:
    """People with browsers. What their pages complain of (errors, refusals of the policy, failed requests) is kept."""

    def __init__(self, browser: Browser, world: World, states: dict[str, StorageState]) -> None:
        self._browser = browser
        self._world = world
        self._states = states  # of those who have logged in, by role
        self.complaints: list[str] = []

    def somebody(self, **options: Any) -> Page:
        """Return a page of somebody who has not logged in. The reader's clock is New York's."""
        context = self._browser.new_context(
            **{"viewport": DESK, "locale": "en-US", "timezone_id": "America/New_York", **options}
        )
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        return page

    def open(self, path: str, role: str = "user", **options: Any) -> Page:
        """Return a page of Ballpark, outside of Airflow's frame, of somebody who has logged in."""
        page = self.logged_in(role, **options)
        page.goto(self.url(path))
        return page

    def url(self, path: str) -> str:
        """Return the address of a page of Ballpark."""
        return self._world.url + path

    def logged_in(self, role: str = "user", **options: Any) -> Page:
        """Return an empty page of somebody who has logged in, and has opened nothing of Ballpark before."""
        if role not in self._states:
            page = self.somebody()
            self.log_in(page, role)
            self._states[role] = page.context.storage_state()
            page.context.close()
        return self.somebody(storage_state=self._states[role], **options)

    def log_in(self, page: Page, role: str) -> None:
        """Log in as people do."""
        page.goto(self._world.airflow)
        page.get_by_label("Username").fill(role)
        page.get_by_label("Password").fill(self._world.password(role))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("link", name="Ballpark")).to_be_visible()

    def leave(self) -> None:
        """Close all that they have open."""
        for context in self._browser.contexts:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "/ballpark/" in message.location["url"]:
            self.complaints.append(f"{message.location['url']}: {message.text}")

    def _failed(self, request: Request) -> None:
        left = (
            request.failure == "net::ERR_ABORTED"
        )  # a stream of events, or a part that is late, of a page that was left
        if "/ballpark/" in request.url and not left:
            self.complaints.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if "/ballpark/" in response.url and response.status >= 400:
            self.complaints.append(f"{response.request.method} {response.url}: {response.status}")


expect.set_options(timeout=_PATIENCE_MILLISECONDS)
