"""Whoever looks: on a phone, by keyboard alone, with a screen reader, in either theme."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.browser import DESK, PHONE, THEMES, Visitors
from tests.page.places import PAGES, Places
from tests.page.test_game import captures, shows

_AXE = Axe()
_OPEN_SOME = "document.querySelectorAll('details').forEach((each, number) => each.open = number < 6)"
# What Tab must reach; and of what it reached, what shows that it is there.
_TO_REACH = """
    window.reached = new Set();
    window.unseen = [];
    window.toReach = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
        .filter(each => each.checkVisibility());
    document.addEventListener("focusin", ({target}) => {
        reached.add(target);
        const style = getComputedStyle(target), box = target.getBoundingClientRect();
        const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth);
        const isOnScreen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        if (!isOutlined || !isOnScreen) unseen.push(target.outerHTML);
    });
    toReach.length
"""
_NOT_REACHED = "toReach.filter(each => !reached.has(each)).map(each => each.outerHTML.slice(0, 200))"


def complete(page: Page) -> None:
    """Wait until the parts that a page asks for by itself are there."""
    expect(page.get_by_text("Airflow is being asked")).to_have_count(0)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visitors: Visitors, places: Places, name: str, viewport: dict[str, int]) -> None:
    # What axe adds to a page for its measurements is not the page's own: the policy would refuse it.
    page = visitors.open(places.pages[name], viewport=viewport, bypass_csp=True)
    complete(page)
    page.evaluate(_OPEN_SOME)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        found = _AXE.run(page).response["violations"]
        assert [told(each) for each in found] == []


def told(violation: dict[str, Any]) -> str:
    where = [node["html"][:200] for node in violation["nodes"][:3]]
    return f"{violation['impact']}: {violation['id']}: {violation['help']}: {where}"


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_phone(visitors: Visitors, places: Places, name: str) -> None:
    page = visitors.open(places.pages[name], viewport=PHONE)
    complete(page)
    page.evaluate(_OPEN_SOME)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == PHONE["width"]


@pytest.mark.parametrize("name", PAGES)
def test_tab_reaches_all_that_can_be_used_and_one_sees_where_it_is(
    visitors: Visitors, places: Places, name: str
) -> None:
    page = visitors.open(places.pages[name])
    complete(page)
    page.evaluate(_OPEN_SOME)
    count = page.evaluate(_TO_REACH)
    for _ in range(3 * count):  # a field for a date has four parts, and what is opened may ask for more links
        page.keyboard.press("Tab")
        if not page.evaluate(_NOT_REACHED):
            break
    assert page.evaluate(_NOT_REACHED) == []
    assert page.evaluate("unseen") == []


@pytest.mark.usefixtures("airflow")
def test_all_is_done_by_keyboard(visitors: Visitors, places: Places) -> None:
    page = visitors.open("/")
    title = page.get_by_role("heading", level=1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.locator(f"#game-{places.live_game} h2").get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(title).to_contain_text(" at ")
    page.locator("summary", has_text="Captures around it").focus()
    page.keyboard.press("Space")
    page.get_by_role("region", name="Captures").get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    shows(page, captures(page))
    page.get_by_role("link", name="Player").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Full or last name").focus()
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem").first).to_be_visible()
    page.get_by_role("link", name="Health").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"{places.day:%B}", exact=True).focus()
    page.keyboard.press("Enter")
    for _ in range(places.day.day):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=f"{places.day:%-d %B}: ")).to_be_focused()
    page.keyboard.press("Enter")
    expect(title).to_have_text(f"{places.day:%A, %-d %B %Y}")
    page.get_by_role("button", name="Backfill").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A backfill was made")
    expect(page.get_by_role("button", name="Backfill")).to_be_focused()


def test_who_stands_on_a_run_stays_there_while_it_goes_on(
    visitors: Visitors, places: Places, airflow: httpx.Client
) -> None:
    def run(name: str) -> None:
        body = {"dag_run_id": name, "conf": {"date": str(places.day)}, "logical_date": None}
        airflow.post("/dags/mlb_game/dagRuns", json=body).raise_for_status()

    run("the.first")
    page = visitors.open(f"/health/date/{places.day}")
    link = page.get_by_role("link", name="the.first")
    link.focus()
    for later in ("the.second", "the.third"):  # as they are asked for again, once and once more
        run(later)
        expect(page.get_by_role("link", name=later)).to_be_visible()
        expect(link).to_be_focused()
    for name in ("the.first", "the.second", "the.third"):
        airflow.patch(f"/dags/mlb_game/dagRuns/{name}", json={"state": "success"}).raise_for_status()
    expect(page.get_by_role("cell", name="success")).to_have_count(3)
    expect(link).to_be_focused()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4000)
    assert not asked, "nothing goes on any more"
