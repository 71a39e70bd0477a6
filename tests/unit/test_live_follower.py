"""How long a follower has patience with an API that answers nothing of use, and how it ends then."""

from __future__ import annotations

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
from mlb_data_platform.live.follow.capture_buffer import CaptureBuffer
from mlb_data_platform.live.follow.document_client import DocumentClient
from mlb_data_platform.live.follow.follower import Follower
from mlb_data_platform.live.follow.notifications import NoNotifications, Notification, NotificationSource
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.statsapi.client import ApiAwayError
from mlb_data_platform.storage.database import KeptConnection

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

    def changes(self, _: str, __: str | None) -> Any:
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
    return clock


def _follower(clock: Clock, *errors: PlatformError) -> tuple[Follower, Unanswered]:
    client = Unanswered(clock, list(errors))
    return _follower_of(client, NoNotifications()), client


def _follower_of(client: Unanswered, channel: NotificationSource) -> Follower:
    patches = load_mapping("game.live_game_v1").patches
    assert patches is not None
    return Follower(patches, cast(DocumentClient, client), CaptureBuffer(KeptConnection(), print), channel, print)


def _until_given_up(follower: Follower) -> PlatformError:
    while True:
        try:
            assert follower.turn() is None
        except PlatformError as error:
            return error


def test_an_api_that_is_away_is_asked_for_five_minutes(clock: Clock) -> None:
    follower, client = _follower(clock, TransientError("away"))
    follower.start(None)
    assert str(_until_given_up(follower)) == "away"
    assert 300 < clock.now - client.asked_at[0] <= 310


def test_patience_begins_with_the_take_over(clock: Clock) -> None:
    follower, client = _follower(clock, TransientError("away"))
    clock.sleep(3600)  # as a standby
    follower.start(None)
    _until_given_up(follower)
    assert len(client.asked_at) > 30


def test_an_api_that_wants_to_be_left_alone_is_left_alone(clock: Clock) -> None:
    follower, client = _follower(clock, ApiAwayError("busy", 120.0), ApiAwayError("busy", 200.0))
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
    """A client whose answers hold nothing new."""

    def changes(self, _: str, __: str | None) -> Any:
        self.asked_at.append(self.clock.now)
        return SimpleNamespace(content=[])


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
