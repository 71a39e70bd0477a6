"""Listens to the push channel, on which the API tells of each new revision (FEED F7)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Condition, Thread
from typing import Any, Literal

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.uri import parse_uri

from mlb_data_platform.documents.document import value_at
from mlb_data_platform.errors import BadInputError, one_line
from mlb_data_platform.live.follow.followed import is_in
from mlb_data_platform.live.follow.notifications import Notification
from mlb_data_platform.mapping.raw_endpoint import Push

_HEARTBEATS_OF_SILENCE = 3
_UNTOLD_REVISIONS = 3  # heartbeats alone do not make a channel work
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 60.0
_THIS_MACHINE = ("://127.0.0.1", "://localhost")  # no proxy leads there


class PushChannel:
    """Notifications from the WebSocket at `url`, heard by a thread that connects again, with growing pauses.

    Nothing is heard before the first time that somebody waits for news. `turn` waits until one more request is
    allowed: a handshake is one. `speed` is that of the API's clock. Raises BadInputError where `url` is none.
    """

    def __init__(
        self, url: str, push: Push, turn: Callable[[], None], say: Callable[[str], None], speed: float = 1.0
    ) -> None:
        try:
            parse_uri(url)
        except (WebSocketException, ValueError) as error:
            raise BadInputError(f"MLB_PUSH_URL: {one_line(error)}") from None
        self._url = url
        self._push = push
        self._turn = turn
        self._say = say
        self._speed = speed
        self._silence_seconds = _HEARTBEATS_OF_SILENCE * push.heartbeat_seconds / speed
        self._changed = Condition()
        # All below is guarded by it.
        self._is_open = False
        self._is_silent = False
        self._word_at = 0.0
        self._told: Notification | None = None  # the newest, until somebody takes it
        self._told_revision = self._refreshed_revision = ""  # the latest, and the latest to be asked for as a whole
        self._told_revisions: set[str] = set()  # by this connection
        self._untold = 0
        self._channel: ClientConnection | None = None
        self._is_over = False
        self._thread = Thread(target=self._listen, name="push channel", daemon=True)

    @property
    def works(self) -> bool:
        """Whether it is open and not silent."""
        with self._changed:
            return self._is_open and not self._is_silent

    def is_ahead_of(self, revision: str) -> bool:
        """Return whether it told of a later revision."""
        with self._changed:
            return self._told_revision > revision

    def told_after(self, revision: str) -> frozenset[str] | None:
        """Return the later revisions that it told of; None where this connection did not tell of this one."""
        with self._changed:
            if revision not in self._told_revisions:
                return None
            self._told_revisions = {told for told in self._told_revisions if told >= revision}
            return frozenset(self._told_revisions - {revision})

    def wait(self, revision: str, until: float) -> Notification | None:
        """Return news of a later revision, or that all is to be asked for, once there is some; None at `until`."""
        if not self._thread.ident:
            self._thread.start()
        with self._changed:
            while True:
                news, self._told = self._told, None
                if news and (news.whole or news.revision > revision):
                    return news
                left = until - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def reached(self, revision: str) -> None:
        """Take down that a document of this revision was received: a channel that did not tell of it may be silent."""
        with self._changed:
            if not self._is_open or revision <= self._told_revision:
                return
            self._untold += 1
            quiet = time.monotonic() - self._word_at > self._silence_seconds
            if (quiet or self._untold >= _UNTOLD_REVISIONS) and not self._is_silent:
                self._is_silent = True
                self._say("the push channel is silent: polling")

    def close(self) -> None:
        """Listen no longer."""
        with self._changed:
            self._is_over = True
            channel = self._channel
        if channel is not None:
            channel.close()

    def _listen(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._is_over:
            known = self._told_revision
            reason = self._heard_until_it_ended()
            with self._changed:
                was_open, self._is_open = self._is_open, False
            if self._is_over:
                return
            if was_open or pause == _FIRST_PAUSE_SECONDS:
                self._say(f"the push channel is away ({reason}): polling")
            if (
                self._told_revision != known
            ):  # it worked: to be open is not enough, or the follower polls ever too rarely
                pause = _FIRST_PAUSE_SECONDS
            time.sleep(pause * random.uniform(0.5, 1.0) / self._speed)  # nosec B311
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _heard_until_it_ended(self) -> str:
        """Hear what the channel says until it ends or falls silent, and return why it ended."""
        self._turn()
        proxy: Literal[True] | None = None if any(host in self._url for host in _THIS_MACHINE) else True
        try:
            with connect(self._url, proxy=proxy, close_timeout=1) as channel:
                self._opened(channel)
                beat_at = time.monotonic()
                while not (self._is_silent or self._is_over):
                    if time.monotonic() >= beat_at:
                        channel.send(self._push.heartbeat)
                        beat_at = time.monotonic() + self._push.heartbeat_seconds
                    try:
                        self._heard(channel.recv(timeout=max(beat_at - time.monotonic(), 0)))
                    except TimeoutError:
                        continue
                return "silent"
        except (OSError, WebSocketException) as error:
            return one_line(error) or type(error).__name__

    def _opened(self, channel: ClientConnection) -> None:
        with self._changed:
            self._channel = channel
            self._is_open, self._is_silent, self._untold = True, False, 0
            self._told_revisions = set()
            self._word_at = time.monotonic()
        self._say("the push channel is open")

    def _heard(self, text: str | bytes) -> None:
        """Take down a message; what is no message of a revision is a sign of life all the same."""
        news = self._news(text)
        with self._changed:
            self._word_at = time.monotonic()
            if news is None:
                return
            self._told_revisions.add(news.revision)
            is_refresh = news.whole and news.revision > self._refreshed_revision
            if not (is_refresh or news.revision > self._told_revision):  # told already, by another message
                return
            if is_refresh:
                self._refreshed_revision = news.revision
            if self._told and self._told.whole:  # not taken yet
                news = replace(news, whole=True)
            self._told, self._told_revision = news, max(self._told_revision, news.revision)
            tells_again, self._is_silent, self._untold = self._is_silent, False, 0
            self._changed.notify_all()
        if tells_again:
            self._say("the push channel tells again")

    def _news(self, text: str | bytes) -> Notification | None:
        try:
            message: Any = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return None
        if not isinstance(message, dict) or not isinstance(revision := value_at(message, self._push.revision), str):
            return None
        update = value_at(message, self._push.update)
        return Notification(revision, None if update is None else str(update), is_in(message, self._push.whole))
