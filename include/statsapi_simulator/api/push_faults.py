"""Push channels that do not do what they should."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from random import Random

import msgspec

from statsapi_simulator.api.push import HEARTBEAT, update_id
from statsapi_simulator.api.websocket import INTERNAL_ERROR, WITHOUT_A_WORD, Channel, Turn

_MOST_MESSAGES = 5


class _Spoiled:
    """A channel that passes on what another one says, spoiled."""

    def __init__(self, channel: Channel, rng: Random) -> None:
        self._channel = channel
        self._rng = rng

    def turn(self) -> Turn:
        """Return what the other one says now, as the fault leaves it."""
        return self._spoil(self._channel.turn())

    def woken(self, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Call `wake` when the other one has its turn at once."""
        return self._channel.woken(wake)

    def _spoil(self, turn: Turn) -> Turn:
        raise NotImplementedError


class Silent(_Spoiled):
    """Open, but nothing is said on it: no message, no heartbeat."""

    def _spoil(self, turn: Turn) -> Turn:
        return replace(turn, texts=())


class Doubled(_Spoiled):
    """Each message comes twice, the second time with another updateId."""

    def _spoil(self, turn: Turn) -> Turn:
        return replace(turn, texts=[each for text in turn.texts for each in self._doubled(text)])

    def _doubled(self, text: str) -> tuple[str, ...]:
        if text == HEARTBEAT:
            return (text,)
        again = {**msgspec.json.decode(text), "updateId": update_id(self._rng)}
        return text, msgspec.json.encode(again).decode()


class Dropped(_Spoiled):
    """Ends after some messages: with a close frame that says the server failed, or without a word."""

    def __init__(self, channel: Channel, rng: Random) -> None:
        super().__init__(channel, rng)
        self._messages_left = rng.randint(1, _MOST_MESSAGES)
        self._code = rng.choice((INTERNAL_ERROR, WITHOUT_A_WORD))

    def _spoil(self, turn: Turn) -> Turn:
        told = []
        for text in turn.texts:
            told.append(text)
            self._messages_left -= text != HEARTBEAT
            if not self._messages_left:
                return replace(turn, texts=told, close=self._code)
        return turn
