"""From the commit to the screen, of a page that nobody loads again."""

from __future__ import annotations

from datetime import timedelta
from statistics import median, quantiles

from playwright.sync_api import Page, expect

from tests.page.browser import Visitors
from tests.page.places import Places
from tests.page.row_to_pixel import ON_TODAY, delays
from tests.page.world import World, mlb_etl

_TIMES = 30
# What a screen reader reads out: whatever changes within an element that it is to watch, by the element's id.
_LISTEN = """
    () => {
        window.readOut = [];
        const watched = "[aria-live]:not([aria-live=off]), output, [role=status], [role=alert], [role=log]";
        const heard = ({target}) => (target.closest ? target : target.parentElement)?.closest(watched);
        new MutationObserver(changes => readOut.push(...changes.map(heard).filter(Boolean).map(each => each.id)))
            .observe(document.body, {subtree: true, childList: true, characterData: true});
    }
"""


def is_live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_text("live")


def test_a_run_is_on_the_screen_when_its_row_is_committed(visitors: Visitors, world: World, places: Places) -> None:
    page = visitors.open("/")
    is_live(page)
    link = page.locator(f"#game-{places.live_game} h2").get_by_role("link")
    link.focus()
    found, runs = delays(page, world, places.live_game, ON_TODAY, _TIMES)
    p95 = quantiles(found, n=20)[-1]
    print(f"row -> pixel, ms: p50 {median(found) * 1000:.0f}, p95 {p95 * 1000:.0f}, most {max(found) * 1000:.0f}")
    expect(link).to_be_focused()
    expect(page.locator("#said")).to_contain_text(f" {runs}, ")


def test_a_capture_shows_on_every_page_that_is_open_of_its_games(
    visitors: Visitors, world: World, places: Places
) -> None:
    today, game = visitors.open("/"), visitors.open(f"/game/{places.live_game}")
    for page in (today, game):
        is_live(page)
        page.evaluate("window.wasLoaded = 'once'")
        page.evaluate(_LISTEN)
    most = int(game.get_by_role("slider").get_attribute("max") or 0)
    standing = today.locator(f"#game-{places.live_game}").inner_text()
    world.dates.capture("mlb_game", [world.dates.evening + timedelta(minutes=10)])
    mlb_etl(world.environment, "transform", "game.live_game_v1", "--all")
    expect(game.get_by_role("slider")).to_have_attribute("max", str(most + 1))
    expect(game.locator("#moment #capture-said")).to_contain_text(f"capture {most + 1} of {most + 1}")
    expect(today.locator(f"#game-{places.live_game}")).not_to_have_text(standing, use_inner_text=True)
    for page in (today, game):
        assert page.evaluate("window.wasLoaded") == "once"
        assert set(page.evaluate("window.readOut")) <= {"said"}, "a screen reader is told news, and no pitch"
