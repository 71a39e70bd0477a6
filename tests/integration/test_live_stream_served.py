"""What a stream publishes is in Redis, each change once, also when streams are killed on their way there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from tests.conftest import Cli
from tests.integration.redis_server import RedisServer
from tests.integration.streamed_date import Streams, ended, listed_game
from tests.integration.support import one
from tests.waiting import until

pytestmark = [pytest.mark.services, pytest.mark.unmeasured]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    redis = RedisServer(tmp_path)
    yield redis
    redis.service.stop()


def test_what_is_published_is_told_though_streams_are_killed(
    connection: Connection[Any], server: RedisServer, mlb_etl: Cli
) -> None:
    game = listed_game(connection)
    with closing(Streams(mlb_etl)) as streams:
        for number in range(len(game.states)):
            if number % 3 == 0:
                process = streams.start(MLB_CLOCK_SPEED="1", **server.environment)
            game.until_applied(game.keep())
            if number % 3 == 2:
                process.kill()
        _, said = ended(process)
    assert "cannot be told" not in said
    assert server.state(game.game_pk) == one(connection, "SELECT row_to_json(t) FROM game.live_game_metadata t")
    changes = server.changes(game.game_pk)
    told = [(each["kind"], each["key"], each["raw_id"]) for each in changes]
    assert len(told) == len(set(told))
    newest = {each["key"]: each["raw_id"] for each in changes if each["kind"] == "play" and each["data"] != "null"}
    plays = connection.execute("SELECT at_bat_index, raw_id FROM game.live_game_plays")
    assert newest == {f'{{"at_bat_index":{index}}}': str(raw_id) for index, raw_id in plays}


def test_a_stream_that_starts_tells_where_each_game_stands(
    connection: Connection[Any], server: RedisServer, mlb_etl: Cli
) -> None:
    game = listed_game(connection)
    with closing(Streams(mlb_etl)) as streams:
        without_redis = streams.start(MLB_CLOCK_SPEED="1", REDIS_PORT="1")
        game.until_applied(game.keep())
        without_redis.kill()
        assert server.state(game.game_pk) is None
        streams.start(MLB_CLOCK_SPEED="1", **server.environment)
        until(lambda: server.state(game.game_pk), "its state", 60)
