"""The simulated league as a server: its answers zipped and cached, faults, control, and how it is used."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.control import PREFIX, Control
from statsapi_simulator.api.errors import ApiError, NoEndpoint
from statsapi_simulator.api.faults import Fault, Faults
from statsapi_simulator.api.games import Version
from statsapi_simulator.api.http import HOST, Answer, HttpServer, Request, running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.push import PATH as PUSH
from statsapi_simulator.api.push import Push
from statsapi_simulator.api.spoil import Spoiler
from statsapi_simulator.api.traffic import Traffic
from statsapi_simulator.feed.shapes import Shape

_LEVEL = 1  # of gzip, the fastest: what is measured is the client
_ZIPPED_FEEDS = 256  # about 50 MB
_GZIP = {"Content-Encoding": "gzip"}
_NO_PAGE = b'<!doctype html><html lang="en"><head><title>HTTP Status 404</title></head><body>Not Found</body></html>'
_WELCOME = {"message": "A simulated Stats API. No MLB data, no real names.", "try": "/api/v1/schedule?sportId=1"}


class LeagueServer(HttpServer):
    """Serves a league on a port (0: a free one) of `host`; `/_simulator/…` steers it."""

    def __init__(self, league: League, faults: Sequence[Fault] = (), port: int = 0, host: str = HOST) -> None:
        self.league = league
        self.faults = Faults(league.games.seed, faults)
        self.traffic = Traffic()
        self.push = Push(league.games, league.clock)
        self._control = Control(league.games, league.clock, self.faults, self.traffic)
        self._spoiler = Spoiler(self._sound, league.earlier_timecode, league.another_game)
        self._zipped_feed = lru_cache(_ZIPPED_FEEDS)(self._zip_feed)
        super().__init__(self.answer, port, host)

    def server_close(self) -> None:
        """End the push channels, and listen no more."""
        self.push.close()
        super().server_close()

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, spoiled if a fault hits it."""
        path = request.path
        if path.startswith(PREFIX):
            return self._control.answer(request)
        if request.method != "GET":
            return Answer(HTTPStatus.METHOD_NOT_ALLOWED)
        with self.traffic.request(path):
            try:
                return self._spoiled(request) or self._sound(request)
            except ApiError as error:
                return Answer(error.status, msgspec.json.encode(error.body))
            except NoEndpoint:
                return Answer(HTTPStatus.NOT_FOUND, _NO_PAGE, {"Content-Type": "text/html;charset=utf-8"})

    def _spoiled(self, request: Request) -> Answer | None:
        for aimed in self.faults.aimed_at(request.target):
            if (answer := self._spoiler.spoil(aimed, request)) and self.faults.struck(aimed):
                return answer
        return None

    def _sound(self, request: Request) -> Answer:
        path, asked = request.path, request.parameters
        if path == "/":
            return _document(_WELCOME, zips=False)
        if subscribed := re.fullmatch(PUSH, path):
            return Answer(channel=self.push.subscribe(int(subscribed[1])))
        now = self.league.clock.now() - timedelta(seconds=request.ago)
        if version := self.league.feed_version(path, asked, now):
            zipped = self._zipped_feed(version)
            return Answer(body=zipped, headers=_GZIP) if request.zips else Answer(body=gzip.decompress(zipped))
        envelopes = self.league.envelopes(path, asked, now)
        if envelopes is not None:
            return _json(b"[" + b",".join(envelopes) + b"]", request.zips)
        return _document(self.league.answer(path, asked, now), request.zips)

    def _zip_feed(self, version: Version) -> bytes:
        return _zipped(msgspec.json.encode(self.league.games.feed_of(version)))


def serve(
    seed: int = 7,
    season: int = 2026,
    clock: Clock | datetime | None = None,
    faults: Sequence[Fault] = (),
    shape: Shape | None = None,
) -> AbstractContextManager[str]:
    """Serve a season on a free port while the block runs, which is given the URL.

    `clock` may be a moment, at which time stands still; without one it is 1 December, when all is over.
    """
    if not isinstance(clock, Clock):
        clock = Clock(clock or datetime(season, 12, 1, tzinfo=UTC))
    return running(LeagueServer(League(seed, season, clock, shape), faults))


def _document(document: Any, zips: bool) -> Answer:
    return _json(msgspec.json.encode(document), zips)


def _json(body: bytes, zips: bool) -> Answer:
    return Answer(body=_zipped(body), headers=_GZIP) if zips else Answer(body=body)


def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)
