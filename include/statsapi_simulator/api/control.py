"""The control endpoint `/_simulator/…`: faults, clock, corrections, what is prepared, and the count of requests.

Only this machine may use it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, TypeVar

import msgspec

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.errors import ApiError
from statsapi_simulator.api.faults import Fault, Faults, parse_json
from statsapi_simulator.api.games import Games
from statsapi_simulator.api.http import Answer, Request
from statsapi_simulator.api.traffic import Traffic

PREFIX = "/_simulator/"

_Form = TypeVar("_Form")


class _Time(msgspec.Struct, forbid_unknown_fields=True):
    now: str | None = None
    speed: float | None = None


class _Game(msgspec.Struct, forbid_unknown_fields=True):
    game_pk: int


class _Date(msgspec.Struct, forbid_unknown_fields=True):
    date: date


class Control:
    """Reads and changes what the simulator does, by GET, PUT and DELETE."""

    def __init__(self, games: Games, clock: Clock, faults: Faults, traffic: Traffic) -> None:
        self._games = games
        self._clock = clock
        self._faults = faults
        self._traffic = traffic
        self._actions: dict[tuple[str, str], Callable[[bytes], Any]] = {
            ("GET", "faults"): lambda _: self._what_fails(),
            ("PUT", "faults"): self._set_faults,
            ("DELETE", "faults"): lambda _: self._set_faults(b"[]"),
            ("GET", "clock"): lambda _: self._time(),
            ("PUT", "clock"): self._set_time,
            ("PUT", "corrections"): self._correct,
            ("PUT", "prepare"): self._prepare,
            ("GET", "requests"): lambda _: self._traffic.report(),
            ("DELETE", "requests"): lambda _: self._forget_requests(),
        }

    def answer(self, request: Request) -> Answer:
        """Return what GET would show afterwards; 400 with the reason for a body that cannot be taken."""
        if not ip_address(request.client).is_loopback:
            return _json({"message": "only this machine may steer the simulator"}, HTTPStatus.FORBIDDEN)
        name = request.path.removeprefix(PREFIX)
        action = self._actions.get((request.method, name))
        if action is None:
            known = ", ".join(f"{method} {PREFIX}{each}" for method, each in self._actions)
            return _json({"message": f"there are {known}"}, HTTPStatus.NOT_FOUND)
        try:
            return _json(action(request.body))
        except ValueError as error:
            return _json({"message": str(error)}, HTTPStatus.BAD_REQUEST)

    def _what_fails(self) -> tuple[Fault, ...]:
        return self._faults.faults

    def _set_faults(self, body: bytes) -> tuple[Fault, ...]:
        self._faults.set(parse_json(body))
        return self._what_fails()

    def _time(self) -> dict[str, Any]:
        return {"now": self._clock.now().isoformat(), "speed": self._clock.speed}

    def _set_time(self, body: bytes) -> dict[str, Any]:
        time = _read(body, _Time)
        self._clock.set(datetime.fromisoformat(time.now) if time.now else self._clock.now(), time.speed)
        return self._time()

    def _correct(self, body: bytes) -> dict[str, Any]:
        """Let the scorer of a game change a play now, in place."""
        game_pk, now = _read(body, _Game).game_pk, self._clock.now()
        try:
            changes = self._games.correct(game_pk, now)
        except ApiError as error:
            raise ValueError(f"game {game_pk}: {error}") from None
        if not changes:
            raise ValueError(f"game {game_pk}: no play is over at {now:%Y-%m-%dT%H:%M:%SZ}; set the clock later")
        plays = [change.play.index for change in changes]
        return {"game_pk": game_pk, "announced_at": now.isoformat(), "at_bat_index": plays}

    def _prepare(self, body: bytes) -> dict[str, Any]:
        """Make all patches of a date's games ahead, as they are at any time before the first correction."""
        day = _read(body, _Date).date
        games = [game.game_pk for game in self._games.on(day)]
        return {"date": day, "games": len(games), "patches": sum(map(self._games.prepare, games))}

    def _forget_requests(self) -> dict[str, Any]:
        self._traffic.reset()
        return self._traffic.report()


def _read(body: bytes, form: type[_Form]) -> _Form:
    """The body as what it should be; ValueError with the reason if it is not."""
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None


def _json(document: Any, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(status, msgspec.json.encode(document))
