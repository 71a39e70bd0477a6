"""What several browsers want to be shown at once is looked up, and rendered, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from mlb_data_platform.web.changes import Changes

Look = TypeVar("Look")


class SharedLooks:
    """Looks that go on: whoever wants the same meanwhile gets what comes of it, unless it began before a change."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._going: dict[Hashable, asyncio.Future[Any]] = {}

    async def at(self, what: Hashable, look: Callable[[], Awaitable[Look]]) -> Look:
        """Return what `look` returns, or raise what it raises; `what` tells it from other looks."""
        key = (what, self._changes.told)
        going: asyncio.Future[Look] | None = self._going.get(key)
        if going is None:
            going = self._going[key] = asyncio.ensure_future(look())
            going.add_done_callback(lambda _: self._going.pop(key))
        return await asyncio.shield(going)  # whoever goes leaves it to the others
