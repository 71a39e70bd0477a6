"""The push channel: what subscribers are told, when, at any speed of the clock, and when it does not work."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

import httpx
import pytest
from tests.simulated_api import SEASON, game_of, league
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.faults import Fault, Kind
from statsapi_simulator.api.games import Games
from statsapi_simulator.api.http import running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.push import HEARTBEAT, Push, Subscription
from statsapi_simulator.api.server import LeagueServer
from statsapi_simulator.model import Fate

GAME = game_of(Fate.PLAYED, 900)
REVISIONS = league().games.course(GAME.game_pk).revisions
MIDDLE = REVISIONS[100]
SECOND = timedelta(seconds=1)
PATH = f"/api/v1/game/push/subscribe/gameday/{GAME.game_pk}"
HANDSHAKE = (
    f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()
CLOSE_FRAME = b"\x88\x80\x00\x00\x00\x00"  # masked, as a client's has to be
FIELDS = ["timeStamp", "gamePk", "updateId", "wait", "logicalEvents", "gameEvents", "changeEvent", "isDelay"]


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d_%H%M%S}"


def _subscribed(at: datetime, heartbeat_seconds: float = 3600.0) -> tuple[Clock, Subscription]:
    """A subscriber to the game since `at`, where time stands still."""
    clock = Clock(at)
    return clock, Push(league().games, clock, heartbeat_seconds).subscribe(GAME.game_pk)


def _told(subscription: Subscription) -> list[dict[str, Any]]:
    return [json.loads(text) for text in subscription.turn().texts]


# ---- What is told ----


def test_each_revision_after_the_subscription_is_told_as_the_feed_has_it() -> None:
    clock, subscription = _subscribed(MIDDLE)
    assert _told(subscription) == [], "the past"
    told = []
    for revision in REVISIONS[101:140]:
        clock.set(revision - SECOND / 10)
        assert _told(subscription) == [], "the future"
        clock.set(revision)
        messages = _told(subscription)
        told += messages
        assert [message["timeStamp"] for message in messages] in ([_stamp(revision)], [_stamp(revision)] * 2)
        meta_data = league().games.feed(GAME.game_pk, revision, revision)["metaData"]
        for message in messages:
            assert list(message) == FIELDS
            assert {name: message[name] for name in meta_data} == meta_data
    assert {message["gamePk"] for message in told} == {GAME.game_pk}
    assert len({message["updateId"] for message in told}) == len(told)


def test_all_subscribers_are_told_the_same_and_always_the_same() -> None:
    told = []
    for games in (league().games, Games(league().games.seed)):
        clock = Clock(MIDDLE)
        channels = [Push(games, clock).subscribe(GAME.game_pk) for _ in range(2)]
        clock.set(REVISIONS[110])
        told += [channel.turn().texts for channel in channels]
    assert told[0]
    assert all(each == told[0] for each in told)


@pytest.mark.unmeasured
def test_over_a_game_some_messages_come_twice_and_some_ask_for_the_whole_feed() -> None:
    clock, subscription = _subscribed(REVISIONS[0])
    told = []
    for revision in REVISIONS[1:]:
        clock.set(revision)
        told += _told(subscription)
    kinds = [message["changeEvent"]["type"] for message in told]
    assert set(kinds) == {"new_entry", "full_refresh"}
    assert kinds.count("full_refresh") < len(kinds) / 20
    same = [(one, other) for one, other in pairwise(told) if one["timeStamp"] == other["timeStamp"]]
    assert 0 < len(same) < len(told) / 10
    assert all({**one, "updateId": other["updateId"]} == other for one, other in same)
    states = {revision: league().games.course(GAME.game_pk).status(revision).code for revision in REVISIONS}
    finished = [message["timeStamp"] for message in told if "game_finished" in message["gameEvents"]]
    assert states[next(each for each in REVISIONS if _stamp(each) == finished[0])] == "O"


def test_a_delay_is_told() -> None:
    games = league().games
    delayed = next(
        (game.game_pk, status.since)
        for game in games.world(SEASON).schedule
        for status in games.course(game.game_pk).statuses
        if status.code == "IR"
    )
    game_pk, since = delayed
    at = games.course(game_pk).revision(since + SECOND)
    (message, *_) = Push(games, Clock(at)).messages(game_pk, at)
    assert json.loads(message)["isDelay"] is True
    (message, *_) = Push(games, Clock(MIDDLE)).messages(GAME.game_pk, MIDDLE)
    assert json.loads(message)["isDelay"] is False


@pytest.mark.parametrize(("start", "end"), [(100, 250), (250, 100)])
def test_where_no_patch_leads_one_message_asks_for_the_whole_feed(start: int, end: int) -> None:
    clock, subscription = _subscribed(REVISIONS[start])
    clock.set(REVISIONS[end])
    messages = _told(subscription)
    assert {(each["timeStamp"], each["changeEvent"]["type"]) for each in messages} == {
        (_stamp(REVISIONS[end]), "full_refresh")
    }
    clock.set(REVISIONS[end + 1])
    assert {each["timeStamp"] for each in _told(subscription)} == {_stamp(REVISIONS[end + 1])}


def test_who_waits_sleeps_until_there_is_something() -> None:
    clock = Clock(MIDDLE, speed=60)
    subscription = Push(league().games, clock, heartbeat_seconds=3600).subscribe(GAME.game_pk)
    wait = subscription.turn().wait
    assert wait is not None
    assert 0 <= wait <= (REVISIONS[101] - MIDDLE).total_seconds() / 60
    clock.set(MIDDLE, speed=0)
    wait = subscription.turn().wait
    assert wait is not None
    assert 3590 < wait <= 3600, "only the heartbeat"


# ---- Over a connection ----


@contextmanager
def _served(
    at: datetime, *faults: Fault, speed: float = 0.0, heartbeat_seconds: float = 3600.0
) -> Iterator[tuple[str, Clock]]:
    """A server whose clock stands at `at`, by its host and port."""
    clock = Clock(at, speed)
    server = LeagueServer(League(league().games.seed, SEASON, clock), faults)
    server.push.heartbeat_seconds = heartbeat_seconds
    with running(server) as url:
        yield url.removeprefix("http://"), clock


def _messages(channel: ClientConnection, count: int) -> list[dict[str, Any]]:
    return [json.loads(channel.recv(timeout=20)) for _ in range(count)]


def test_a_client_hears_of_a_change_and_reads_it() -> None:
    with _served(MIDDLE) as (host, clock), connect(f"ws://{host}{PATH}") as channel:
        assert channel.ping().wait(timeout=10), "answered: the channel listens"
        clock.set(REVISIONS[101])
        (message,) = _messages(channel, 1)
        assert message["timeStamp"] == _stamp(REVISIONS[101])
        asked = {"startTimecode": _stamp(MIDDLE), "pushUpdateId": message["updateId"], "language": "en"}
        patch = httpx.get(f"http://{host}/api/v1.1/game/{GAME.game_pk}/feed/live/diffPatch", params=asked).json()
        assert len(patch) == 1
        assert {"op": "replace", "path": "/metaData/timeStamp", "value": message["timeStamp"]} in patch[0]["diff"]


def test_a_clock_that_is_set_over_http_wakes_who_waits() -> None:
    with _served(MIDDLE) as (host, _), connect(f"ws://{host}{PATH}") as channel:
        assert channel.ping().wait(timeout=10)
        httpx.put(f"http://{host}/_simulator/clock", json={"now": REVISIONS[101].isoformat()})
        assert _messages(channel, 1)[0]["timeStamp"] == _stamp(REVISIONS[101])


def test_messages_come_by_themselves_while_the_clock_runs_and_none_too_early() -> None:
    with _served(MIDDLE, speed=600) as (host, clock), connect(f"ws://{host}{PATH}") as channel:
        for _ in range(10):
            (message,) = _messages(channel, 1)
            assert message["timeStamp"] <= _stamp(clock.now())


def test_heartbeats_come_in_between_and_the_clients_own_are_taken() -> None:
    with _served(MIDDLE, heartbeat_seconds=0.05) as (host, _), connect(f"ws://{host}{PATH}") as channel:
        channel.send(HEARTBEAT)
        assert [channel.recv(timeout=10) for _ in range(3)] == ["Gameday5"] * 3


def test_it_says_goodbye_when_it_ends_and_takes_a_goodbye() -> None:
    with ExitStack() as stack:
        with _served(MIDDLE) as (host, _):
            with connect(f"ws://{host}{PATH}") as left:
                assert left.ping().wait(timeout=10)
            assert left.close_code == 1000
            channel = stack.enter_context(connect(f"ws://{host}{PATH}"))
            assert channel.ping().wait(timeout=10)
        with pytest.raises(ConnectionClosedOK) as closed:
            channel.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


def test_nothing_is_said_of_clients_that_vanish(capfd: pytest.CaptureFixture[str]) -> None:
    with _served(MIDDLE) as (host, clock):
        for farewell in (b"", CLOSE_FRAME):
            for reset in (True, False):
                client = socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=10)
                client.sendall(HANDSHAKE)
                assert client.recv(1000).startswith(b"HTTP/1.1 101 ")
                client.sendall(farewell)
                if reset:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
        with connect(f"ws://{host}{PATH}") as other:
            assert other.ping().wait(timeout=10)
            clock.set(REVISIONS[101])
            assert _messages(other, 1)
    assert capfd.readouterr().err == ""


def test_an_unknown_game_is_refused_as_the_api_does() -> None:
    with _served(MIDDLE) as (host, _), pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{host}{PATH[:-8]}20269999")
    response = refused.value.response
    assert response.status_code == 404
    assert json.loads(response.body or b"") == {"messageNumber": 2, "message": "Game data couldn't be found"}


def test_who_does_not_speak_websocket_is_told_so() -> None:
    with _served(MIDDLE) as (host, _):
        assert httpx.get(f"http://{host}{PATH}").status_code == 426


def test_sixty_subscribers_cost_one_feed_for_each_revision() -> None:
    with _served(MIDDLE) as (host, clock), ExitStack() as stack:
        channels = [stack.enter_context(connect(f"ws://{host}{PATH}")) for _ in range(60)]
        assert all(channel.ping().wait(timeout=20) for channel in channels)
        before = time.process_time()
        time.sleep(1.0)
        waiting = time.process_time() - before
        clock.set(REVISIONS[101])
        told = [_messages(channel, 1)[0] for channel in channels]
    assert all(message == told[0] for message in told)
    assert waiting < 0.5, "seconds of CPU in a second in which nothing happened; measured 0.01"


# ---- Faults ----


@pytest.mark.parametrize("kind", [Kind.REFUSED, Kind.TOO_MANY, Kind.SERVER_ERROR, Kind.HTML])
def test_a_refusal_is_an_answer_of_http(kind: Kind) -> None:
    fault = Fault(kind=kind, game_pk=GAME.game_pk, times=1)
    with _served(MIDDLE, fault) as (host, _):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{host}{PATH}")
        with connect(f"ws://{host}{PATH}") as channel:
            assert channel.ping().wait(timeout=10)
    allowed = {Kind.REFUSED: {403, 503}, Kind.TOO_MANY: {429}, Kind.HTML: {200}}
    assert refused.value.response.status_code in allowed.get(kind, {500, 502, 503, 504})


def test_a_silent_channel_says_nothing_at_all() -> None:
    silent = Fault(kind=Kind.SILENT, path="push/subscribe", times=1)
    with (
        _served(MIDDLE, silent, heartbeat_seconds=0.05) as (host, clock),
        connect(f"ws://{host}{PATH}") as mute,
        connect(f"ws://{host}{PATH}") as sound,
    ):
        assert mute.ping().wait(timeout=10)
        assert sound.ping().wait(timeout=10)
        clock.set(REVISIONS[101])
        assert any(sound.recv(timeout=10) != HEARTBEAT for _ in range(50))
        with pytest.raises(TimeoutError):
            mute.recv(timeout=0.3)


def test_a_channel_may_be_dropped_after_some_messages() -> None:
    ends = set()
    with _served(MIDDLE, Fault(kind=Kind.DROPPED)) as (host, clock):
        for _ in range(8):
            clock.set(MIDDLE)
            with connect(f"ws://{host}{PATH}") as channel:
                assert channel.ping().wait(timeout=10)
                clock.set(REVISIONS[110])
                heard, code = _heard_to_the_end(channel)
            assert 1 <= heard <= 5
            ends.add(code)
    assert ends == {1011, None}, "with a close frame and without"


def _heard_to_the_end(channel: ClientConnection) -> tuple[int, int | None]:
    """How many messages came, and the code of the close frame; None: there was none."""
    for heard in count():
        try:
            channel.recv(timeout=10)
        except ConnectionClosedError as closed:
            return heard, closed.rcvd.code if closed.rcvd else None
    raise AssertionError("unreachable")


def test_each_message_may_come_twice() -> None:
    with _served(MIDDLE, Fault(kind=Kind.DUPLICATE)) as (host, clock), connect(f"ws://{host}{PATH}") as channel:
        assert channel.ping().wait(timeout=10)
        clock.set(REVISIONS[102])
        first, again, *_ = _messages(channel, 4)
    assert first["updateId"] != again["updateId"]
    assert {**first, "updateId": ""} == {**again, "updateId": ""}
