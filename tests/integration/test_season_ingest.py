"""A season goes into the raw tier: politely, game by game, and whatever happens on the way, each game once."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from subprocess import Popen
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from statsapi_simulator.replay import Answer, serve
from tests.conftest import Cli, Database, Finished
from tests.integration.bucket import Bucket
from tests.integration.support import GAME, Platform, body, insert_raw, one
from tests.synthetic import feed
from tests.synthetic.people import Json
from tests.synthetic.season import schedule, seasons

YEAR = 2026
FIRST = date(YEAR, 6, 29)
GAMES_A_DATE = 20
FAST = {"MLB_REQUESTS_PER_SECOND": "1000"}
OF_SCHEDULE = ("ingest", "mlb_schedule", "--season", YEAR, "--accept-terms")
OF_SEASON = ("ingest", "mlb_game", "--season", YEAR, "--accept-terms")

Listing = dict[date, dict[int, str]]


@dataclass
class Api:
    """A server's answers, what it was asked, and the programs that ask it."""

    mlb_etl: Cli
    answers: dict[str, list[Answer]]
    asked: list[str] = field(default_factory=list)

    def run(self, *arguments: object, **environment: str) -> Finished:
        with serve([], self.answers, self.asked) as url:
            return self.mlb_etl(*arguments, **{"MLB_STATSAPI_BASE_URL": url, **FAST, **environment})

    def ok(self, *arguments: object) -> dict[str, Any]:
        """Run the program and return its summary."""
        finished = self.run(*arguments, "--json")
        assert finished.exit_code == 0, finished.output
        summary: dict[str, Any] = json.loads(finished.out)
        return summary

    @contextmanager
    def started(self) -> Iterator[Popen[str]]:
        """Start the season's ingest."""
        with (
            serve([], self.answers, self.asked) as url,
            self.mlb_etl.start(*OF_SEASON, MLB_STATSAPI_BASE_URL=url, **FAST) as process,
        ):
            yield process

    def wait_for(self, answers: int) -> None:
        """Return when the API has been asked so many times."""
        deadline = time.monotonic() + 60
        while len(self.asked) < answers:
            assert time.monotonic() < deadline, "the program asks for nothing"
            time.sleep(0.002)

    def start_and_kill(self, stop: signal.Signals, answers: int) -> tuple[int, str]:
        """Start the season's ingest, send it a signal after so many answers, and return how it ended."""
        with self.started() as process:
            self.wait_for(len(self.asked) + answers)
            process.send_signal(stop)
            _, err = process.communicate(timeout=10)  # what Airflow gives
        return process.returncode, err

    def games_asked(self, since: int = 0) -> list[int]:
        return [int(target.split("/")[4]) for target in self.asked[since:] if "/feed/live" in target]

    def lists(self, listing: Listing) -> None:
        """Answer from now on with this schedule."""
        for day, games in listing.items():
            self.answers[_schedule_target(day)] = [Answer(body=body(schedule(day, games)))]

    def feeds(self, game_pk: int, *feeds: dict[str, Any]) -> None:
        """Answer with these feeds of a game, in order."""
        self.answers[_feed_target(game_pk)] = [Answer(body=body(each)) for each in feeds]


def _feed_target(game_pk: int) -> str:
    return f"/api/v1.1/game/{game_pk}/feed/live"


def _schedule_target(day: date) -> str:
    return f"/api/v1/schedule?sportId=1&date={day}"


def _listing(dates: int, games_a_date: int = GAMES_A_DATE) -> Listing:
    """The games of some dates, all over, with an off day in between."""
    return {
        FIRST + timedelta(days=number): {
            1000 * (number + 1) + game: "F" for game in range(games_a_date if number != 1 else 0)
        }
        for number in range(dates)
    }


@pytest.fixture
def listing() -> Listing:
    return _listing(4)


@pytest.fixture
def api(mlb_etl: Cli, listing: Listing) -> Api:
    api = Api(mlb_etl, {"/api/v1/seasons/all": [Answer(body=body(seasons(YEAR, FIRST, max(listing))))]})
    api.lists(listing)
    for game_pk in _games(listing):
        api.feeds(game_pk, feed(game_pk))
    return api


@pytest.fixture
def scheduled(api: Api, connection: Connection[Any], listing: Listing) -> Api:
    """The API, with its season and schedule in the tables."""
    _load(connection, "season.seasons", "/api/v1/seasons/all", seasons(YEAR, FIRST, max(listing)), {"sportId": 1})
    _load_schedule(connection, listing)
    return api


def _load_schedule(connection: Connection[Any], listing: Listing) -> None:
    for day, games in listing.items():
        parameters = {"sportId": 1, "date": day.isoformat()}
        _load(connection, "schedule.schedule", _schedule_target(day), schedule(day, games), parameters)


def _load(connection: Connection[Any], endpoint: str, target: str, response: Json, parameters: dict[str, Any]) -> None:
    """Bring a response into the tables as it is now."""
    url, now = f"https://statsapi.mlb.com{target}", datetime.now(UTC)
    insert_raw(connection, endpoint, body(response), now, url=url, request_params=parameters)
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as own:
        Platform(own, endpoint).transform()


def _games(listing: Listing) -> list[int]:
    return [game_pk for games in listing.values() for game_pk in games]


def _stored(connection: Connection[Any]) -> list[int]:
    return [game_pk for (game_pk,) in connection.execute(f"SELECT game_pk FROM {GAME} ORDER BY game_pk")]


def _wait_until_alone(connection: Connection[Any]) -> None:
    """A killed program's last transaction may still be under way in the server."""
    deadline = time.monotonic() + 20
    others = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    while one(connection, others):
        assert time.monotonic() < deadline, "a backend of a killed program did not end"
        time.sleep(0.02)


def test_a_season_is_loaded_step_by_step_and_each_says_what_comes_first(api: Api, connection: Connection[Any]) -> None:
    finished = api.run(*OF_SEASON)
    assert finished.exit_code == 2, finished.output
    assert "season.seasons_normalized has no dates of season 2026; run: mlb-etl ingest mlb_season" in finished.err
    api.ok("ingest", "mlb_season", "--season", YEAR)
    api.mlb_etl.ok("transform", "season.seasons", "--all")

    finished = api.run(*OF_SEASON)
    assert finished.exit_code == 2, finished.output
    assert "the schedule of 2026-06-29 and 3 other dates of season 2026 is not loaded" in finished.err
    assert "run: mlb-etl ingest mlb_schedule --season 2026 --accept-terms && mlb-etl transform" in finished.err
    assert api.ok(*OF_SCHEDULE)["new"] == 4
    api.mlb_etl.ok("transform", "schedule.schedule", "--all")

    assert api.ok(*OF_SEASON)["new"] == 60
    assert len(_stored(connection)) == 60
    before = len(api.asked)
    assert api.ok(*OF_SCHEDULE)["skipped"] == 4
    assert len(api.asked) == before
    assert api.ok(*OF_SCHEDULE, "--force")["unchanged"] == 4


def test_a_season_needs_the_terms_to_be_accepted_and_shows_them_either_way(scheduled: Api) -> None:
    before = len(scheduled.asked)
    refused = scheduled.run("ingest", "mlb_game", "--season", YEAR)
    assert refused.exit_code == 2, refused.output
    assert "season 2026: this is bulk use" in refused.err
    assert "add --accept-terms" in refused.err
    assert len(scheduled.asked) == before
    accepted = scheduled.run(*OF_SEASON)
    assert accepted.exit_code == 0, accepted.output
    for finished in (refused, accepted):
        assert "individual, non-commercial, non-bulk use only" in finished.err
    *_, progress = [line for line in accepted.err.splitlines() if line.startswith("ingest mlb_game: ")]
    assert "60/60, " in progress


@pytest.mark.unmeasured
def test_killed_at_any_point_a_season_goes_on_and_asks_for_no_stored_game_again(
    scheduled: Api, listing: Listing, connection: Connection[Any]
) -> None:
    chance = random.Random(7)
    for _ in range(5):
        stored, before = _stored(connection), len(scheduled.asked)
        scheduled.start_and_kill(signal.SIGKILL, chance.randint(1, 10))
        _wait_until_alone(connection)
        assert not set(stored) & set(scheduled.games_asked(before))
    stored, before = _stored(connection), len(scheduled.asked)
    assert 0 < len(stored) < 60, "the kills came too late to prove anything"
    summary = scheduled.ok(*OF_SEASON)
    assert (summary["skipped"], summary["new"]) == (len(stored), 60 - len(stored))
    assert sorted(scheduled.games_asked(before) + stored) == _games(listing)
    assert _stored(connection) == _games(listing), "each game exactly once"
    assert one(connection, "SELECT count(*) FROM metadata.raw_sightings") == 0
    assert one(connection, f"SELECT count(DISTINCT object_key) FROM {GAME}") == 60


def test_an_interrupted_run_closes_its_record(scheduled: Api, connection: Connection[Any]) -> None:
    exit_code, err = scheduled.start_and_kill(signal.SIGTERM, 5)
    assert exit_code == 1, err
    assert "interrupted by SIGTERM" in err
    assert "Traceback" not in err
    status = connection.execute(
        "SELECT status, exit_code, error, ended_at IS NOT NULL FROM metadata.job_executions"
        " WHERE job = 'ingest mlb_game'"
    ).fetchall()
    assert status == [("failed", 1, "Interrupted: SIGTERM", True)]
    assert 0 < len(_stored(connection)) < 60


def test_what_is_over_and_stored_is_asked_for_again_only_by_force(
    scheduled: Api, listing: Listing, connection: Connection[Any]
) -> None:
    scheduled.ok(*OF_SEASON)
    before = len(scheduled.asked)
    again = scheduled.ok(*OF_SEASON)
    assert (again["skipped"], again["new"], again["done"]) == (60, 0, 60)
    assert len(scheduled.asked) == before
    assert scheduled.ok(*OF_SEASON, "--force")["unchanged"] == 60
    assert _stored(connection) == _games(listing)


def test_what_is_over_and_lost_is_asked_for_again_and_comes_back(
    scheduled: Api, listing: Listing, database: Database, connection: Connection[Any]
) -> None:
    """Of rows that have left their content to the archive; what that still has is left there."""
    scheduled.ok(*OF_SEASON)
    gone, damaged, kept = _games(listing)[:3]
    connection.execute(
        f"UPDATE {GAME} SET data = NULL, body = NULL WHERE game_pk IN (%s, %s, %s)", [gone, damaged, kept]
    )
    keys = dict(connection.execute(f"SELECT game_pk, object_key FROM {GAME}").fetchall())
    bucket = Bucket(database)
    bucket.remove(keys[gone])
    spoiled = bucket.read(keys[damaged])[:-10]
    bucket.write(keys[damaged], spoiled)
    before = len(scheduled.asked)
    again = scheduled.ok(*OF_SEASON)
    assert (again["skipped"], again["unchanged"]) == (58, 2)
    assert sorted(scheduled.games_asked(before)) == sorted([gone, damaged])
    rows = connection.execute(f"SELECT game_pk, data, object_key FROM {GAME} WHERE game_pk = ANY(%s)", [list(keys)])
    found = {game_pk: (data, key) for game_pk, data, key in rows}
    assert found[kept] == (None, keys[kept])
    for game_pk in (gone, damaged):
        data, key = found[game_pk]
        assert data["gamePk"] == game_pk
        assert key not in (None, keys[game_pk])
        assert data in [json.loads(record["body"]) for record in bucket.records(key)]
    assert bucket.read(keys[damaged]) == spoiled
    assert scheduled.ok(*OF_SEASON)["skipped"] == 60


def test_what_the_schedule_reports_after_a_capture_makes_the_capture_too_old(
    scheduled: Api, listing: Listing, connection: Connection[Any]
) -> None:
    scheduled.ok(*OF_SEASON)
    first, *_ = listing
    game_pk = min(listing[first])
    _load_schedule(connection, {first: {**listing[first], game_pk: "U"}})
    _load_schedule(connection, {first: listing[first]})
    before = len(scheduled.asked)
    assert scheduled.ok(*OF_SEASON)["unchanged"] == 1
    assert scheduled.games_asked(before) == [game_pk]


def test_games_that_are_not_over_are_asked_for_each_time_and_those_ahead_never(api: Api, listing: Listing) -> None:
    last = max(listing)
    live, ahead, cancelled = sorted(listing[last])[:3]
    api.lists({last: {**listing[last], live: "I", ahead: "S", cancelled: "C"}})
    api.feeds(live, feed(live, state="In Progress"))
    days = ("--date", FIRST, "--to", last)
    api.ok("ingest", "mlb_schedule", *days)
    api.mlb_etl.ok("transform", "schedule.schedule", "--all")
    first = api.ok("ingest", "mlb_game", *days)
    assert (first["asked"], first["new"], first["not_begun"]) == (58, 58, 1)
    before = len(api.asked)
    again = api.ok("ingest", "mlb_game", *days)
    assert (again["skipped"], again["unchanged"]) == (57, 1)
    assert api.games_asked(before) == [live]
    assert not {ahead, cancelled} & set(api.games_asked())
    assert api.ok("ingest", "mlb_schedule", *days)["unchanged"] == 1, "a date with a game that is not over"


def test_an_answer_from_before_the_end_of_a_game_that_is_over_is_no_answer(
    scheduled: Api, listing: Listing, connection: Connection[Any]
) -> None:
    stale, hopeless = _games(listing)[:2]
    scheduled.feeds(stale, feed(stale, state="In Progress"), feed(stale))
    scheduled.feeds(hopeless, feed(hopeless, state="In Progress"))
    finished = scheduled.run(*OF_SEASON)
    assert finished.exit_code == 1, finished.output
    (line,) = [line for line in finished.err.splitlines() if line.startswith("error")]
    assert f"game_pk={hopeless}: " in line
    assert "an old answer: $.gameData.status.codedGameState is not yet F" in line
    assert _stored(connection) == sorted(set(_games(listing)) - {hopeless})


def test_of_one_date_an_answer_from_before_the_end_is_taken_where_the_api_insists(
    scheduled: Api, listing: Listing, connection: Connection[Any]
) -> None:
    day, games = next(iter(listing.items()))
    stale, insisting = list(games)[:2]
    scheduled.feeds(stale, feed(stale, state="In Progress"), feed(stale))
    scheduled.feeds(insisting, feed(insisting, state="In Progress"))
    assert scheduled.ok("ingest", "mlb_game", "--date", day)["new"] == len(games)
    assert _stored(connection) == sorted(games)
    states = connection.execute(
        "SELECT game_pk FROM game.live_game_v1 WHERE data #>> '{gameData,status,codedGameState}' <> 'F'"
    )
    assert states.fetchall() == [(insisting,)]


def test_an_api_that_refuses_all_ends_the_run_instead_of_failing_game_by_game(
    scheduled: Api, listing: Listing, connection: Connection[Any]
) -> None:
    busy = [Answer(429, headers={"Retry-After": "3600"})]
    scheduled.answers |= {_feed_target(game_pk): busy for game_pk in _games(listing)}
    finished = scheduled.run(*OF_SEASON)
    assert finished.exit_code == 1, finished.output
    assert "20 requests in a row failed: 40 more were not made" in finished.err
    assert len(scheduled.asked) < 30
    assert one(connection, "SELECT done FROM metadata.job_executions WHERE job = 'ingest mlb_game'") == 0


def test_a_connection_that_breaks_costs_the_games_in_hand_and_no_other(
    scheduled: Api, listing: Listing, connection: Connection[Any]
) -> None:
    with scheduled.started() as process:
        scheduled.wait_for(answers=10)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'mlb-etl' AND datname = current_database()"
        )
        _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 1), err
    stored = _stored(connection)
    assert 60 - len(stored) <= 4, err
    assert scheduled.ok(*OF_SEASON)["new"] == 60 - len(stored)
    assert _stored(connection) == _games(listing)
