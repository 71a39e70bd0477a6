"""Streams of events that keep parts of a page as the tables are, for as long as rights may go unchecked.

The id of an event says what the browser shows once it has it: by the id of the last one, which it sends when it comes
back, it gets exactly what differs by then, whatever happened in between and whichever process answers.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.web.changes import Changes

_LASTS_SECONDS = 240.0  # then the browser comes back, and what its user may do is looked at again
_KEPT_ALIVE_EVERY_SECONDS = 15.0
_MOST_KEPT = 1000  # digests of parts that are shown again and again
SAID = "said"  # the element of the base layout whose text is read out
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True)
class Parts:
    """The parts of an element, `within`, in their order: HTML by their ids; and a text to be read out, often none."""

    within: str
    html: Mapping[str, str]
    said: str = ""

    @property
    def shown(self) -> str:
        """Return what tells a browser with these parts from one with others, as an event's id."""
        return " ".join(f"{name}:{_digest(html)}" for name, html in self.html.items())

    def differing(self, shown: str) -> list[str] | None:
        """Return the names of the parts that a browser lacks which shows that; None: they are not even the same ones.

        `shown` comes from a browser: where it is nonsense, all of it is lacking.
        """
        theirs = dict(each.rpartition(":")[::2] for each in shown.split())
        if list(theirs) != list(self.html):
            return None
        return [name for name, html in self.html.items() if theirs[name] != _digest(html)]


@lru_cache(maxsize=_MOST_KEPT)
def _digest(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()[:8]


async def event_stream(
    changes: Changes, shown: str, look: Callable[[], Awaitable[Parts]], *, game_pk: int | None = None
) -> StreamingResponse:
    """Return what keeps a browser that shows `shown` as `look` finds the page, looked at whenever something changes.

    It is woken by changes of one game, or of any (None). Raises what the first look raises; where a later one fails,
    the stream ends, and it is for who comes back to hear why.
    """
    first = await look()
    events = _events(changes, shown, first, look, game_pk)
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)


async def _events(
    changes: Changes,
    shown: str,
    parts: Parts,
    look: Callable[[], Awaitable[Parts]],
    game_pk: int | None,
) -> AsyncIterator[str]:
    ends_at = time.monotonic() + _LASTS_SECONDS
    async with changes.listener(game_pk) as listener:
        yield ": here\n\n"
        sent_at = time.monotonic()
        while True:
            if shown != parts.shown:
                yield _event(parts, shown)
                shown, sent_at = parts.shown, time.monotonic()
            elif time.monotonic() > sent_at + _KEPT_ALIVE_EVERY_SECONDS:
                yield ": still here\n\n"
                sent_at = time.monotonic()
            if not await listener.wait() or time.monotonic() > ends_at:
                return
            try:
                parts = await look()
            except (PlatformError, HTTPException):  # HTTPException: what was looked at is there no more
                return


def _event(parts: Parts, shown: str) -> str:
    names = parts.differing(shown)
    if names is None:
        html = _partial(parts.within, "innerMorph", "\n".join(parts.html.values()))
    else:
        html = "\n".join(_partial(name, "outerMorph", parts.html[name]) for name in names)
    if parts.said:
        html += "\n" + _partial(SAID, "innerHTML", escape(parts.said))
    return f"id: {parts.shown}\n" + "".join(f"data: {line}\n" for line in html.splitlines() if line.strip()) + "\n"


def _partial(target: str, swap: str, html: str) -> str:
    return f'<hx-partial hx-target="#{target}" hx-swap="{swap}">{html}</hx-partial>'
