"""Simulated games in each year's shape, from raw rows to exactly the tables they make: a day, or on demand a month.

`MLB_WHOLE_SEASON=1` takes July instead of one day of it.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from psycopg import Connection

from statsapi_simulator.model import Fate
from tests import simulated
from tests.checker import game
from tests.conftest import Cli
from tests.integration.support import GAME, insert_game

pytestmark = pytest.mark.unmeasured

_DAYS = 31 if os.environ.get("MLB_WHOLE_SEASON") else 1
_REVISIONS = 3  # of each game are captured: the first, one on the way, the last


@pytest.mark.parametrize("season", simulated.SEASONS)
def test_a_month_of_games_is_exactly_in_the_tables(season: int, connection: Connection[Any], mlb_etl: Cli) -> None:
    last = {}
    for game_pk in _game_pks(season):
        for at in simulated.revisions(season, game_pk, _REVISIONS):
            last[game_pk] = simulated.feed(season, game_pk, at)
            insert_game(connection, msgspec.json.encode(last[game_pk]), at, game_pk)
    assert last
    mlb_etl.ok("transform", GAME, "--all")
    assert [line for feed in last.values() for line in game.compare(connection, feed)] == []
    assert connection.execute("SELECT path FROM metadata.schema_drift").fetchall() == []


def _game_pks(season: int) -> list[int]:
    days = [date(season, 7, 1) + timedelta(days=number) for number in range(_DAYS)]
    games = [each for day in days for each in simulated.world(season).on(day) if each.official_date == day]
    return [each.game_pk for each in games if each.fate is not Fate.CANCELLED]
