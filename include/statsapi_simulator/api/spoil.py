"""How each fault spoils an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from random import Random
from typing import Any
from urllib.parse import urlencode

import msgspec

from statsapi_simulator.api.faults import Aimed, Fault, Kind
from statsapi_simulator.api.http import Answer, Request, Source
from statsapi_simulator.api.push import PATH as PUSH
from statsapi_simulator.api.push_faults import Doubled, Dropped, Silent
from statsapi_simulator.api.websocket import Channel

_GAME = re.compile(r"(?<=/game/)\d+(?=/)")
_FEED = re.compile(r"/api/v1\.1/game/(\d+)/feed/live")
_PATCH = re.compile(r"/api/v1\.1/game/\d+/feed/live/diffPatch")
_PUSH = re.compile(PUSH)
_STALE_REVISIONS = (2, 40)
_LAG = (5.0, 60.0)  # simulated seconds
_REFUSALS = (HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)
_SERVER_ERRORS = (
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_PAGE = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
_MISFIT = {"op": "replace", "path": "/liveData/plays/allPlays/9999/about/endTime", "value": "2000-01-01T00:00:00Z"}

# The timecode of the feed so many revisions before the newest, or None where the game has not so many.
EarlierTimecode = Callable[[int, int], str | None]
AnotherGame = Callable[[int], int]


class Spoiler:
    """Spoils answers of `source`; what it needs of the games it asks `earlier_timecode` and `another_game`."""

    def __init__(self, source: Source, earlier_timecode: EarlierTimecode, another_game: AnotherGame) -> None:
        self._source = source
        self._earlier_timecode = earlier_timecode
        self._another_game = another_game

    def spoil(self, aimed: Aimed, request: Request) -> Answer | None:
        """Return the answer as the fault leaves it, or None where it cannot do anything to this request."""
        return _SPOILERS[aimed.fault.kind](self, aimed.fault, request, aimed.rng)

    def _too_many(self, fault: Fault, request: Request, rng: Random) -> Answer:
        body = msgspec.json.encode({"messageNumber": 1, "message": "Too many requests"})
        return Answer(HTTPStatus.TOO_MANY_REQUESTS, body, {"Retry-After": f"{fault.seconds:.0f}"})

    def _server_error(self, fault: Fault, request: Request, rng: Random) -> Answer:
        body = msgspec.json.encode({"messageNumber": 1, "message": "Internal error occurred"})
        return Answer(rng.choice(_SERVER_ERRORS), body)

    def _reset(self, fault: Fault, request: Request, rng: Random) -> Answer:
        return Answer(reset=True)

    def _slow(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        answer = self._source(request)
        return replace(answer, dribble_seconds=fault.seconds) if answer.channel is None else None

    def _cut(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        answer = self._source(request)
        return replace(answer, cut_after=int(rng.random() * len(answer.body))) if answer.channel is None else None

    def _html(self, fault: Fault, request: Request, rng: Random) -> Answer:
        return Answer(HTTPStatus.OK, _PAGE, {"Content-Type": "text/html;charset=utf-8"})

    def _wrong_game(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        asked = _GAME.search(request.path)
        other = self._another_game(int(asked[0])) if asked else None
        return self._source(replace(request, target=_GAME.sub(str(other), request.target, count=1))) if other else None

    def _stale(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        return self._feed_before(request, rng.randint(*_STALE_REVISIONS))

    def _duplicate(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        return (
            self._channel(Doubled, request, rng)
            or self._envelopes(request, lambda envelopes: [each for each in envelopes for _ in range(2)])
            or self._feed_before(request, 1)
        )

    def _reorder(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        return self._envelopes(request, lambda envelopes: envelopes[::-1] if len(envelopes) > 1 else [])

    def _bad_patch(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        return self._envelopes(
            request, lambda envelopes: [{"diff": [*each["diff"], _MISFIT]} for each in envelopes or [{"diff": []}]]
        )

    def _lag(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        return self._source(replace(request, ago=rng.uniform(*_LAG))) if _PATCH.fullmatch(request.path) else None

    def _fallback(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        """Without a start, a patch is the whole feed."""
        if not _PATCH.fullmatch(request.path):
            return None
        asked = {name: value for name, value in request.parameters.items() if name != "startTimecode"}
        return self._source(replace(request, target=f"{request.path}?{urlencode(asked)}"))

    def _gap(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        def without_one(envelopes: list[Any]) -> list[Any]:
            if len(envelopes) > 1:
                del envelopes[rng.randrange(len(envelopes) - 1)]
                return envelopes
            return []

        return self._envelopes(request, without_one)

    def _refused(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        if not _PUSH.fullmatch(request.path):
            return None
        body = msgspec.json.encode({"messageNumber": 1, "message": "Subscription refused"})
        return Answer(rng.choice(_REFUSALS), body)

    def _silent(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        return self._channel(Silent, request, rng)

    def _dropped(self, fault: Fault, request: Request, rng: Random) -> Answer | None:
        return self._channel(Dropped, request, rng)

    def _channel(self, spoiled: Callable[[Channel, Random], Channel], request: Request, rng: Random) -> Answer | None:
        """The push channel with what `spoiled` does to it; None if none is asked for."""
        channel = self._source(request).channel if _PUSH.fullmatch(request.path) else None
        return Answer(channel=spoiled(channel, rng)) if channel else None

    def _feed_before(self, request: Request, revisions: int) -> Answer | None:
        """The feed as it was; only for who asks for the newest."""
        asked = _FEED.fullmatch(request.path)
        if not asked or "timecode" in request.parameters:
            return None
        timecode = self._earlier_timecode(int(asked[1]), revisions)
        mark = "&" if "?" in request.target else "?"
        return self._source(replace(request, target=f"{request.target}{mark}timecode={timecode}")) if timecode else None

    def _envelopes(self, request: Request, change: Callable[[list[Any]], list[Any]]) -> Answer | None:
        """The patch with its envelopes changed; None if it is none, or if the change leaves nothing of it."""
        if not _PATCH.fullmatch(request.path):
            return None
        answer = self._source(Request(request.target))
        document = msgspec.json.decode(answer.body)
        changed = change(document) if isinstance(document, list) else []
        return Answer(answer.status, msgspec.json.encode(changed), answer.headers) if changed else None


_SPOILERS: dict[Kind, Callable[[Spoiler, Fault, Request, Random], Answer | None]] = {
    Kind.TOO_MANY: Spoiler._too_many,
    Kind.SERVER_ERROR: Spoiler._server_error,
    Kind.RESET: Spoiler._reset,
    Kind.SLOW: Spoiler._slow,
    Kind.CUT: Spoiler._cut,
    Kind.HTML: Spoiler._html,
    Kind.WRONG_GAME: Spoiler._wrong_game,
    Kind.STALE: Spoiler._stale,
    Kind.DUPLICATE: Spoiler._duplicate,
    Kind.REORDER: Spoiler._reorder,
    Kind.BAD_PATCH: Spoiler._bad_patch,
    Kind.LAG: Spoiler._lag,
    Kind.FALLBACK: Spoiler._fallback,
    Kind.GAP: Spoiler._gap,
    Kind.REFUSED: Spoiler._refused,
    Kind.SILENT: Spoiler._silent,
    Kind.DROPPED: Spoiler._dropped,
}
