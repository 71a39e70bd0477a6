"""The steps of follow_a_slate.feature: a simulated league on a fast clock, and the programs of the DAG mlb_live."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from pytest_bdd import given, scenarios, then, when

from tests.bdd.day import GAME, SCHEDULE
from tests.checker import game
from tests.conftest import Cli
from tests.slate import checks
from tests.slate.api import DAY, Slate, WatchedApi, slate
from tests.slate.programs import Programs
from tests.waiting import until

SPEED = 150.0

pytestmark = [pytest.mark.slow, pytest.mark.unmeasured]

scenarios("features/follow_a_slate.feature")


@pytest.fixture
def programs(mlb_etl: Cli, tmp_path: Path) -> Iterator[Programs]:
    with closing(Programs(mlb_etl.environment, tmp_path)) as found:
        yield found


@given("two games are on, of which the later one is final in three quarters of an hour", target_fixture="games")
def _on(slate_api: WatchedApi, mlb_etl: Cli) -> Slate:
    games = slate(slate_api, DAY, 2)
    slate_api.list_only(games.game_pks)
    slate_api.stop(games.ends - timedelta(minutes=45))
    assert all(slate_api.course(game_pk).statuses[-2].since > slate_api.clock.now() for game_pk in games.game_pks), (
        "one is over already"
    )
    mlb_etl.environment.update({
        "MLB_STATSAPI_BASE_URL": slate_api.url, "MLB_CLOCK_SPEED": str(SPEED), "MLB_REQUESTS_PER_SECOND": "1000"
    })  # fmt: skip
    mlb_etl.ok("ingest", "mlb_schedule", "--date", DAY)
    mlb_etl.ok("transform", SCHEDULE, "--date", DAY)
    return games


@when("I watch the date, follow both games and stream the date")
def _follow(games: Slate, programs: Programs) -> None:
    programs.start("watch", "watch", "--date", DAY)
    programs.start("stream", "stream", "--date", DAY, MLB_CLOCK_SPEED="1")  # who follows may take a while to begin
    programs.follow(games.game_pks)


@then("the tables soon hold exactly what the API says of both games")
def _live(games: Slate, slate_api: WatchedApi, connection: Connection[Any]) -> None:
    query = "SELECT FROM game.live_game_metadata"
    until(lambda: len(connection.execute(query).fetchall()) == len(games.game_pks), "the first rows of each game")
    now = slate_api.clock.now()
    for game_pk in games.game_pks:
        assert game.compare(connection, slate_api.league.games.feed(game_pk, now, now)) == []


@when("both games are played to their end")
def _played(games: Slate, slate_api: WatchedApi, programs: Programs) -> None:
    slate_api.go(SPEED)
    until(lambda: slate_api.clock.now() > games.ends, "the end of the later game")
    slate_api.stop()  # on a busy machine a scorer's late correction would come after the end of a follower
    programs.wait(180)


@then("all programs have ended by themselves, as the games are over")
def _ended(games: Slate, programs: Programs) -> None:
    assert programs.failed() == []
    assert f"all {len(games.game_pks)} games of {DAY} are settled or parked" in programs.said("stream")
    for game_pk in games.game_pks:
        assert "ended: Final (F)" in programs.said(game_pk)


@then("the tables hold exactly the final feed of each game")
def _final(games: Slate, slate_api: WatchedApi, connection: Connection[Any]) -> None:
    assert checks.wrong_endings(connection, slate_api, games.game_pks) == []
    assert checks.wrong_tables(connection, slate_api, games.game_pks) == []


@then("each moment that was captured can be had again as the API told of it")
def _moments(games: Slate, slate_api: WatchedApi, connection: Connection[Any]) -> None:
    for game_pk in games.game_pks:
        assert checks.wrong_moments(connection, slate_api, game_pk) == []


@then("nothing of the date is left to ask for or to load")
def _nothing_left(games: Slate, mlb_etl: Cli) -> None:
    assert json.loads(mlb_etl.ok("transform", GAME, "--date", DAY, "--json").out)["asked"] == 0
    daily = json.loads(mlb_etl.ok("ingest", "mlb_game", "--date", DAY, "--json").out)
    assert daily["skipped"] == len(games.game_pks)
