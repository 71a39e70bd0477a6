"""The push channel: who subscribes to a game is told of each new revision of its feed."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from random import Random
from uuid import UUID

import msgspec

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.games import Games, timecode
from statsapi_simulator.api.live import LONGEST_GAP
from statsapi_simulator.api.websocket import GOING_AWAY, Turn
from statsapi_simulator.feed.status import status_of
from statsapi_simulator.seeded import seeded

PATH = r"/api/v1/game/push/subscribe/gameday/(\d+)"
HEARTBEAT = "Gameday5"
_HEARTBEAT_SECONDS = 10.0  # of real time
_TOLD_TWICE, _FULL_REFRESH = 1 / 30, 1 / 100  # shares of the revisions


class Push:
    """The channels of all games. Nothing is done for a game that nobody subscribes to. Safe for threads."""

    def __init__(self, games: Games, clock: Clock, heartbeat_seconds: float = _HEARTBEAT_SECONDS) -> None:
        self.games = games
        self.clock = clock
        self.heartbeat_seconds = heartbeat_seconds
        self.closed = False

    def subscribe(self, game_pk: int) -> Subscription:
        """Return a channel of a game, on which all is told that comes after now; an unknown one is an ApiError."""
        return Subscription(self, game_pk)

    def close(self) -> None:
        """End all channels."""
        self.closed = True
        self.clock.bell.ring()

    def messages(self, game_pk: int, revision: datetime, *, after_a_jump: bool = False) -> Iterator[str]:
        """Yield what subscribers are told of a revision: mostly one message, at times the same with another updateId.

        The change is a `full_refresh` for some revisions and `after_a_jump`, else a `new_entry`.
        """
        rng = seeded(self.games.seed, "push", game_pk, timecode(revision), after_a_jump)
        meta_data = self.games.meta_data(game_pk, revision, self.clock.now())
        state = status_of(self.games.course(game_pk).status(revision).code)["detailedState"]
        whole = rng.random() < _FULL_REFRESH or after_a_jump
        for _ in range(2 if rng.random() < _TOLD_TWICE else 1):
            message = {
                "timeStamp": meta_data["timeStamp"],
                "gamePk": game_pk,
                "updateId": update_id(rng),
                "wait": meta_data["wait"],
                "logicalEvents": meta_data["logicalEvents"],
                "gameEvents": meta_data["gameEvents"],
                "changeEvent": {"type": "full_refresh" if whole else "new_entry"},
                "isDelay": state.startswith("Delayed"),
            }
            yield msgspec.json.encode(message).decode()


class Subscription:
    """What one subscriber of a game is told; a Channel."""

    def __init__(self, push: Push, game_pk: int) -> None:
        self._push = push
        self._game_pk = game_pk
        self._revisions = push.games.course(game_pk).revisions
        self._told_until = push.clock.now()
        self._heartbeat_at = time.monotonic() + push.heartbeat_seconds

    def turn(self) -> Turn:
        """Return what is new, and a heartbeat if it is time."""
        if self._push.closed:
            return Turn(close=GOING_AWAY)
        texts = list(self._news())
        if time.monotonic() >= self._heartbeat_at:
            texts.append(HEARTBEAT)
            self._heartbeat_at = time.monotonic() + self._push.heartbeat_seconds
        return Turn(texts, self._seconds_to_wait())

    def woken(self, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Call `wake` when the clock is set, or all ends."""
        return self._push.clock.bell.heard(wake)

    def _news(self) -> Iterator[str]:
        now, before = self._push.clock.now(), self._told_until
        told, known = (bisect_right(self._revisions, each) for each in (before, now))
        self._told_until = now
        if known == told or known == 0:
            return
        jumped = known < told or now - self._revisions[told] > LONGEST_GAP  # patches would not lead there
        for number in range(known - 1 if jumped else told, known):
            yield from self._push.messages(self._game_pk, self._revisions[number], after_a_jump=jumped)

    def _seconds_to_wait(self) -> float:
        heartbeat = self._heartbeat_at - time.monotonic()
        following = bisect_right(self._revisions, self._told_until)
        if following == len(self._revisions):
            return max(heartbeat, 0)
        news = self._push.clock.seconds_until(self._revisions[following])
        return max(min(heartbeat, news), 0)


def update_id(rng: Random) -> str:
    """Return an id of a message, as the API makes them."""
    return str(UUID(int=rng.getrandbits(128), version=4))
