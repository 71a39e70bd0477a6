"""Who applies every message of `game:changes` in order ends with the rows of the tables, whenever he began to read.

Whatever order captures come in, whichever mapping is in force meanwhile, and whoever tells of it and is killed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from tests.conftest import Database
from tests.integration.redis_server import RedisServer
from tests.integration.support import GAME, Platform, at, body, insert_game
from tests.synthetic import captures

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

Json = dict[str, Any]
Mind = Literal["strict", "lenient"]  # which mapping is in force: one refuses what the other one takes
_KEYS = {"play": ("at_bat_index",), "pitch": ("at_bat_index", "event_index")}
_TABLES = {"play": "live_game_plays", "pitch": "live_game_pitch_events"}
# What a change has beside the row, and what names the capture that changed it: outside every comparison of rows.
_NOT_COMPARED = {"batter_name", "pitcher_name", "captured_at", "raw_id"}
_STATES = len(captures(0)) + 2
_game_pks = count(983_000)  # each example is a game of its own


@dataclass(frozen=True)
class Captured:
    """A state of the game is captured, as it was in some minute."""

    state: int
    minute: int


@dataclass(frozen=True)
class Published:
    """What is pending is published by a mapping."""

    by: Mind


@dataclass(frozen=True)
class Told:
    """One of two streams tells of it; it may be `new`, and so not remember what it told."""

    stream: int = 0
    new: bool = False


@dataclass(frozen=True)
class Joined:
    """Somebody begins to read."""


Step = Captured | Published | Told | Joined
_STEPS = (
    st.builds(Captured, st.integers(0, _STATES - 1), st.integers(0, 9))
    | st.builds(Published, st.sampled_from(["strict", "lenient"]))
    | st.builds(Told, st.integers(0, 1), st.booleans())
    | st.just(Joined())
)


class Reader:
    """A reader as docs/live.md describes one: the newest message's id, then the tables, then each message after it.

    What it read of the tables counts where it has been told; if not, it begins again when it reads next.
    """

    def __init__(self, desk: Desk, game_pk: int) -> None:
        self._desk = desk
        self._game_pk = game_pk
        self._begin()

    def read(self) -> None:
        """Apply what has come."""
        if not self._is_told:
            self._begin()
        entries: Any = self._desk.server.redis.xrange("game:changes", f"({self._after}")
        for self._after, change in entries:
            if change["game_pk"] == str(self._game_pk):
                self._apply(change["kind"], change["key"], json.loads(change["data"]))

    def _begin(self) -> None:
        redis = self._desk.server.redis
        newest: Any = redis.xrevrange("game:changes", count=1)
        self._after: str = newest[0][0] if newest else "0-0"
        self.rows = self._desk.rows(self._game_pk)
        xid = self._desk.metadata(self._game_pk)["published_xid"]
        self._is_told = redis.hget(f"game:served:{self._game_pk}", "published_xid") == xid

    def _apply(self, kind: str, key: str, data: Json | None) -> None:
        if data is None:
            self.rows[kind].pop(key, None)
        else:
            self.rows[kind][key] = _compared(data)


class Desk:
    """A database with two mappings that take turns, and a Redis."""

    def __init__(self, database: Database, server: RedisServer) -> None:
        self.connection = database.connect()
        self.server = server
        minds = {"strict": load_mapping(GAME), "lenient": _without_rule_on_innings()}
        self.platforms = {
            mind: Platform(database.connect(autocommit=False), mapping=mapping, remembers=2)
            for mind, mapping in minds.items()
        }

    def metadata(self, game_pk: int) -> Json:
        """Return the game's version row."""
        (row,) = _rows(self.connection, "live_game_metadata", game_pk)
        return row

    def rows(self, game_pk: int) -> dict[str, dict[str, Json]]:
        """Return what the tables say of a game, as a reader keeps it."""
        metadata = self.metadata(game_pk)
        kinds = load_mapping(GAME).serve.kinds  # type: ignore[union-attr]
        return {
            **{
                kind: {
                    json.dumps({name: row[name] for name in _KEYS[kind]}, separators=(",", ":")): _compared(row)
                    for row in _rows(self.connection, table, game_pk)
                }
                for kind, table in _TABLES.items()
            },
            **{kind: {"{}": {name: metadata[name] for name in kinds[kind].columns}} for kind in ("score", "status")},
        }


@pytest.fixture(scope="module")
def desk(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield Desk(module_database, server)
    server.service.stop()


_ONE_MOMENT = [step for state in (1, 6, 4) for step in (Captured(state, 9), Published("strict"), Told())]
_GONE_BACK = (Captured(7, 1), Published("lenient"), Told(), Published("strict"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@example(steps=[*_GONE_BACK])  # the tables go back, and a reader with them
@example(steps=[*_GONE_BACK, Told(), Captured(4, 2), Published("strict")])  # and then forward
@example(steps=[*_GONE_BACK, Told(1, new=True), Captured(4, 2), Published("strict"), Told(new=True)])
@example(steps=[*_GONE_BACK, Captured(4, 2), Published("strict")])  # back and forward before anybody tells
@example(steps=[Captured(0, 0), Published("strict"), Captured(2, 1), Joined(), Published("strict")])  # there and back
@example(steps=_ONE_MOMENT)  # whichever of its captures counts, rows are as they were before another one of it
@given(steps=st.lists(_STEPS, min_size=4, max_size=14))
def test_who_applies_each_message_has_the_tables(desk: Desk, steps: list[Step]) -> None:
    game_pk = next(_game_pks)
    streams = [desk.server.stream(), desk.server.stream()]
    responses = _responses(game_pk)
    rows: dict[tuple[int, int], int] = {}

    def do(step: Step) -> None:
        match step:
            case Captured() if (step.state, step.minute) not in rows:
                content = body(responses[step.state] | {"copyright": f"In minute {step.minute}."})
                rows[step.state, step.minute] = insert_game(desk.connection, content, at(step.minute), game_pk)
            case Published():
                desk.platforms[step.by].errors_of_transform(game_pk)
            case Told():
                if step.new:
                    streams[step.stream] = desk.server.stream()
                streams[step.stream].serve(desk.connection, [{"game_pk": game_pk}])
            case Joined():
                readers.append(Reader(desk, game_pk))

    readers: list[Reader] = []
    for step in (Captured(2, 0), Published("strict"), Told(), Joined(), *steps, Told()):
        do(step)
        for reader in readers[1:2]:  # one reads on the way, others at the end
            reader.read()
    tables = desk.rows(game_pk)
    for reader in readers:
        reader.read()
        assert reader.rows == tables
    assert desk.server.state(game_pk) == desk.metadata(game_pk)
    assert desk.server.said == []


def _responses(game_pk: int) -> list[Json]:
    """States that both mappings take, and two of them with an inning that only one of them takes."""
    good = captures(game_pk)
    lenient = [deepcopy(good[3]), deepcopy(good[5])]
    for each in lenient:
        each["liveData"]["linescore"]["innings"][0]["num"] = 99
    return [*good, *lenient]


def _without_rule_on_innings() -> Mapping:
    mapping = load_mapping(GAME).model_dump()
    innings = mapping["tables"]["live_game_linescore_innings"]
    innings["quality"] = [rule for rule in innings["quality"] if rule.get("column") != "inning"]
    return Mapping.model_validate(mapping)


def _compared(row: Json) -> Json:
    return {name: value for name, value in row.items() if name not in _NOT_COMPARED}


def _rows(connection: Connection[Any], table: str, game_pk: int) -> list[Json]:
    rows = connection.execute(f"SELECT row_to_json(t) FROM game.{table} t WHERE game_pk = {game_pk}")
    return [row for (row,) in rows]
