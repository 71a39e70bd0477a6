"""Somebody who is here for the first time clicks through all of it, in Airflow's own frame."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.page.browser import DESK, PHONE, Visitors
from tests.page.places import Places
from tests.page.world import World


def ballpark(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title=Ballpark]")


@pytest.mark.usefixtures("airflow")
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_from_the_login_to_every_page_and_to_a_run_of_a_backfill(
    visitors: Visitors, world: World, places: Places, viewport: dict[str, int]
) -> None:
    page = visitors.somebody(viewport=viewport)
    visitors.log_in(page, "user")
    page.get_by_role("link", name="Ballpark").click()
    frame, title = ballpark(page), ballpark(page).get_by_role("heading", level=1)
    expect(title).to_have_text(f"{places.day:%A, %-d %B %Y}")
    expect(frame.get_by_role("status").filter(has_text="live")).to_be_visible()
    expect(frame.locator("#airflow")).to_be_hidden()  # it is around the page

    clubs = frame.locator(f"#game-{places.live_game} .club span").all_inner_texts()
    frame.locator(f"#game-{places.live_game} h2").get_by_role("link").click()
    expect(title).to_have_text(" at ".join(clubs))
    frame.locator("summary", has_text="out").first.click()
    expect(frame.get_by_role("img", name="The pitches over the plate").first).to_be_visible()
    expect(frame.get_by_role("region", name="Pitches of play 1", exact=True)).to_be_visible()

    frame.get_by_role("link", name="Health").click()
    expect(title).to_have_text(f"Health of the {places.day.year} season")
    expect(frame.get_by_role("link", name="mlb_schedule", exact=True)).to_be_visible()
    frame.get_by_role("link", name=f"{world.dates.first:%-d %B}: loaded").click()
    expect(title).to_have_text(f"{world.dates.first:%A, %-d %B %Y}")
    expect(frame.get_by_text("Loaded, ")).to_be_visible()
    expect(frame.get_by_text("mlb_schedule and mlb_game have no run for this date")).to_be_visible()
    frame.get_by_role("button", name="Backfill").click()
    expect(frame.get_by_text("A backfill was made")).to_be_visible()
    assert backfilled(page, world) == [str(world.dates.first)]

    frame.get_by_role("link", name="Player").click()
    frame.get_by_label("Full or last name").fill(clubs[0][:1])
    frame.get_by_role("button", name="Find").click()
    found = frame.get_by_role("listitem").first.get_by_role("link")
    name = found.inner_text()
    found.click()
    expect(title).to_contain_text(name)

    frame.get_by_role("link", name="Health").click()
    frame.get_by_role("link", name=re.compile(f"queued.*{world.dates.first}")).click()
    expect(page).to_have_url(re.compile("/dags/mlb_schedule/runs/"))


def test_a_backfill_that_is_refused_says_so_until_one_is_made(visitors: Visitors, world: World) -> None:
    page = visitors.open(f"/health/date/{world.dates.first}")
    for _ in range(2):  # another one may go on from before
        page.get_by_role("button", name="Backfill").click()
        expect(page.locator("#date-runs")).to_contain_text("queued")
    refused = page.locator("#failed").filter(has_text="already a running backfill")
    expect(refused).to_be_visible()
    with page.expect_response("**/runs"):  # they are asked for again and again
        pass
    page.wait_for_timeout(100)
    expect(refused).to_be_visible()
    visitors.complaints.clear()  # of the refusal


def test_who_comes_by_the_link_of_a_task_finds_to_airflow(visitors: Visitors, world: World, places: Places) -> None:
    page = visitors.open(places.pages["game that is on"])
    page.get_by_role("link", name="Airflow", exact=True).click()
    expect(page).to_have_url(f"{world.airflow}/")
    expect(page.get_by_role("link", name="Ballpark")).to_be_visible()


def test_a_date_says_what_its_runs_have_come_to_without_being_loaded_again(
    visitors: Visitors, world: World, places: Places, airflow: httpx.Client
) -> None:
    day, run = world.dates.first, "/dags/mlb_schedule/dagRuns"
    body = {"dag_run_id": "it.goes.on", "conf": {"date": str(day)}, "logical_date": None}
    airflow.post(run, json=body).raise_for_status()
    with world.connect() as connection:
        stand = "UPDATE game.live_game_metadata SET abstract_game_state = %s WHERE game_pk = %s"
        connection.execute(stand, ("Live", places.over_game))
        page = visitors.open(f"/health/date/{day}")
        expect(page.get_by_role("link", name="it.goes.on")).to_be_visible()
        expect(page.locator("#date-verdict")).to_contain_text("Partial, ")
        connection.execute(stand, ("Final", places.over_game))
    airflow.patch(f"{run}/it.goes.on", json={"state": "success"}).raise_for_status()
    expect(page.get_by_role("cell", name="success")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Loaded, ")).to_be_visible()
    button = page.get_by_role("button", name="Backfill").bounding_box()
    runs = page.get_by_role("table").first.bounding_box()
    assert button
    assert runs
    assert runs["y"] - button["y"] - button["height"] >= 8, "its outline, where it has the focus, covers none of them"


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_run_that_failed_stands_among_the_others(
    visitors: Visitors, places: Places, airflow: httpx.Client, viewport: dict[str, int]
) -> None:
    body = {"conf": {"date": str(places.day)}, "logical_date": None}
    for state in ("success", "failed"):
        airflow.post("/dags/mlb_game/dagRuns", json=body | {"dag_run_id": state}).raise_for_status()
        airflow.patch(f"/dags/mlb_game/dagRuns/{state}", json={"state": state}).raise_for_status()
    page = visitors.open("/health", viewport=viewport)
    heights = []
    for state in ("success", "failed"):
        box = page.get_by_role("link", name=f"{state} {places.day}").bounding_box()
        assert box
        heights.append(box["height"])
    assert heights[0] == heights[1] < 30, "each is one line"


def backfilled(page: Page, world: World) -> list[str]:
    """The dates for which there is a run of a backfill, as Airflow says to the user of the page."""
    answer = page.request.get(f"{world.airflow}/api/v2/dags/mlb_schedule/dagRuns")
    runs = answer.json()["dag_runs"]
    assert {(run["run_type"], run["triggering_user_name"]) for run in runs} <= {("backfill", "user")}
    return [run["partition_key"] for run in runs]


def test_a_season_before_of_another_league_is_there_as_well(visitors: Visitors, world: World) -> None:
    day = world.dates.last.replace(year=world.dates.last.year - 1)
    page = visitors.open("/")
    title = page.get_by_role("heading", level=1)
    page.get_by_label("Date", exact=True).fill(str(day))
    page.get_by_role("button", name="Go").click()
    expect(title).to_have_text(f"{day:%A, %-d %B %Y}")
    page.locator(".game.live h2 a").first.click()
    expect(title).to_contain_text(" at ")
    page.get_by_role("link", name="Health").click()
    page.get_by_role("link", name=str(day.year), exact=True).click()
    expect(title).to_have_text(f"Health of the {day.year} season")
    page.get_by_role("link", name=f"{day:%-d %B}: partial").click()
    page.get_by_role("link", name="Its games").click()
    expect(title).to_have_text(f"{day:%A, %-d %B %Y}")


def test_a_player_is_some_clicks_away_where_nothing_but_the_schedule_and_the_games_is_loaded(
    visitors: Visitors, world: World
) -> None:
    """As on the evening of `make up`; of the other league neither people nor chances to win are loaded."""
    page = visitors.open(f"/?date={world.dates.last.replace(year=world.dates.last.year - 1)}", viewport=PHONE)
    title = page.get_by_role("heading", level=1)
    page.locator(".game.live h2 a").first.click()
    expect(title).to_contain_text(" at ")
    batter = page.get_by_role("region", name=re.compile("^Batting of")).first.get_by_role("link").first
    name = batter.inner_text()
    batter.click()
    expect(title).to_contain_text(name)
    player = page.url.rpartition("/")[2]
    with world.connect() as connection:
        assert not connection.execute("SELECT FROM person.people WHERE person_id = %s", (player,)).fetchall()

    page.locator("section[aria-labelledby=games]").get_by_role("link").first.click()
    expect(title).to_contain_text(" at ")
    page.locator("summary", has_text="out").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    pitcher = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(title).to_contain_text(pitcher)

    page.get_by_role("link", name="Player").click()
    page.get_by_label("Full or last name").fill(name)
    page.get_by_role("button", name="Find").click()
    expect(page.locator(f"a[href$='/player/{player}']")).to_have_text(name)


def test_who_may_only_look_is_offered_no_backfill(visitors: Visitors, places: Places) -> None:
    page = visitors.open(f"/health/date/{places.day}", role="viewer")
    expect(page.get_by_text("mlb_schedule and mlb_game have no run for this date")).to_be_visible()
    expect(page.get_by_text("Who may trigger")).to_be_visible()
    assert page.get_by_role("button").count() == 0
    status = page.evaluate(
        "fetch(location.pathname + '/backfill', {method: 'POST', headers: {'HX-Request': 'true'}}).then(r => r.status)"
    )
    assert status == 403
    visitors.complaints.clear()  # of that one


def test_it_is_light_or_dark_as_airflow_is_and_changes_with_it(visitors: Visitors) -> None:
    page = visitors.open("/")
    page.goto(page.url.replace("/ballpark/", "/plugin/ballpark"))
    root = ballpark(page).locator("html")
    for chosen, theme in (("Dark Mode", "dark"), ("Light Mode", "light")):
        page.get_by_role("button", name="User").click()
        page.get_by_role("menuitem", name="Appearance").click()
        page.keyboard.press("ArrowRight")
        page.get_by_role("menuitemradio", name=chosen).click()
        expect(root).to_have_attribute("data-theme", theme)
        page.keyboard.press("Escape")
