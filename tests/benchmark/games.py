"""Fills the raw tier: simulated games, or one recorded feed under many gamePks."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.partitions import make_months
from mlb_data_platform.storage.stored_body import packed
from tests.benchmark.work import ENDPOINT

if TYPE_CHECKING:
    from statsapi_simulator.world.season import World

_SEED, _SEASON = 7, 2026
_PROCESSES = 2
_GAMES_AT_ONCE = 20
_CAPTURED_AFTER = timedelta(hours=12)  # the planned first pitch: the game is long over


@dataclass(frozen=True)
class Game:
    """A game of which there is one capture, after its end."""

    game_pk: int
    captured_at: datetime


class Season(Protocol):
    """Where the feeds come from."""

    @property
    def games(self) -> Sequence[Game]:
        """All there are, in the order of a season."""

    def feed(self, game: Game) -> bytes:
        """Return the feed of a game as it was captured."""


class SimulatedSeason:
    """The season that the simulator makes of the bench's seed."""

    @property
    def games(self) -> Sequence[Game]:
        return [
            Game(game.game_pk, (game.second_starts_at or game.starts_at) + _CAPTURED_AFTER)
            for game in _world().schedule
            if game.game_type == "R"
        ]

    def feed(self, game: Game) -> bytes:
        from statsapi_simulator.feed.render import live_feed
        from statsapi_simulator.feed.shapes import shape_of
        from statsapi_simulator.play.game import play_game

        record = play_game(_world(), _world().games[game.game_pk])
        at = game.captured_at
        return msgspec.json.encode(live_feed(_world(), record, at, at, shape_of(_SEASON)))


def _world() -> World:
    """The season's world: made once in this process, and there in those that are forked from it."""
    from statsapi_simulator.world.season import build_world

    return build_world(_SEED, _SEASON)


class CopiedFeed:
    """A season of one feed under as many gamePks, 15 a day."""

    def __init__(self, file: Path, games: int) -> None:
        body = file.read_bytes()
        self._feed: dict[str, Any] = json.loads(gzip.decompress(body) if file.suffix == ".gz" else body)
        first = datetime(_SEASON, 3, 26, 23, tzinfo=UTC)
        self.games = [Game(9_000_000 + number, first + timedelta(days=number // 15)) for number in range(games)]

    def feed(self, game: Game) -> bytes:
        return msgspec.json.encode({**self._feed, "gamePk": game.game_pk})


def load_raw(season: Season, games: Sequence[Game]) -> None:
    """Insert the captures of `games` into the raw tier, and have PostgreSQL write and count what it has."""
    mapping = load_mapping(ENDPOINT)
    with connect(autocommit=True) as connection:
        make_months(connection, mapping.name, {game.captured_at.date().replace(day=1) for game in games})
    parts = [games[start : start + _GAMES_AT_ONCE] for start in range(0, len(games), _GAMES_AT_ONCE)]
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("fork")) as pool:
        list(pool.map(partial(_load, season), parts))
    with connect(autocommit=True) as connection:
        connection.execute(SQL("VACUUM ANALYZE {}").format(Identifier(mapping.endpoint, mapping.method)))
        connection.execute("CHECKPOINT")


def _load(season: Season, games: Sequence[Game]) -> None:
    with connect() as connection:
        _copy(connection, season, games)


def _copy(connection: Connection, season: Season, games: Sequence[Game]) -> None:
    mapping = load_mapping(ENDPOINT)
    statement = SQL(
        "COPY {} (game_pk, captured_at, source_url, request_params, status_code, content_sha256, data, body) FROM STDIN"
    ).format(Identifier(mapping.endpoint, mapping.method))
    with connection.cursor().copy(statement) as copy:
        for game in games:
            body = season.feed(game)
            url = f"https://statsapi.invalid/api/v1.1/game/{game.game_pk}/feed/live"
            parameters = json.dumps({"game_pk": game.game_pk})
            digest = sha256(body).hexdigest()
            copy.write_row((game.game_pk, game.captured_at, url, parameters, 200, digest, body.decode(), packed(body)))
