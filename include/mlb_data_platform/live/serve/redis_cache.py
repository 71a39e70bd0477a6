"""What is told of units (games) in Redis: written only where Redis has what the writer believes it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mlb_data_platform.live.serve.changes import Change, Checkpoint, Row
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.serve import Serve
from mlb_data_platform.settings import Settings

STATE_LIVES_SECONDS = 60
CHANGES_KEPT = 10_000  # about; of all games
_CHECKPOINT_LIVES_SECONDS = 7 * 24 * 3600  # longer than most games rest: what was told is known when they go on
_FORMAT = "5"  # of a checkpoint that is kept: another number where its fields change, and what is kept counts no more

# One step for Redis, so that nobody comes between the question and the answer, and no change is told twice. Returns
# what Redis has, and writes nothing, where that is neither what the writer believes nor nothing, nor in another format.
_WRITE = """
local state_key, checkpoint_key, changes_key = unpack(KEYS)
local before, now, xid, state, checkpoint, state_lives, checkpoint_lives, kept, format, fields = unpack(ARGV, 1, 10)
local has = redis.call('HGET', checkpoint_key, 'version')
local is_known = has and string.sub(has, 1, #format) == format
if is_known and has ~= before then return redis.call('HGET', checkpoint_key, 'checkpoint') end
for first = 11, #ARGV, fields do
    redis.call('XADD', changes_key, 'MAXLEN', '~', kept, '*', unpack(ARGV, first, first + fields - 1))
end
redis.call('SET', state_key, state, 'EX', state_lives)
redis.call('HSET', checkpoint_key, 'version', now, 'checkpoint', checkpoint, 'published_xid', xid)
redis.call('EXPIRE', checkpoint_key, checkpoint_lives)
return false
"""


@dataclass(frozen=True)
class Update:
    """What is to be told of a unit: its state, its checkpoint once that is done, and the changes since `before`."""

    state: Row
    checkpoint: Checkpoint
    before: Checkpoint | None
    changes: list[Change]


class RedisCache:
    """The keys of a mapping in Redis. What was told by other keys of its tables counts no more than another format."""

    def __init__(self, redis: Redis, mapping: Mapping, serve: Serve) -> None:
        self._redis = redis
        self._serve = serve
        self._unit = mapping.unit
        keys = [f"{name} {mapping.tables[kind.table].key}" for name, kind in serve.kinds.items() if kind.table]
        self._format = f"{_FORMAT} {keys} "

    def write(self, updates: Iterable[Update]) -> Iterator[Checkpoint | None]:
        """Write in one round trip, and yield for each None, or how far Redis has been told, where that is not `before`.

        Raises redis.RedisError where Redis does not do it, msgspec.DecodeError where what it has is not ours.
        """
        pipeline = self._redis.pipeline(transaction=False)
        for each in updates:
            pipeline.eval(_WRITE, 3, *self._keys(each.state), *self._arguments(each))
        for has in pipeline.execute():
            yield None if has is None else msgspec.json.decode(has, type=Checkpoint)

    def _keys(self, state: Row) -> tuple[str, str, str]:
        return self._serve.state.format_map(state), self._serve.served.format_map(state), self._serve.changes

    def _arguments(self, update: Update) -> Iterator[Any]:
        yield f"{self._format}{update.before.token}" if update.before else ""
        yield f"{self._format}{update.checkpoint.token}"
        yield update.checkpoint.published_xid or ""
        yield msgspec.json.encode(update.state)
        yield msgspec.json.encode(update.checkpoint)
        yield STATE_LIVES_SECONDS
        yield _CHECKPOINT_LIVES_SECONDS
        yield CHANGES_KEPT
        yield self._format
        fields = [self._fields(update.state, change) for change in update.changes]
        yield 2 * len(fields[0]) if fields else 1
        yield from chain.from_iterable(chain.from_iterable(each.items()) for each in fields)

    def _fields(self, state: Row, change: Change) -> dict[str, Any]:
        return {
            **{name: state[name] for name in self._unit},
            "kind": change.kind,
            "key": msgspec.json.encode(change.key),
            "data": msgspec.json.encode(change.data),
            "captured_at": change.captured_at,
            "raw_id": change.raw_id,
        }


def connect(settings: Settings, *, seconds: float) -> Redis:
    """Return a client that gives up on Redis after so many seconds, without trying again by itself."""
    return Redis(**parameters(settings, seconds), retry=Retry(NoBackoff(), 0))


def parameters(settings: Settings, seconds: float) -> dict[str, Any]:
    """Return what any client of Redis is told that gives up after so many seconds."""
    return {
        "host": settings.redis_host,
        "port": settings.redis_port,
        "db": settings.redis_db,
        "password": settings.redis_password.get_secret_value() or None,
        "socket_connect_timeout": seconds,
        "socket_timeout": seconds,
    }
