"""How long a follower has patience with an API that answers nothing of use, and how it ends then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mlb_data_platform.documents.chain import Link
from mlb_data_platform.documents.moment import CapturedDocument
from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.live.follow import follower as module
from mlb_data_platform.live.follow.capture_buffer import CaptureBuffer, ReceivedCapture
from mlb_data_platform.live.follow.document_client import DocumentClient
from mlb_data_platform.live.follow.follower import Follower
from mlb_data_platform.live.follow.notifications import NoNotifications, Notification, NotificationSource
from mlb_data_platform.live.patience import API_SECONDS, DATABASE_SECONDS, Patience
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.statsapi.client import ApiAwayError
from mlb_data_platform.storage.database import KeptConnection
from mlb_data_platform.storage.raw import UnstorableError

MOMENT = datetime(2026, 7, 2, 1, tzinfo=UTC)
KEPT = CapturedDocument(Link(1, MOMENT, MOMENT), {"metaData": {"timeStamp": "20260702_010000"}})


@dataclass
class Clock:
    """Stands where it is, except that who sleeps lets it go."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Unanswered:
    """A client whose client are answered by errors: the last one again and again."""

    clock: Clock
    errors: list[PlatformError]
    asked_at: list[float] = field(default_factory=list)

    def whole(self) -> Any:
        self.asked_at.append(self.clock.now)
        raise self.errors.pop(0) if len(self.errors) > 1 else self.errors[0]

    def changes(self, _: str, __: str | None, **___: bool) -> Any:
        return self.whole()

    def revisions(self) -> None:
        return None

    def revision_of(self, _: Any) -> str:
        return "20260702_010000"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr("mlb_data_platform.live.follow.notifications.time", clock)
    monkeypatch.setattr("mlb_data_platform.live.patience.time", clock)
    return clock


def _follower(clock: Clock, *errors: PlatformError) -> tuple[Follower, Unanswered]:
    client = Unanswered(clock, list(errors))
    return _follower_of(client, NoNotifications()), client


def _follower_of(client: Unanswered, channel: NotificationSource, say: Callable[[str], None] = print) -> Follower:
    patches = load_mapping("game.live_game_v1").patches
    assert patches is not None
    buffer = CaptureBuffer(KeptConnection(), Patience(DATABASE_SECONDS, print))
    return Follower(patches, cast(DocumentClient, client), buffer, channel, say)


def _until_given_up(follower: Follower) -> PlatformError:
    while True:
        try:
            assert follower.turn() is None
        except PlatformError as error:
            return error


def test_an_api_that_has_never_answered_is_asked_for_ten_minutes(clock: Clock) -> None:
    follower, client = _follower(clock, TransientError("away"))
    follower.start(None)
    assert str(_until_given_up(follower)) == "away"
    assert 600 <= clock.now - client.asked_at[0] <= 630


def test_an_outage_of_two_hours_loses_no_game_and_says_little(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    client = _Behind(clock, [])
    follower = _follower_of(client, NoNotifications(), said.append)
    monkeypatch.setattr(follower, "_keep", lambda *_: None)
    follower.start(KEPT)
    client.away_until = clock.now + 2 * 3600
    while clock.now < client.away_until + 60:
        assert follower.turn() is None
    assert [line.partition(",")[0] for line in said[1:]] == [
        "away; tried again",
        "the whole document",  # in which the changes of two hours come
        "all is well again",
    ]
    asked = [moment for moment in client.asked_at if moment < client.away_until]
    assert len(asked) <= 2 * 3600 / 30 + 2, "a question every thirty seconds"


def test_an_api_that_stays_away_is_given_up_at_last(clock: Clock) -> None:
    follower, _ = _follower(clock, TransientError("away"))
    follower.start(KEPT)
    began = clock.now
    assert _until_given_up(follower).exit_code == 1
    assert API_SECONDS <= clock.now - began <= API_SECONDS + 60


def test_patience_begins_with_the_take_over(clock: Clock) -> None:
    follower, client = _follower(clock, TransientError("away"))
    follower.start(None)
    follower.turn()
    clock.sleep(3600)  # as a standby
    follower.start(None)
    _until_given_up(follower)
    assert len(client.asked_at) > 15


def test_an_api_that_wants_to_be_left_alone_is_left_alone(clock: Clock) -> None:
    follower, client = _follower(clock, ApiAwayError("busy", 120.0), ApiAwayError("busy", 500.0))
    follower.start(None)
    assert _until_given_up(follower).exit_code == 1
    assert client.asked_at == [1000.0, 1120.0]
    assert clock.now == 1120.0, "it would be too late"


def test_a_game_that_was_there_is_worth_a_retry_though_the_api_knows_it_no_more(clock: Clock) -> None:
    unknown, _ = _follower(clock, BadInputError("404"))
    unknown.start(None)
    assert _until_given_up(unknown).exit_code == 2
    known, client = _follower(clock, BadInputError("404"))
    known.start(KEPT)
    assert _until_given_up(known).exit_code == 1
    assert len(client.asked_at) > 30


@dataclass
class _Ahead:
    """A channel that told of a revision which the API does not show yet."""

    clock: Clock
    works = True
    told: bool = False

    def is_ahead_of(self, _: str) -> bool:
        return True

    def told_after(self, _: str) -> None:
        pass

    def wait(self, _: str, until: float) -> Notification | None:
        if not self.told:
            self.told = True
            return Notification("20260702_010010", "1")
        self.clock.sleep(max(until - self.clock.now, 0))
        return None

    def reached(self, _: str) -> None:
        pass

    def close(self) -> None:
        pass


class _Behind(Unanswered):
    """A client whose answers hold nothing new; until a moment it has none."""

    away_until = float("-inf")

    def whole(self) -> Any:
        self._ask()
        return SimpleNamespace(content=KEPT.content, capture=SimpleNamespace(captured_at=MOMENT))

    def changes(self, _: str, __: str | None, **___: bool) -> Any:
        self._ask()
        return SimpleNamespace(content=[])

    def _ask(self) -> None:
        self.asked_at.append(self.clock.now)
        if self.clock.now < self.away_until:
            raise TransientError("away")


def test_what_the_channel_told_of_is_asked_for_again_soon(clock: Clock) -> None:
    client = _Behind(clock, [])
    follower = _follower_of(client, _Ahead(clock))
    follower.start(KEPT)
    for _ in range(8):
        follower.turn()
    pauses = [later - earlier for earlier, later in pairwise(client.asked_at)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]


class _Refreshing(_Ahead):
    """A channel that says all the time that the whole is to be asked for."""

    def wait(self, _: str, until: float) -> Notification | None:
        self.clock.sleep(0.1)
        return Notification("20260702_010010", "1", whole=True)


class _Whole(Unanswered):
    """A client that answers with whole documents."""

    def whole(self) -> Any:
        self.asked_at.append(self.clock.now)
        content = KEPT.content
        return SimpleNamespace(content=content, capture=SimpleNamespace(captured_at=MOMENT + timedelta(hours=1)))


def test_a_channel_that_asks_for_whole_documents_gets_them_no_faster_than_by_polling(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = _Whole(clock, [])
    follower = _follower_of(client, _Refreshing(clock))
    monkeypatch.setattr(follower, "_keep", lambda *_: None)
    follower.start(KEPT)
    for _ in range(8):
        follower.turn()
    assert len(client.asked_at) == 4
    assert min(later - earlier for earlier, later in pairwise(client.asked_at)) > 9.9


class _Away(CaptureBuffer):
    """A buffer whose database comes back at a moment."""

    def __init__(self, clock: Clock, back_at: float) -> None:
        super().__init__(KeptConnection(), Patience(600, print))
        self._clock, self._back_at = clock, back_at
        self.caught_up_at: float | None = None
        self._waiting.append(cast(ReceivedCapture, None))

    def catch_up(self) -> BadInputError | None:
        if self._clock.now >= self._back_at and self.is_behind:
            self._waiting.clear()
            self.caught_up_at = self._clock.now
        return None


def test_what_waits_for_the_database_is_kept_once_that_is_back_though_nothing_is_asked_for(clock: Clock) -> None:
    client, buffer = _Behind(clock, []), _Away(clock, back_at=clock.now + 5)
    patches = load_mapping("game.live_game_v1").patches
    assert patches is not None
    follower = Follower(patches, cast(DocumentClient, client), buffer, NoNotifications(), print)
    follower.start(KEPT)
    follower.turn()  # asks at once
    follower.turn()  # waits ten seconds
    assert client.asked_at[1] - client.asked_at[0] == 10
    assert buffer.caught_up_at is not None
    assert buffer.caught_up_at - client.asked_at[0] <= 6


def test_what_waits_for_the_database_is_kept_while_the_whole_document_is_waited_for(clock: Clock) -> None:
    client, buffer = Unanswered(clock, [ApiAwayError("503", retry_after=60.0)]), _Away(clock, back_at=clock.now + 5)
    patches = load_mapping("game.live_game_v1").patches
    assert patches is not None
    follower = Follower(patches, cast(DocumentClient, client), buffer, NoNotifications(), print)
    follower.start(KEPT)
    follower.turn()  # asks at once, in vain
    follower.turn()  # waits a minute for the whole
    assert client.asked_at[1] - client.asked_at[0] >= 60
    assert buffer.caught_up_at is not None
    assert buffer.caught_up_at - client.asked_at[0] <= 6


class _Refusing(CaptureBuffer):
    """A buffer whose database says these things, one after the other, before it takes what waits."""

    def __init__(self, *says: PlatformError) -> None:
        super().__init__(KeptConnection(), Patience(600, print))
        self._says = list(says)
        self.stored: list[ReceivedCapture] = []

    def _store(self, received: ReceivedCapture) -> None:
        if self._says:
            raise self._says.pop(0)
        self.stored.append(received)


def test_what_postgresql_does_not_take_for_now_waits_and_only_what_it_cannot_hold_is_dropped() -> None:
    first, second = cast(ReceivedCapture, "first"), cast(ReceivedCapture, "second")
    no_right = BadInputError("PostgreSQL: permission denied; ask its owner for the right")
    buffer = _Refusing(no_right, TransientError("PostgreSQL: away"), UnstorableError("jsonb cannot hold it"))
    buffer.keep(first)
    buffer.keep(second)
    assert buffer.catch_up() is None
    assert buffer.catch_up() is None
    assert buffer.is_behind
    assert isinstance(buffer.catch_up(), UnstorableError)
    assert not buffer.is_behind
    assert buffer.stored == [second]
