"""`make bench-page`: from a row's commit to the screen, and to a page's first paint, over a season's rows of games."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import expect
from redis import Redis

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.settings import settings
from tests.page.browser import Visitors, started
from tests.page.places import Places
from tests.page.row_to_pixel import ON_GAME, ON_TODAY, delays
from tests.page.simulated_dates import SimulatedDates
from tests.page.world import EVENING, World, mlb_etl, world
from tests.season_copies import copy_games

_SEED = 7
_COPIES = 80  # of the thirty games of two dates: with them, the 2,430 games of a season
_RUNS = 40
_VISITS = 20  # of each page
_TOLD_WITHIN, _PAINTED_WITHIN = 0.3, 1.0  # seconds, the goals
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_LINE = "{:<34}{:>7}{:>9}{:>9}{:>9}"


def main() -> None:
    """Print the figures, each beside its goal."""
    with (
        tempfile.TemporaryDirectory() as folder,
        world(Path(folder) / "state", SimulatedDates(_SEED, EVENING)) as made,
        started() as browser,
    ):
        visitors, places = Visitors(browser, made, {}), Places.of(made)
        with made.connect() as connection:
            copy_games(connection, _COPIES, dates=_COPIES)
            mlb_etl(made.environment, "db", "refresh")
            connection.execute("VACUUM ANALYZE")
        print(_LINE.format("milliseconds", "times", "p50", "p95", "goal"), flush=True)
        for what, seconds in _paints(visitors, made, places):
            _say(f"first paint: {what}", seconds, _PAINTED_WITHIN)
        for what, seconds in _runs(visitors, made, places):
            _say(f"row to pixel: {what}", seconds, _TOLD_WITHIN)


def _paints(visitors: Visitors, made: World, places: Places) -> Iterator[tuple[str, list[float]]]:
    """Each page as somebody opens it whose browser has nothing of it yet."""
    for name, path in places.pages.items():
        found = []
        for _ in range(_VISITS + 1):
            page = visitors.logged_in()
            page.goto(made.url + path)
            found.append(page.wait_for_function(_PAINTED).json_value() / 1000)
            page.context.close()
        yield name, found[1:]  # the first visit compiled its template


def _runs(visitors: Visitors, made: World, places: Places) -> Iterator[tuple[str, list[float]]]:
    """A run of a game that is on, on both of its pages; at last without Redis, which does not come back."""
    shown = {"Today": ("/", ON_TODAY), "Game": (f"/game/{places.live_game}", ON_GAME)}
    for is_told in (True, False):
        if not is_told:
            its = settings()
            Redis(its.redis_host, its.redis_port, password=its.redis_password.get_secret_value()).shutdown(nosave=True)
        for name, (path, where) in shown.items():
            page = visitors.open(path)
            expect(page.locator("#connection")).to_have_text("live")
            seconds, _ = delays(page, made, places.live_game, where, _RUNS, is_told=is_told)
            page.context.close()
            yield (name if is_told else f"{name}, without Redis"), seconds


def _say(what: str, seconds: Sequence[float], goal: float) -> None:
    """Print what was measured, beside the goal of its p95."""
    took = (round(each * 1000) for each in (median(seconds), quantiles(seconds, n=20)[-1], goal))
    print(_LINE.format(what, len(seconds), *took), flush=True)


if __name__ == "__main__":
    try:
        main()
    except PlatformError as error:
        sys.exit(f"error: {error}")
