"""Tables of a mapping beside those that readers see: what a rebuild fills before it takes their place."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.rebuild.beside import Beside
from tests.checker import game
from tests.conftest import Database
from tests.integration.support import GAME, Platform, at, body, insert_game, one
from tests.synthetic import feed

GAME_PK = 995_001


@pytest.mark.parametrize("remembers", [0, 1])
def test_captures_are_published_where_one_says(remembers: int, database: Database, connection: Connection[Any]) -> None:
    beside = Beside(load_mapping(GAME))
    beside.make(connection)
    refused = deepcopy(feed(GAME_PK, revision=2))
    refused["liveData"]["linescore"]["innings"][0]["num"] = 99
    with database.connect(autocommit=False) as session:
        shadow = Platform(session, schema=beside.schema, remembers=remembers)
        for minute, response in enumerate((feed(GAME_PK), feed(GAME_PK, revision=1))):
            insert_game(connection, body(response), at(minute))
            shadow.transform()
        insert_game(connection, body(refused), at(2))
        (error,) = shadow.errors_of_transform()
        assert "the tables hold the capture of 2026-07-02 01:01:00Z" in str(error)
    for table in load_mapping(GAME).tables:
        assert one(connection, f"SELECT count(*) FROM game.{table}") == 0
        connection.execute(f"INSERT INTO game.{table} SELECT * FROM {beside.schema}.{table}")
    assert game.compare(connection, feed(GAME_PK, revision=1)) == []
