"""The games of a date while all goes wrong at once: faults of each kind, followers killed, corrections, a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from statsapi_simulator.api.faults import Fault, Kind
from statsapi_simulator.api.http import running
from tests.conftest import Cli, Database
from tests.integration.support import GAME, one, restart_postgres
from tests.integration.test_live_follow import NOT_ARCHIVED
from tests.slate import checks
from tests.slate.api import Slate, WatchedApi, slate
from tests.slate.followers import Followers
from tests.waiting import until

DAY, GAMES = date(2026, 8, 11), 4  # which end within ten minutes
LAST = timedelta(minutes=75)
SPEED = 150.0  # more than two cores bear: what changed meanwhile comes in one patch
BETWEEN_KILLS = (1.0, 4.0)
FAULTS = [Fault(kind=kind, rate=0.05, seconds=0.2) for kind in Kind]

pytestmark = [pytest.mark.slow, pytest.mark.unmeasured]


@pytest.fixture
def api() -> Iterator[WatchedApi]:
    server = WatchedApi(DAY)
    with running(server):
        yield server


@pytest.fixture
def day(api: WatchedApi) -> Slate:
    found = slate(api, DAY, GAMES)
    api.stop(found.ends - LAST)
    return found


def test_a_date_ends_complete_and_exact_whatever_goes_wrong(
    api: WatchedApi, day: Slate, rng: Random, database: Database, mlb_etl: Cli, tmp_path: Path
) -> None:
    environment = {"MLB_STATSAPI_BASE_URL": api.url, "MLB_CLOCK_SPEED": str(SPEED), "MLB_REQUESTS_PER_SECOND": "1000"}
    mlb_etl.environment.update(environment)
    followers = Followers(mlb_etl.environment, tmp_path)
    try:
        _follow(api, day, rng, database, followers)
    finally:
        followers.close()
    assert followers.failed() == []
    assert followers.killed > 4
    api.faults.set([])
    said = {game_pk: followers.said(game_pk) for game_pk in day.game_pks}
    with database.connect() as connection:
        assert checks.wrong_endings(connection, api, day.game_pks) == []
        for game_pk in day.game_pks:
            assert checks.wrong_moments(connection, api, game_pk) == []
        assert checks.asked_twice(connection, api, said) == []
        assert one(connection, NOT_ARCHIVED) == 0
        mlb_etl.ok("ingest", "mlb_schedule", "--date", DAY)
        mlb_etl.ok("transform", "schedule.schedule", "--all")
        api.log.clear()
        daily = json.loads(mlb_etl.ok("ingest", "mlb_game", "--date", DAY, "--json").out)
        assert daily["skipped"] == len(day.game_pks)
        assert [each for each in api.log if any(str(game_pk) in each.target for game_pk in day.game_pks)] == []
        mlb_etl.ok("transform", GAME, "--all")
        assert checks.wrong_tables(connection, api, day.game_pks) == []


def _follow(api: WatchedApi, day: Slate, rng: Random, database: Database, followers: Followers) -> None:
    """Let it all happen, until all followers have ended."""
    followers.start(day.game_pks[::2], MLB_PUSH_URL=api.url.replace("http", "ws"))
    followers.start(day.game_pks[1::2])
    with database.connect() as connection:
        query = f"SELECT count(DISTINCT game_pk) FROM {GAME}"
        until(lambda: one(connection, query) == len(day.game_pks), "the first document of each game")
    api.faults.set(FAULTS)
    api.go(SPEED)
    part = LAST.total_seconds() / SPEED / 3
    followers.kill_at_random(rng, BETWEEN_KILLS, part)
    for game_pk in day.game_pks[2:]:
        assert api.league.games.correct(game_pk, api.clock.now())
    restart_postgres(database)
    followers.kill_at_random(rng, BETWEEN_KILLS, part)
    until(lambda: api.clock.now() > day.ends, "the end of the last game")
    api.stop()  # on a busy machine a scorer's late correction would come after the end of a follower
    followers.wait(180)
