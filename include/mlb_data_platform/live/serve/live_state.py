"""Tells others what has been published: the state of each followed unit (a game), and every change, in Redis.

All of it is derived from the tables, and from what Redis itself has: a writer that dies between the two, or a second
one, neither leaves a change out nor tells it twice. Without Redis rows go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import msgspec
from psycopg import Connection
from redis import RedisError

from mlb_data_platform.errors import BadInputError, one_line
from mlb_data_platform.live.serve.changes import Checkpoint, Now, changes, serve_of
from mlb_data_platform.live.serve.redis_cache import RedisCache, Update, connect
from mlb_data_platform.live.serve.rows import UnitRows
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.places import version_column
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.publish import Unit

_ANSWERS_WITHIN_SECONDS = 0.5  # rows wait for it, and they have to be there within a second
_TRIED_AGAIN_AFTER_SECONDS = 5.0
_KEPT_ALIVE_EVERY_SECONDS = 20.0  # a third of what a state lives: a pause of one is no end

UnitName = tuple[str, ...]  # the values of a unit's columns


class LiveState:
    """Serves the units that it is told were published; `say` is told when Redis goes away and when it is back."""

    def __init__(self, mapping: Mapping, settings: Settings, say: Callable[[str], None]) -> None:
        self._mapping = mapping
        self._serve = serve_of(mapping)
        self._status, self._over = _status_of_what_is_over(mapping)
        self._say = say
        self._where = f"Redis at {settings.redis_host}:{settings.redis_port}"
        self._rows = UnitRows(mapping, self._serve)
        self._redis = connect(settings, seconds=_ANSWERS_WITHIN_SECONDS)
        self._cache = RedisCache(self._redis, mapping, self._serve)
        self._checkpoints: dict[UnitName, Checkpoint] = {}
        self._due: dict[UnitName, Unit] = {}
        self._live: dict[UnitName, Unit] = {}  # not settled or parked
        self._away = False
        self._not_before = 0.0  # on the monotonic clock
        self._kept_alive_at = time.monotonic()

    def serve(self, connection: Connection, units: Iterable[Unit]) -> None:
        """Tell what the tables say of units whose rows are committed; while Redis is away, later.

        Call it as often as you like, with no unit too: what waits for Redis is told, and what goes on is kept alive.
        Raises psycopg.OperationalError when the database fails.
        """
        self._due |= {self._name(unit): unit for unit in units}
        now = time.monotonic()
        if now >= self._kept_alive_at + _KEPT_ALIVE_EVERY_SECONDS:
            self._kept_alive_at = now
            self._due |= self._live
        if self._due and now >= self._not_before:
            self._tell(connection)

    def close(self) -> None:
        """Close the connection to Redis."""
        self._redis.close()

    def _tell(self, connection: Connection) -> None:
        try:
            while self._due:
                self._tell_once(connection)
        except (RedisError, msgspec.DecodeError) as error:
            self._lost(error)
        else:
            self._found()

    def _tell_once(self, connection: Connection) -> None:
        """Tell what is due; of what somebody else told meanwhile it is known then how far, and it stays due."""
        asked = [(unit, self._checkpoints.get(name)) for name, unit in self._due.items()]
        read = {self._name(now.state): now for now in self._rows.read(connection, asked)}
        for name, now in read.items():
            self._note_whether_live(name, now)
            if name not in self._live and self._checkpoints.get(name) == now.checkpoint(self._serve):
                del self._due[name]  # told, and left to expire
        for name in self._due.keys() - read.keys():
            del self._due[name]
        updates = {name: self._update(name, read[name]) for name in self._due}
        for (name, each), other in zip(updates.items(), list(self._cache.write(updates.values())), strict=True):
            self._checkpoints[name] = other or each.checkpoint
            if other is None:
                del self._due[name]

    def _update(self, name: UnitName, now: Now) -> Update:
        before = self._checkpoints.get(name)
        return Update(now.state, now.checkpoint(self._serve), before, changes(self._mapping, self._serve, before, now))

    def _note_whether_live(self, name: UnitName, now: Now) -> None:
        if now.state[self._status] in self._over:
            self._live.pop(name, None)
        else:
            self._live[name] = self._due[name]

    def _name(self, unit: Unit) -> UnitName:
        return tuple(str(unit[column]) for column in self._mapping.unit)

    def _lost(self, error: Exception) -> None:
        self._not_before = time.monotonic() + _TRIED_AGAIN_AFTER_SECONDS
        self._due |= self._live  # it may come back empty
        if not self._away:
            self._away = True
            self._say(f"{self._where} takes no live states ({one_line(error)}): rows go on, these wait for it")

    def _found(self) -> None:
        if self._away:
            self._away = False
            self._say(f"{self._where} takes live states and changes again")


def _status_of_what_is_over(mapping: Mapping) -> tuple[str, set[str]]:
    """The column of the status, and what it says of a unit that is settled or parked."""
    if mapping.patches is None:
        raise BadInputError(f"{mapping.name} does not say under 'patches' when what it is about is settled")
    follow = mapping.patches.follow
    return version_column(mapping, follow.status), {*follow.settled, *follow.parked}
