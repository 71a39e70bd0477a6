"""`make screenshots`: the pictures in docs/pictures, of a simulated evening that is the same each time."""

from __future__ import annotations

import sys
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.live.lock import follow_lock, stream_lock, watch_lock
from mlb_data_platform.mapping.load import followed_mapping
from mlb_data_platform.storage.advisory_locks import take
from tests.conftest import PROJECT_DIR
from tests.page.browser import PHONE, THEMES, Visitors, started
from tests.page.places import Places
from tests.page.simulated_dates import SimulatedDates
from tests.page.test_everybody import complete
from tests.page.world import World, mlb_etl, world

FOLDER = PROJECT_DIR / "docs" / "pictures"
_SEED = 7
_EVENING = datetime(2026, 4, 8, 1, 5, tzinfo=UTC)
_DAYS = 13  # that are loaded: since the first game of the season
_WIDTH = 1120  # as much as a README shows
_NOW = _EVENING + timedelta(seconds=3)
# At a quality that shows no loss it takes half of what a PNG does.
_AS_WEBP = """
    async (png) => {
        const picture = new Image();
        picture.src = `data:image/png;base64,${png}`;
        await picture.decode();
        const canvas = Object.assign(document.createElement("canvas"), {width: picture.width, height: picture.height});
        canvas.getContext("2d").drawImage(picture, 0, 0);
        return canvas.toDataURL("image/webp", 0.9).split(",")[1];
    }
"""


@dataclass(frozen=True)
class _Picture:
    """What is to be seen in it, how high it is on a desk, and what one does before it is taken."""

    name: str
    path: str
    height: int
    opens: str | None = None


def main() -> None:
    """Take all pictures, each in both themes and one as a phone has it."""
    dates = SimulatedDates(_SEED, _EVENING, _DAYS)
    with (
        tempfile.TemporaryDirectory() as folder,
        world(Path(folder) / "state", dates, clock=_NOW) as made,
        _corrected_and_followed(made),
        started() as browser,
    ):
        visitors = Visitors(browser, made, {})
        FOLDER.mkdir(exist_ok=True)
        for picture in _pictures(Places.of(made)):
            for theme in THEMES:
                page = _page(
                    visitors, picture, color_scheme=theme, viewport={"width": _WIDTH, "height": picture.height}
                )
                _take(page, f"{picture.name}-{theme}")
            _take(_page(visitors, picture, viewport=PHONE), f"{picture.name}-phone")
        assert not visitors.complaints, "\n".join(visitors.complaints)


def _pictures(places: Places) -> Iterator[_Picture]:
    yield _Picture("today", "/", 800)
    yield _Picture("game", f"/game/{places.live_game}", 1000)
    yield _Picture("plays", f"/game/{places.live_game}", 640, opens="li.scoring")
    yield _Picture("health", "/health", 900)
    yield _Picture("player", f"/player/{places.batter}", 1000)


def _page(visitors: Visitors, picture: _Picture, **options: object) -> Page:
    page = visitors.open(picture.path, **options)
    complete(page)
    if page.locator("[hx-sse\\:connect]").count():
        expect(page.locator("#connection")).to_have_text("live")
    if picture.opens:
        play = page.locator(picture.opens).first
        play.locator("summary").click()
        page.mouse.move(0, 0)
        play.evaluate("each => each.closest('.half').scrollIntoView()")
    return page


def _take(page: Page, name: str) -> None:
    file = FOLDER / f"{name}.webp"
    png = page.screenshot(animations="disabled")
    page.goto("about:blank")  # where no policy keeps a picture from being read
    file.write_bytes(b64decode(page.evaluate(_AS_WEBP, b64encode(png).decode())))
    page.context.close()
    print(f"{file.relative_to(PROJECT_DIR)}  {file.stat().st_size / 1000:.0f} kB", flush=True)


@contextmanager
def _corrected_and_followed(made: World) -> Iterator[None]:
    """Let games have been corrected, and those that are on be followed, as they are while mlb_live runs."""
    made.dates.capture_again("mlb_game")
    mlb_etl(made.environment, "transform", "game.live_game_v1", "--all")
    mapping, day = followed_mapping()[0], made.dates.last
    with made.connect() as connection:
        on = connection.execute("SELECT game_pk FROM game.live_game_metadata WHERE abstract_game_state = 'Live'")
        locks = [follow_lock(mapping, game_pk) for (game_pk,) in on.fetchall()]
        assert all(take(connection, name) for name in (*locks, watch_lock(day), stream_lock(mapping, day)))
        yield


if __name__ == "__main__":
    try:
        main()
    except PlatformError as error:
        sys.exit(f"error: {error}")
