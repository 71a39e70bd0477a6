"""Who looks at the page is woken as soon as rows were published: Redis says so, and without it the clock does.

What has changed is never taken from Redis: whoever is woken reads PostgreSQL, where it is committed by then.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mlb_data_platform.live.serve.changes import serve_of
from mlb_data_platform.live.serve.redis_cache import parameters
from mlb_data_platform.orchestration.connections import REDIS, platform_settings
from mlb_data_platform.web.followed import followed

_LOG = logging.getLogger(__name__)

# What nobody tells Redis (a batch, a date's listing, who follows) is seen this late; everything, where Redis is away.
_LOOKS_AFTER_SECONDS = 5.0
_LOOKS_WITHOUT_REDIS_AFTER_SECONDS = 0.2
_REDIS_WAITS_MILLISECONDS = 2000
_REDIS_ANSWERS_WITHIN_SECONDS = 5.0
_TRIED_AGAIN_AFTER_SECONDS = 1.0


class Listener:
    """Somebody who is woken by the changes of one game, or of any (None)."""

    def __init__(self, changes: Changes, game_pk: int | None) -> None:
        self._changes = changes
        self._game_pk = game_pk
        self._rung = asyncio.Event()
        self._rung.set()  # something may have been published since its page was read

    async def wait(self) -> bool:
        """Return when something was published or may have been; False: the server ends, so does whoever listens."""
        seconds = _LOOKS_AFTER_SECONDS if self._changes.hears else _LOOKS_WITHOUT_REDIS_AFTER_SECONDS
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds - time.monotonic() % seconds)  # all of them together
        self._rung.clear()
        return not self._changes.ends

    def ring(self, games: set[int] | None = None) -> None:
        """Wake it, where it is about one of these games."""
        if games is None or self._game_pk is None or self._game_pk in games:
            self._rung.set()


class Changes:
    """One reader of the stream of changes for all who listen in this process; without anybody, none."""

    def __init__(self) -> None:
        self.hears = False  # whether Redis answers
        self.ends = False  # whether the server is about to
        self.told = 0  # how often somebody was woken for a reason
        self._heeds_the_end = False
        self._listeners: set[Listener] = set()
        self._reader: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listener(self, game_pk: int | None = None) -> AsyncIterator[Listener]:
        """Give the block somebody who is woken by changes from now on."""
        listener = Listener(self, game_pk)
        self._listeners.add(listener)
        self._heed_the_end()
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="ballpark changes")
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                await self.close()

    async def close(self) -> None:
        """Stop reading."""
        reader, self._reader, self.hears = self._reader, None, False
        if reader is not None:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader

    async def _read(self) -> None:
        said = ""
        while True:
            try:
                await self._hear()
            except (RedisError, OSError):
                said = ""  # Redis is away: the clock wakes them until it is back
            except Exception as error:  # whatever it is: those who listen must not wait for it for ever
                if self.hears or said != str(error):
                    _LOG.exception("Ballpark does not hear of changes and looks at the clock; it goes on trying")
                said = str(error)
            self.hears = False
            self.ring(None)  # they wait no longer for it
            await asyncio.sleep(_TRIED_AGAIN_AFTER_SECONDS)

    async def _hear(self) -> None:
        mapping = await followed()
        async with await _connect() as redis:
            async for games in _published(redis, serve_of(mapping).changes, mapping.unit[0].encode()):
                self.hears = True
                self.ring(games)

    def ring(self, games: set[int] | None) -> None:
        """Wake those who listen for one of these games; None: all."""
        self.told += 1
        for listener in self._listeners:
            listener.ring(games)

    def _heed_the_end(self) -> None:
        """A server that is told to end waits for each open answer: those that would go on for minutes end at once."""
        if self._heeds_the_end or threading.current_thread() is not threading.main_thread():
            return
        self._heeds_the_end = True
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ending(loop, signal.getsignal(number)))

    def _ending(self, loop: asyncio.AbstractEventLoop, servers_own: Any) -> Callable[[int, FrameType | None], None]:
        """Return what does on a signal what the server does, once those who listen are woken to see that it ends."""

        def handle(number: int, frame: FrameType | None) -> None:
            self.ends = True
            loop.call_soon_threadsafe(self.ring, None)
            if callable(servers_own):
                servers_own(number, frame)

        return handle


async def _published(redis: Redis, stream: str, unit: bytes) -> AsyncIterator[set[int] | None]:
    """Yield the games of which changes were told, as they are; None at first, where some may have been missed."""
    newest: Any = await redis.xrevrange(stream, count=1)
    after = newest[0][0] if newest else b"0-0"
    yield None
    while True:
        answer: Any = await redis.xread({stream: after}, block=_REDIS_WAITS_MILLISECONDS)
        entries = [entry for _, entries in answer for entry in entries]
        if entries:
            after = entries[-1][0]
            yield {game for _, fields in entries if (game := _game(fields, unit)) is not None}


def _game(fields: dict[bytes, bytes], unit: bytes) -> int | None:
    """The game of an entry; None where it is none of ours: anybody may write to Redis."""
    try:
        return int(fields[unit])
    except (KeyError, ValueError):
        return None


async def _connect() -> Redis:
    settings = await asyncio.to_thread(platform_settings, REDIS)
    return Redis(**parameters(settings, _REDIS_ANSWERS_WITHIN_SECONDS))
