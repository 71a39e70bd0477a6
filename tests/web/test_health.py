"""Health: what became of each date, what is fresh and what was refused, as the tables have it; a date's backfill."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from psycopg import Connection
from psycopg.types.json import Jsonb

from mlb_data_platform.ingest.terms import NOTICE
from mlb_data_platform.web import clock
from mlb_data_platform.web.airflow_api import Airflow, _as_user
from tests.web.conftest import DAY, Client, connect

pytestmark = pytest.mark.services

NOW = datetime(2026, 8, 13, 16, tzinfo=UTC)  # the day after the next
OF_THE_PAGE = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
HASH = "0" * 64
OURS = 990_000_000
_numbers = count(OURS + 1)  # of games and raw rows that nobody has


@pytest.fixture
def owner(evening: dict[str, str]) -> Iterator[Connection[Any]]:
    with connect(evening) as connection:
        connection.execute(
            "INSERT INTO season.seasons_normalized (season_id, sport_id, season_start_date, season_end_date,"
            " post_season_end_date, captured_at, raw_id) VALUES (2026, 1, '2026-03-26', '2026-10-31', '2026-11-02',"
            " now(), 1) ON CONFLICT DO NOTHING"
        )
        yield connection
        for table in (
            "schedule.daily_summary", "schedule.games", "history.game_live_game_metadata", "game.live_game_metadata",
            "metadata.rejected_captures", "season.seasons_normalized",
        ):  # fmt: skip
            connection.execute(f"DELETE FROM {table} WHERE raw_id > {OURS}".encode())


@pytest.fixture(autouse=True)
def two_days_later(ballpark: FastAPI) -> Iterator[None]:
    ballpark.dependency_overrides[clock.now] = lambda: NOW
    yield
    ballpark.dependency_overrides.clear()


@pytest.fixture
def viewer(evening: dict[str, str], client: Client) -> Iterator[httpx.Client]:
    with client("VIEWER") as browser:
        yield browser


def words(html: str) -> str:
    """What a person reads of HTML."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def section(html: str, name: str) -> str:
    """What a person reads of a section of the page."""
    found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', html, re.DOTALL)
    assert found, name
    return words(found[1])


def said_of(html: str, day: date) -> str:
    """What the calendar says of a date."""
    found = re.search(rf'href="/ballpark/health/date/{day}" aria-label="([^"]+)"', html)
    assert found, day
    return found[1]


def a_date(owner: Connection[Any], day: date, *games: str) -> list[int]:
    """Load the schedule of a date, with a game for each word: absent, live, final, corrected, postponed."""
    at = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
    owner.execute(
        "INSERT INTO schedule.daily_summary (schedule_date, sport_id, captured_at, raw_id) VALUES (%s, 1, %s, %s)",
        (day, at, next(_numbers)),
    )
    return [_a_game(owner, day, at, game) for game in games]


def _a_game(owner: Connection[Any], day: date, at: datetime, game: str) -> int:
    game_pk, state = next(_numbers), {"live": "I", "postponed": "D"}.get(game, "F")
    owner.execute(
        "INSERT INTO schedule.games (game_pk, schedule_date, sport_id, coded_game_state, captured_at, raw_id)"
        " VALUES (%s, %s, 1, %s, %s, %s)",
        (game_pk, day, state, at, next(_numbers)),
    )
    if game in ("absent", "postponed"):
        return game_pk
    owner.execute(
        "INSERT INTO game.live_game_metadata (game_pk, official_date, coded_game_state, abstract_game_state,"
        " captured_at, valid_from, raw_id) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (game_pk, day, state, "Live" if state == "I" else "Final", at, at, next(_numbers)),
    )
    was = [("I", at - timedelta(hours=2), at - timedelta(hours=1))]
    if game == "corrected":
        was.append(("F", at - timedelta(hours=1), at))
    for code, since, until in was:
        owner.execute(
            "INSERT INTO history.game_live_game_metadata (game_pk, coded_game_state, captured_at, valid_from, raw_id,"
            " valid) VALUES (%s, %s, %s, %s, %s, tstzrange(%s, %s))",
            (game_pk, code, since, since, next(_numbers), since, until),
        )
    return game_pk


def refuse(owner: Connection[Any], game_pk: int, at: datetime, reason: str) -> int:
    """Have a capture of a game that the mapping in force has refused."""
    from mlb_data_platform.mapping.load import followed_mapping

    mapping, _ = followed_mapping()
    raw_id = next(_numbers)
    owner.execute(
        "INSERT INTO game.live_game_v1 (id, game_pk, captured_at, data) VALUES (%s, %s, %s, '{}')",
        (raw_id, game_pk, at),
    )
    owner.execute(
        "INSERT INTO metadata.rejected_captures (endpoint, raw_id, captured_at, mapping_sha256, reason)"
        " VALUES (%s, %s, %s, %s, %s)",
        (mapping.name, raw_id, at, mapping.sha256, reason),
    )
    return raw_id


def refuse_schedule(owner: Connection[Any], day: date, unit: dict[str, str] | None = None) -> int:
    """Have a capture of the schedule of a date, or a unit of it, that the mapping in force has refused."""
    from mlb_data_platform.mapping.load import load_mapping

    raw_id, at = next(_numbers), datetime(2026, 4, 10, tzinfo=UTC)
    owner.execute(
        "INSERT INTO schedule.schedule (id, captured_at, request_params, data) VALUES (%s, %s, %s, '{}')",
        (raw_id, at, Jsonb({"sportId": 1, "date": str(day)})),
    )
    owner.execute(
        "INSERT INTO metadata.rejected_captures (endpoint, raw_id, captured_at, unit, mapping_sha256, reason)"
        " VALUES ('schedule.schedule', %s, %s, %s, %s, 'no dates')",
        (raw_id, at, Jsonb(unit) if unit else None, load_mapping("schedule.schedule").sha256),
    )
    return raw_id


def test_a_date_is_what_its_games_are_in_the_tables(viewer: httpx.Client, owner: Connection[Any]) -> None:
    there, final = owner.execute(
        "SELECT count(*), count(*) FILTER (WHERE m.abstract_game_state = 'Final') FROM schedule.games AS s"
        " JOIN game.live_game_metadata AS m USING (game_pk)"
        " WHERE schedule_date = %s AND s.coded_game_state NOT IN ('C', 'D')",
        (DAY,),
    ).fetchone() or (0, 0)
    assert final < there
    assert (
        said_of(viewer.get("/ballpark/health").text, DAY)
        == f"11 August: partial, {there} games: {there} in the tables, {final} final"
    )


STATES = {
    date(2026, 3, 30): (("final", "final"), "loaded, 2 games: 2 in the tables, 2 final"),
    date(2026, 3, 31): (("final", "corrected"), "corrected, 2 games: 2 in the tables, 2 final, 1 changed since"),
    date(2026, 4, 1): (("final", "absent"), "partial, 2 games: 1 in the tables, 1 final"),
    date(2026, 4, 2): (("final", "live"), "partial, 2 games: 2 in the tables, 1 final"),
    date(2026, 4, 3): (("absent", "absent"), "missing, 2 games: 0 in the tables, 0 final"),
    date(2026, 4, 4): (("final", "postponed"), "loaded, 1 game: 1 in the tables, 1 final"),
    date(2026, 4, 5): ((), "empty, 0 games"),
    date(2026, 8, 13): (("absent",), "ahead, 1 game: 0 in the tables, 0 final"),
}


def test_each_state_of_a_date_is_told_in_words(viewer: httpx.Client, owner: Connection[Any]) -> None:
    for day, (games, _) in STATES.items():
        a_date(owner, day, *games)
    html = viewer.get("/ballpark/health?season=2026").text
    for day, (_, said) in STATES.items():
        assert said_of(html, day) == f"{day:%-d %B}: {said}"
    assert said_of(html, date(2026, 4, 6)) == "6 April: missing, its schedule is not loaded"


def test_a_game_that_was_moved_counts_where_it_is_played_and_once_it_was(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    first, second = date(2026, 4, 14), date(2026, 4, 15)
    a_date(owner, first)
    (game_pk,) = a_date(owner, second, "final")
    owner.execute(
        "INSERT INTO schedule.games (game_pk, schedule_date, sport_id, coded_game_state, detailed_state, captured_at,"
        " raw_id) VALUES (%s, %s, 1, 'D', 'Postponed', now(), 1)",
        (game_pk, first),
    )
    moved = (
        "UPDATE game.live_game_metadata SET original_date = %s, coded_game_state = %s, detailed_state = %s"
        " WHERE game_pk = %s"
    )
    owner.execute(moved.encode(), (first, "D", "Postponed: Rain", game_pk))
    said = said_of(viewer.get("/ballpark/health?season=2026").text, second)
    assert said == "15 April: missing, 1 game: 0 in the tables, 0 final", "what was captured on the first date"
    owner.execute(moved.encode(), (first, "F", "Final", game_pk))
    said = said_of(viewer.get("/ballpark/health?season=2026").text, second)
    assert said == "15 April: loaded, 1 game: 1 in the tables, 1 final"
    assert "Postponed not expected" in words(viewer.get(f"/ballpark/health/date/{first}").text)


def test_a_date_of_which_the_newest_capture_was_refused_says_so_until_a_newer_one_is_applied(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    day = date(2026, 4, 8)
    (game_pk,) = a_date(owner, day, "final")
    refuse(owner, game_pk, datetime(2026, 4, 9, 12, tzinfo=UTC), "$.gameData is <missing>")
    page = viewer.get(f"/ballpark/health/date/{day}")
    assert "Refused, 1 game: 1 in the tables, 1 final, 1 refused." in words(page.text)
    assert "$.gameData is &lt;missing&gt;" in page.text
    assert "refused" in said_of(viewer.get("/ballpark/health").text, day)
    newer = datetime(2026, 4, 9, 13, tzinfo=UTC)
    owner.execute("UPDATE game.live_game_metadata SET captured_at = %s WHERE game_pk = %s", (newer, game_pk))
    assert "loaded" in said_of(viewer.get("/ballpark/health").text, day)


def test_a_date_whose_schedule_was_refused_says_so(viewer: httpx.Client, owner: Connection[Any]) -> None:
    day = date(2026, 4, 9)
    refuse_schedule(owner, day)
    assert said_of(viewer.get("/ballpark/health").text, day).startswith("9 April: refused")


def test_the_page_of_a_date_lists_its_games_and_how_much_of_them_was_corrected(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    game_pk = owner.execute(
        "UPDATE game.live_game_metadata SET abstract_game_state = 'Final', coded_game_state = 'F' WHERE game_pk = ("
        "SELECT min(game_pk) FROM game.live_game_metadata WHERE official_date = %s AND abstract_game_state = 'Preview'"
        ") RETURNING game_pk",
        (DAY,),
    ).fetchone()
    assert game_pk
    later = datetime.now(UTC) + timedelta(hours=1)  # than it was captured
    with owner.transaction():
        owner.execute(
            "UPDATE game.live_game_metadata SET attendance = 12345, captured_at = %(at)s, valid_from = %(at)s,"
            " published_xid = pg_current_xact_id() WHERE game_pk = %(pk)s",
            {"at": later, "pk": game_pk[0]},
        )
    corrected = owner.execute("SELECT count(*) FROM game.corrections WHERE game_pk = %s", game_pk).fetchone()
    assert corrected == (1,)
    html = viewer.get(f"/ballpark/health/date/{DAY}").text
    rows = re.findall(r'<tr>\s*<th scope="row"><a href="/ballpark/game/(\d+)">(.*?)</tr>', html, re.DOTALL)
    listed = owner.execute("SELECT game_pk FROM schedule.games WHERE schedule_date = %s", (DAY,)).fetchall()
    assert {int(pk) for pk, _ in rows} == {pk for (pk,) in listed}
    seen_at = owner.execute("SELECT max(seen_at) FROM game.corrections WHERE game_pk = %s", game_pk).fetchone()
    assert seen_at
    assert f"1 value, seen until {seen_at[0].astimezone(UTC):%-d %b %H:%M:%S} UTC" in words(dict(rows)[str(game_pk[0])])


@pytest.mark.parametrize(("path", "status"), [("1999-01-01", 404), ("2026-02-30", 422), ("yesterday", 422)])
def test_a_date_of_no_season_is_told(viewer: httpx.Client, path: str, status: int) -> None:
    assert viewer.get(f"/ballpark/health/date/{path}").status_code == status


def test_a_season_of_which_nothing_is_known_is_told(viewer: httpx.Client) -> None:
    answer = viewer.get("/ballpark/health?season=1899")
    assert answer.status_code == 200
    assert "No date of 1899 is loaded" in section(answer.text, "dates")


def ran(owner: Connection[Any], job: str, at: datetime, status: str = "succeeded", asked: int = 1) -> None:
    owner.execute(
        "INSERT INTO metadata.job_executions (run_id, job, arguments, status, asked, done, started_at, ended_at)"
        " VALUES (gen_random_uuid(), %s, '{}', %s, %s, %s, %s, %s)",
        (job, status, asked, asked, at, at),
    )


@contextmanager
def unpaused(client: Client, dag_id: str) -> Iterator[None]:
    with client("USER") as user:
        user.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False}).raise_for_status()
        yield
        user.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": True}).raise_for_status()


@pytest.mark.usefixtures("dags")
def test_an_endpoint_is_late_once_a_run_of_its_schedule_is_missing(
    viewer: httpx.Client, owner: Connection[Any], client: Client
) -> None:
    def state(endpoint: str) -> list[str]:
        html = viewer.get("/ballpark/health").text
        found = re.search(rf'<th scope="row"><code>{endpoint}</code></th>(.*?)</tr>', html, re.DOTALL)
        assert found, endpoint
        return [words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", found[1], re.DOTALL)]

    kept = "never asked: mlb_schedule, mlb_standings are paused"
    assert state("standings.standings") == ["every 24 h", "never", "never", kept]
    with unpaused(client, "mlb_schedule"):
        assert state("standings.standings")[-1] == "never asked: mlb_standings is paused"
    with unpaused(client, "mlb_schedule"), unpaused(client, "mlb_standings"):
        assert state("standings.standings") == ["every 24 h", "never", "never", "never asked"]
        ran(owner, "ingest mlb_standings", NOW - timedelta(hours=26))
        ran(owner, "ingest mlb_standings", NOW - timedelta(hours=1), "failed")
        assert state("standings.standings") == ["every 24 h", "26 h ago", "never", "late"]
    ran(owner, "ingest mlb_standings", NOW - timedelta(hours=24))
    assert state("standings.standings") == ["every 24 h", "24 h ago", "never", "fresh"]
    assert state("schedule.schedule")[0] == "every 15 min", "the shortest of those of the jobs that ask it"
    assert state("game.live_game_diff_patch_v1")[0] == "while games are on"


def test_where_airflow_does_not_say_what_is_paused_all_else_is_shown(viewer: httpx.Client, ballpark: FastAPI) -> None:
    async def away() -> AsyncIterator[Airflow]:
        transport = httpx.MockTransport(lambda request: httpx.Response(500))
        async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as client:
            yield Airflow(client)

    ballpark.dependency_overrides[_as_user] = away
    answer = viewer.get("/ballpark/health")
    assert answer.status_code == 200
    assert "<td>while games are on</td>" in answer.text
    assert "paused" not in section(answer.text, "freshness")
    runs = viewer.get("/ballpark/health/runs")
    assert runs.status_code == 500, "the part with the runs is told"
    assert "Airflow: Internal Server Error" in runs.text


def test_requests_are_told_beside_what_may_be_made(viewer: httpx.Client, owner: Connection[Any]) -> None:
    from mlb_data_platform.ingest.budget import budget_of
    from mlb_data_platform.jobs.load import load_job

    ran(owner, "ingest mlb_corrections", datetime.now(UTC) - timedelta(hours=2), asked=7)  # the budget is of our day
    ran(owner, "ingest mlb_teams", NOW - timedelta(hours=1), asked=31)
    budget = budget_of(load_job("mlb_corrections"), 0)
    assert budget
    assert budget.used >= 7
    said = section(viewer.get("/ballpark/health").text, "requests")
    assert f"MLB_CORRECTIONS_PER_DAY : {budget.used} of {budget.most} used" in said
    assert re.search(r"ingest mlb_teams 1 0 31\b", said)


def test_whose_requests_are_not_among_them_is_told(viewer: httpx.Client, owner: Connection[Any]) -> None:
    ran(owner, "live follow", NOW - timedelta(hours=1))
    said = section(viewer.get("/ballpark/health").text, "requests")
    assert "live follow 1 0 1" not in said, "one game, of which it asks for thousands of changes"
    assert said.endswith("Not counted: live watch and live follow , which ask as long as games are on.")


def test_games_to_be_asked_for_again_are_told_by_their_reason(viewer: httpx.Client, owner: Connection[Any]) -> None:
    for game_pk in a_date(owner, date(2026, 4, 20), "final", "final", "live"):
        owner.execute(
            "INSERT INTO game.changed_games (game_pk, schedule_date, captured_at, raw_id)"
            " VALUES (%s, '2026-04-20', now() - interval '1 hour', %s)",
            (game_pk, next(_numbers)),
        )
    try:
        found = owner.execute("SELECT reason, count(*) FROM game.due_again GROUP BY reason").fetchall()
        said = section(viewer.get("/ballpark/health").text, "requests")
    finally:
        owner.execute("DELETE FROM game.changed_games WHERE raw_id > %s", (OURS,))
    assert ("the API says that it changed", 2) in found
    for reason, games in found:
        assert f" {reason} {games} " in said


def test_rules_that_did_not_hold_are_told_errors_first(viewer: httpx.Client, owner: Connection[Any]) -> None:
    for level, rule, failed in (("warning", "speed is plausible", 3), ("error", "innings add up", 2)):
        for days in (1, 2, 30):
            owner.execute(
                "INSERT INTO metadata.data_quality_results (run_id, endpoint, table_name, rule, level, rows_checked,"
                " rows_failed, checked_at) VALUES (gen_random_uuid(), 'game.live_game_v1', 'live_game_plays', %s, %s,"
                " 80, %s, %s)",
                (rule, level, failed, NOW - timedelta(days=days)),
            )
    said = section(viewer.get("/ballpark/health").text, "quality")
    assert "innings add up game.live_game_plays error 2 2 of 80 24 h ago speed is plausible" in said


def test_what_was_refused_and_what_no_mapping_knows_is_listed(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = next(_numbers)
    raw_id = refuse(owner, game_pk, NOW - timedelta(hours=3), "a <b>tag</b>")
    refused_at = NOW - timedelta(hours=2)
    owner.execute("UPDATE metadata.rejected_captures SET rejected_at = %s WHERE raw_id = %s", (refused_at, raw_id))
    owner.execute(
        "INSERT INTO metadata.schema_drift (endpoint, path, raw_id, first_seen_at) VALUES"
        " ('game.live_game_v1', '$.gameData.novelty', %s, %s)",
        (raw_id, NOW - timedelta(days=3)),
    )
    html = viewer.get("/ballpark/health").text
    refused = section(html, "refused")
    assert f"mlb-etl raw show {raw_id} game.live_game_v1 game_pk= {game_pk} 3 h ago 2 h ago a <b>tag</b>" in refused
    assert f'game_pk=<a href="/ballpark/game/{game_pk}">{game_pk}</a>' in html
    assert f"$.gameData.novelty game.live_game_v1 3 days ago mlb-etl raw show {raw_id}" in section(html, "drift")


def test_what_was_refused_of_a_date_leads_to_its_page(viewer: httpx.Client, owner: Connection[Any]) -> None:
    raw_id, _ = refuse_schedule(owner, date(2026, 4, 11)), refuse_schedule(owner, date(2026, 4, 12), {"unit": "a"})
    html = viewer.get("/ballpark/health").text
    refused = section(html, "refused")
    assert f"mlb-etl raw show {raw_id} schedule.schedule sport_id=1 schedule_date= 2026-04-11" in refused
    assert 'schedule_date=<a href="/ballpark/health/date/2026-04-11">2026-04-11</a>' in html
    assert "sport_id=1 schedule_date= 2026-04-12 unit=a" in refused, "of several, the one that was"


@pytest.mark.usefixtures("dags")
def test_airflow_is_asked_one_thing_at_a_time() -> None:
    going, most = 0, 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal going, most
        going += 1
        most = max(most, going)
        await asyncio.sleep(0)
        going -= 1
        dag = {
            "dag_id": "",
            "timetable_summary": "",
            "is_paused": False,
            "next_dagrun_run_after": None,
        }
        return httpx.Response(200, json={"dags": [dag | {"dag_id": f"mlb_{n}"} for n in range(20)], "dag_runs": []})

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://airflow") as client:
            assert len(await Airflow(client).last_runs(5)) == 20
            assert await Airflow(client).runs_of("mlb_schedule", DAY, 5) == []

    asyncio.run(ask())
    assert most == 1, "twenty would take all connections that an API server has, and it would stand still"


def test_each_dag_is_listed_with_its_last_runs_as_far_as_one_may_see_them(viewer: httpx.Client, client: Client) -> None:
    assert 'hx-get="/ballpark/health/runs"' in viewer.get("/ballpark/health").text
    html = viewer.get("/ballpark/health/runs").text
    assert 'href="/dags/mlb_schedule" data-airflow' in html
    assert len(re.findall(r'<th scope="row">', html)) > 15


def test_a_date_of_a_season_that_began_the_year_before_has_its_page(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    """As those that `make up` shows in winter have it."""
    owner.execute(
        "INSERT INTO season.seasons_normalized (season_id, sport_id, season_start_date, season_end_date, captured_at,"
        " raw_id) VALUES (2031, 1, '2030-10-01', '2031-06-15', now(), %s)",
        (next(_numbers),),
    )
    for day in (date(2030, 11, 27), date(2031, 2, 1)):
        assert ": ahead" in said_of(viewer.get("/ballpark/health?season=2031").text, day)
        answer = viewer.get(f"/ballpark/health/date/{day}")
        assert answer.status_code == 200, answer.text
        assert 'href="/ballpark/health?season=2031">Health of 2031<' in answer.text


def verdict(html: str) -> str:
    """What a page that is open is told of its date."""
    found = re.search(r'<hx-partial hx-target="#date-verdict"[^>]*>.*?</span>(.*?)</hx-partial>', html, re.DOTALL)
    assert found
    return words(found[1])


@pytest.mark.usefixtures("dags")
class TestBackfill:
    """A date is loaded again by a backfill of Airflow's, which only they make who may trigger its DAG."""

    def test_who_may_only_look_is_not_offered_it_and_cannot(self, viewer: httpx.Client) -> None:
        html = viewer.get(f"/ballpark/health/date/{DAY}").text
        assert "hx-post" not in html
        answer = viewer.post(f"/ballpark/health/date/{DAY}/backfill", headers=OF_THE_PAGE)
        assert answer.status_code == 403
        assert "no run for this date" in viewer.get(f"/ballpark/health/date/{DAY}/runs").text

    def test_another_site_cannot(self, client: Client) -> None:
        with client("USER") as user:
            answer = user.post(f"/ballpark/health/date/{DAY}/backfill", headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403
            assert "no run for this date" in user.get(f"/ballpark/health/date/{DAY}/runs").text

    def test_a_date_that_is_yet_to_come_is_refused(self, client: Client) -> None:
        with client("USER") as user:
            answer = user.post("/ballpark/health/date/2026-08-14/backfill", headers=OF_THE_PAGE)
            assert answer.status_code == 409
            assert "2026-08-14 is yet to come" in answer.text

    def test_runs_for_a_date_are_those_that_were_given_it_in_whatever_way(self, client: Client) -> None:
        given: dict[str, dict[str, Any]] = {
            "by.partition": {"partition_key": "2026-08-09", "logical_date": None},
            "by.param": {"conf": {"date": "2026-08-09"}, "logical_date": "2026-08-10T01:00:00Z"},
            "by.logical.date": {"logical_date": "2026-08-09T23:59:00Z"},
            "for.another.which.its.param.says": {
                "conf": {"date": "2026-08-08"},
                "logical_date": "2026-08-09T01:00:00Z",
            },
        }
        with client("USER") as user:
            for run_id, body in given.items():
                answer = user.post("/api/v2/dags/mlb_game/dagRuns", json={"dag_run_id": run_id, **body})
                assert answer.status_code == 200, answer.text
            html = user.get("/ballpark/health/date/2026-08-09/runs").text
        assert re.findall(r"data-airflow>(by[^<]*|for[^<]*)</a>", html) == list(given)[2::-1]

    def test_runs_come_with_what_the_date_has_become_by_then(self, owner: Connection[Any], client: Client) -> None:
        day = date(2026, 4, 20)
        path = f"/ballpark/health/date/{day}/runs"
        with client("USER") as user:
            assert verdict(user.get(path).text).startswith("Missing, its schedule is not loaded.")
            (game_pk,) = a_date(owner, day, "final")
            html = user.get(path).text
        assert verdict(html).startswith("Loaded, 1 game: 1 in the tables, 1 final.")
        games = re.search(r'<hx-partial hx-target="#date-games".*?</hx-partial>', html, re.DOTALL)
        assert games
        assert f"/ballpark/game/{game_pk}" in games[0]

    def test_a_click_makes_a_run_for_the_date_after_the_terms_were_shown(self, client: Client) -> None:
        with client("USER") as user:
            html = user.get(f"/ballpark/health/date/{DAY}").text
            assert NOTICE in words(html)
            url = re.search(r'hx-post="([^"]+)"', html)
            assert url
            answer = user.post(url[1], headers=OF_THE_PAGE)
            assert answer.status_code == 200, answer.text
            link = re.search(rf'href="(/dags/mlb_schedule/runs/[^"]+)" data-airflow>([^<]*{DAY}[^<]*)</a>', answer.text)
            assert link
            assert "mlb_schedule is paused" in words(answer.text)
            assert f'hx-get="/ballpark/health/date/{DAY}/runs" hx-trigger="every 3s"' in answer.text
            runs = user.get("/api/v2/dags/mlb_schedule/dagRuns").json()["dag_runs"]
            assert [(run["run_type"], run["partition_key"], run["triggering_user_name"]) for run in runs] == [
                ("backfill", str(DAY), "user")
            ]
            assert f'{link[1]}" data-airflow>queued {DAY}' in user.get("/ballpark/health/runs").text

    def test_a_second_one_is_refused_in_airflows_words_as_long_as_the_first_goes_on(self, client: Client) -> None:
        with client("USER") as user:
            answer = user.post(f"/ballpark/health/date/{DAY}/backfill", headers=OF_THE_PAGE)
            assert answer.status_code == 409
            assert "already a running backfill" in answer.text
