"""A game as of any of its captures: by mouse, by keyboard, and by the address that somebody was sent."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.page.browser import Visitors
from tests.page.places import Places

AT = re.compile(r"\?at=2026-08-1\dT[\d:.]+Z$")


def shows(page: Page, capture: int) -> None:
    """Wait until the page is that of a capture, by its number."""
    expect(page.locator("#moment")).to_have_attribute("data-capture", str(capture))
    expect(page.locator("#capture-said")).to_contain_text(f"capture {capture} of ")


def captures(page: Page) -> int:
    return int(page.get_by_role("slider").get_attribute("max") or 0)


def test_the_slider_leads_by_mouse_to_any_capture_and_the_address_with_it(visitors: Visitors, places: Places) -> None:
    page = visitors.open(f"/game/{places.live_game}")
    slider = page.get_by_role("slider")
    most = captures(page)
    assert most > 2
    slider.click(position={"x": 3, "y": 8})
    shows(page, 1)
    expect(page).to_have_url(AT)
    address = page.url
    box = slider.bounding_box()  # what stands above it may take less room at another moment
    assert box
    page.mouse.move(box["x"] + 3, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    expect(page.locator("#moment")).to_have_attribute("data-capture", re.compile(f"^[2-{most - 1}]$"))
    page.goto(address)
    shows(page, 1)
    page.reload()
    shows(page, 1)
    page.get_by_role("link", name="as it is now").click()
    shows(page, most)
    assert "?" not in page.url


def test_the_slider_leads_by_arrow_keys_step_by_step_and_says_where_it_is(visitors: Visitors, places: Places) -> None:
    page = visitors.open(f"/game/{places.live_game}")
    slider, most = page.get_by_role("slider"), captures(page)
    slider.focus()
    for step in (1, 2):
        page.keyboard.press("ArrowLeft")
        shows(page, most - step)
        expect(slider).to_be_focused()
        expect(slider).to_have_attribute("aria-valuetext", re.compile(f"capture {most - step} of {most}$"))
    page.keyboard.press("Home")
    shows(page, 1)
    page.keyboard.press("End")
    shows(page, most)
    assert "?" not in page.url, "the newest is the game as it is"


def test_what_was_opened_stays_open_at_another_capture(visitors: Visitors, places: Places) -> None:
    page = visitors.open(f"/game/{places.live_game}")
    most, play = captures(page), page.locator("details[id^=play-]").first
    play.locator("summary").click()
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    shows(page, most - 1)
    expect(play).to_have_attribute("open", "")
