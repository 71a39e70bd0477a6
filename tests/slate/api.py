"""The simulated API in this process, which takes down what it was asked and what it answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.control import PREFIX
from statsapi_simulator.api.games import Course, Games
from statsapi_simulator.api.http import Answer, Request
from statsapi_simulator.api.league import League
from statsapi_simulator.api.server import LeagueServer
from statsapi_simulator.api.websocket import Channel, Turn
from statsapi_simulator.model import ScheduledGame

SEED, SEASON = 7, 2026
DAY = date(2026, 5, 1)  # that of the fixture `slate_api`


@dataclass(frozen=True)
class Asked:
    """A request: the moments (seconds since the epoch) at which it came and its answer went, and the answer's bytes."""

    came_at: float
    answered_at: float
    target: str
    status: int
    size: int


class WatchedApi(LeagueServer):
    """A league's server with a log of its requests; `told` are the bytes of the messages of all push channels."""

    def __init__(self, day: date) -> None:
        self.clock = Clock(datetime.combine(day, datetime.min.time(), UTC))
        league = League(SEED, SEASON, self.clock)
        self._games = league.games = _SomeGames(SEED)
        super().__init__(league)
        self.log: list[Asked] = []
        self.told = 0
        self._set_at, self._begins, self._speed = time.time(), self.clock.now(), 1.0

    def answer(self, request: Request) -> Answer:
        """Answer as a league's server does, and take it down."""
        came_at = time.time()
        answer = self.unwatched(request)
        if not request.path.startswith(PREFIX):
            size = len(answer.body[: answer.cut_after])
            self.log.append(Asked(came_at, time.time(), request.target, answer.status, size))
        return replace(answer, channel=_Counted(answer.channel, self._tell)) if answer.channel else answer

    def unwatched(self, request: Request) -> Answer:
        """Answer without taking it down: for what the bench itself wants to know."""
        return super().answer(request)

    def list_only(self, game_pks: Collection[int]) -> None:
        """List no other games under any date: one with a few games is over sooner."""
        self._games.listed = frozenset(game_pks)

    def go(self, speed: float) -> None:
        """Let the clock go."""
        self._begins, self._speed = self.clock.now(), speed
        self.clock.set(self._begins, speed)
        self._set_at = time.time()

    def stop(self, at: datetime | None = None) -> None:
        """Let the clock stand still, now or at a moment."""
        self.clock.set(at or self.clock.now(), 0)

    def real(self, moment: datetime) -> float:
        """Return when, in seconds since the epoch, it was `moment` by the clock as it was last let go."""
        return self._set_at + (moment - self._begins).total_seconds() / self._speed

    def course(self, game_pk: int) -> Course:
        """Return the outline of a game."""
        return self.league.games.course(game_pk)

    def _tell(self, size: int) -> None:
        self.told += size


class _SomeGames(Games):
    """The games of all seasons, of which those that are `listed` are on the schedule; None: all."""

    listed: frozenset[int] | None = None

    def on(self, day: date) -> tuple[ScheduledGame, ...]:
        return tuple(game for game in super().on(day) if self.listed is None or game.game_pk in self.listed)


@dataclass(frozen=True)
class _Counted:
    """A push channel of which is counted what it says."""

    channel: Channel
    tell: Callable[[int], None]

    def turn(self) -> Turn:
        turn = self.channel.turn()
        self.tell(sum(len(text) for text in turn.texts))
        return turn

    def woken(self, wake: Callable[[], None]) -> AbstractContextManager[None]:
        return self.channel.woken(wake)


@dataclass(frozen=True)
class Slate:
    """Games of a date, and when the first one begins and the last one is final."""

    date: date
    game_pks: Sequence[int]
    begins: datetime
    ends: datetime


def slate(api: WatchedApi, day: date, most: int | None = None) -> Slate:
    """Return what is played on a date, or so many games of it: those that end first."""
    games = sorted(api.league.games.on(day), key=lambda game: _ends(api, game.game_pk))[:most]
    begins = min(game.starts_at for game in games)
    return Slate(day, [game.game_pk for game in games], begins, _ends(api, games[-1].game_pk))


def _ends(api: WatchedApi, game_pk: int) -> datetime:
    """When a game is final, or called off."""
    return api.course(game_pk).statuses[-1].since
