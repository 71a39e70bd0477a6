"""Each table holds exactly what the response holds: worked out a second time by the independent checker."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from psycopg import Connection

from tests import recordings
from tests.checker import game
from tests.conftest import Cli, Database
from tests.integration.support import GAME, Platform, at, body, insert_game
from tests.recordings import Recording
from tests.synthetic import captures, feed

pytestmark = pytest.mark.unmeasured

_minutes = count()


@pytest.fixture
def database(module_database: Database) -> Database:
    """All tests share one database: each feed replaces what the one before left of the same game."""
    return module_database


@pytest.mark.parametrize("recording", recordings.parameters(recordings.LIVE_FEED))
def test_recorded_feed(recording: Recording, connection: Connection[Any], platform: Platform) -> None:
    response = recording.json
    insert_game(connection, recording.body, at(next(_minutes)))
    platform.transform(response["gamePk"])
    assert game.compare(connection, response) == []


@pytest.mark.parametrize("shape", [2018, 2026])
def test_synthetic_game_from_first_to_last_capture(shape: int, connection: Connection[Any], platform: Platform) -> None:
    for response in captures(900_000 + shape, shape=shape):
        insert_game(connection, body(response), at(next(_minutes)))
        platform.transform(response["gamePk"])
        assert game.compare(connection, response) == []


def test_many_games_at_once(connection: Connection[Any], mlb_etl: Cli) -> None:
    feeds = [feed(910_000 + number, state=state) for number in range(30) for state in ("Final", "Final: Tied")]
    for response in feeds:
        insert_game(connection, body(response), at(next(_minutes)))
    mlb_etl.ok("transform", GAME, "--all")
    newest = {response["gamePk"]: response for response in feeds}
    assert [line for response in newest.values() for line in game.compare(connection, response)] == []


NULLABLE = (
    "gameData.probablePitchers",
    "gameData.review",
    "gameData.absChallenges",
    "gameData.moundVisits",
    "gameData.weather",
    "gameData.gameInfo",
    "gameData.officialVenue",
    "gameData.flags",
    "gameData.venue.fieldInfo",
    "liveData.decisions",
    "liveData.linescore.innings",
    "liveData.linescore.teams",
    "liveData.plays.scoringPlays",
    "liveData.boxscore.officials",
    "liveData.boxscore.teams.home.teamStats",
    "liveData.boxscore.teams.home.bench",
    "liveData.boxscore.teams.home.players.ID990101.stats",
    "liveData.boxscore.teams.away.players.ID990202.stats.batting",
    "liveData.plays.allPlays.2.reviewDetails",
    "liveData.plays.allPlays.3.runners.1.credits",
    "liveData.plays.allPlays.3.playEvents.0.reviewDetails.player",
    "liveData.plays.allPlays.5.playEvents.1.hitData",
    "liveData.plays.allPlays.6.playEvents.1.pitchData",
    "liveData.plays.allPlays.6.playEvents.1.reviewDetails.additionalReviews",
    "liveData.plays.allPlays.7.playEvents.1.player",
    "liveData.plays.allPlays.7.playEvents.2.count",
)


@pytest.mark.parametrize("path", NULLABLE)
def test_null_is_like_absent(path: str, connection: Connection[Any], platform: Platform) -> None:
    response = feed(930_000 + NULLABLE.index(path))
    *parents, last = (int(step) if step.isdigit() else step for step in path.split("."))
    node: Any = response
    for step in parents:
        node = node[step]
    assert last in node, "the path must be one that the feed has"
    node[last] = None
    insert_game(connection, body(response), at(next(_minutes)))
    platform.transform(response["gamePk"])
    assert game.compare(connection, response) == []


def test_two_sided_tables_answer_by_side(connection: Connection[Any], platform: Platform) -> None:
    insert_game(connection, body(feed(920_000)), at(next(_minutes)))
    platform.transform(920_000)
    for table in ("batting_order", "pitchers", "bench", "bullpen"):
        for side in ("home", "away"):
            one_side = connection.execute(
                f"SELECT player_id FROM game.live_game_{side}_{table} WHERE game_pk = 920000 ORDER BY 1"
            ).fetchall()
            both = connection.execute(
                f"SELECT player_id FROM game.live_game_{table} WHERE game_pk = 920000 AND side = %s ORDER BY 1",
                (side,),
            ).fetchall()
            assert one_side == both != []


def test_checker_notices_what_is_wrong(connection: Connection[Any], platform: Platform) -> None:
    response = feed(920_001)
    insert_game(connection, body(response), at(next(_minutes)))
    platform.transform(920_001)
    of_game = "WHERE game_pk = 920001"
    for statement in (
        f"UPDATE game.live_game_plays SET description = description || ' ' {of_game} AND at_bat_index = 1",
        f"UPDATE game.live_game_pitch_events SET spin_rate = 0 {of_game} AND spin_rate IS NULL",
        f"DELETE FROM game.live_game_umpires {of_game} AND official_type = 'Home Plate'",
        f"UPDATE game.live_game_bench SET ordinal = 7 {of_game} AND side = 'home' AND ordinal = 0",
    ):
        assert connection.execute(statement).rowcount == 1
    assert sorted(line.split(": ")[0] for line in game.compare(connection, response)) == [
        "game.live_game_bench ('home', '0')",
        "game.live_game_bench ('home', '7')",
        "game.live_game_pitch_events ('0', '4') spin_rate",
        "game.live_game_plays ('1',) description",
        "game.live_game_umpires ('Home Plate',)",
    ]
