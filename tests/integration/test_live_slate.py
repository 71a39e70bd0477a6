"""A date while all goes wrong at once: faults of each kind, its programs killed, corrections, services restarted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from psycopg import Connection

from statsapi_simulator.api.faults import Fault, Kind
from tests.conftest import Cli, Database
from tests.integration.redis_server import RedisServer
from tests.integration.support import GAME, PATCHES, one, restart_postgres
from tests.integration.test_live_follow import NOT_ARCHIVED
from tests.slate import checks
from tests.slate.api import DAY, Slate, WatchedApi, slate
from tests.slate.programs import Programs
from tests.waiting import until

GAMES = 4  # which end within half an hour
POSTPONED = 20260458  # on the morning of that date
LAST = timedelta(minutes=75)
SPEED = 150.0  # more than two cores bear: what changed meanwhile comes in one patch
BETWEEN_KILLS = (1.0, 4.0)
FAULTS = [Fault(kind=kind, rate=0.05, seconds=0.2) for kind in Kind]

pytestmark = [pytest.mark.slow, pytest.mark.unmeasured]


@pytest.fixture
def day(slate_api: WatchedApi) -> Slate:
    found = slate(slate_api, DAY, GAMES)
    slate_api.list_only([*found.game_pks, POSTPONED])
    slate_api.stop(found.ends - LAST)
    return found


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    yield server
    server.service.stop()


def test_a_date_ends_complete_and_exact_whatever_goes_wrong(
    slate_api: WatchedApi, day: Slate, rng: Random, database: Database, redis: RedisServer, mlb_etl: Cli, tmp_path: Path
) -> None:
    mlb_etl.environment.update(redis.environment)
    mlb_etl.environment.update({
        "MLB_STATSAPI_BASE_URL": slate_api.url, "MLB_CLOCK_SPEED": str(SPEED), "MLB_REQUESTS_PER_SECOND": "1000"
    })  # fmt: skip
    mlb_etl.ok("ingest", "mlb_schedule", "--date", DAY)
    mlb_etl.ok("transform", "schedule.schedule", "--date", DAY)
    programs = Programs(mlb_etl.environment, tmp_path)
    try:
        _play(slate_api, day, rng, database, redis, programs)
    finally:
        programs.close()
    assert programs.failed() == []
    assert programs.killed > 4
    assert f"all {GAMES + 1} games of {DAY} are settled or parked" in programs.said("stream")
    slate_api.faults.set([])
    said = {game_pk: programs.said(game_pk) for game_pk in day.game_pks}
    with database.connect() as connection:
        assert checks.wrong_tables(connection, slate_api, day.game_pks) == []
        told = {game_pk: redis.changes(game_pk) for game_pk in day.game_pks}
        assert all(told.values())
        for game_pk in day.game_pks:
            assert checks.wrongly_told(connection, game_pk, redis.state(game_pk), told[game_pk]) == []
        assert any(redis.state(game_pk) for game_pk in day.game_pks)
        assert checks.wrong_endings(connection, slate_api, day.game_pks) == []
        for game_pk in day.game_pks:
            assert checks.wrong_moments(connection, slate_api, game_pk) == []
        assert checks.asked_twice(connection, slate_api, said) == []
        assert one(connection, NOT_ARCHIVED) == 0
        _nothing_is_left_to_do(connection, slate_api, mlb_etl)


def _play(api: WatchedApi, day: Slate, rng: Random, database: Database, redis: RedisServer, programs: Programs) -> None:
    """Let it all happen, until all programs have ended."""
    programs.start("watch", "watch", "--date", DAY)
    programs.start("stream", "stream", "--date", DAY, MLB_CLOCK_SPEED="1")  # who is killed is back after a second
    programs.follow(day.game_pks[::2], MLB_PUSH_URL=api.url.replace("http", "ws"))
    programs.follow(day.game_pks[1::2])
    with database.connect() as connection:
        query = "SELECT count(*) FROM game.live_game_metadata"
        until(lambda: one(connection, query) == len(day.game_pks), "the first rows of each game")
    api.faults.set(FAULTS)
    api.go(SPEED)
    part = LAST.total_seconds() / SPEED / 3
    programs.kill_at_random(rng, BETWEEN_KILLS, part)
    for game_pk in day.game_pks[2:]:
        assert api.league.games.correct(game_pk, api.clock.now())
    restart_postgres(database)
    programs.kill_at_random(rng, BETWEEN_KILLS, part)
    redis.restart()
    programs.kill_at_random(rng, BETWEEN_KILLS, part)
    until(lambda: api.clock.now() > day.ends, "the end of the last game")
    api.stop()  # on a busy machine a scorer's late correction would come after the end of a follower
    programs.wait(180)


def _nothing_is_left_to_do(connection: Connection[Any], api: WatchedApi, mlb_etl: Cli) -> None:
    """The DAGs that come after find each game in the tables, and ask for none that was followed."""
    assert json.loads(mlb_etl.ok("transform", GAME, "--date", DAY, "--json").out)["asked"] == 0
    followed = [game_pk for (game_pk,) in connection.execute(f"SELECT DISTINCT game_pk FROM {PATCHES}")]
    assert followed
    api.log.clear()
    daily = json.loads(mlb_etl.ok("ingest", "mlb_game", "--date", DAY, "--json").out)
    assert daily["skipped"] == len(followed)
    assert [each for each in api.log if any(str(game_pk) in each.target for game_pk in followed)] == []
