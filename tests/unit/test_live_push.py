"""The push channel's address, which a person types, what counts as news, and how often one that ends is tried again."""

from __future__ import annotations

import json
import time
from itertools import count
from queue import Queue
from threading import Thread
from types import SimpleNamespace

import pytest
from websockets.sync.server import ServerConnection, serve

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.live.follow import push as module
from mlb_data_platform.live.follow.notifications import Notification
from mlb_data_platform.live.follow.push import PushChannel
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.raw_endpoint import Push

SPEED = 1_000_000.0


def _push() -> Push:
    patches = load_mapping("game.live_game_v1").patches
    assert patches is not None
    assert patches.push is not None
    return patches.push


@pytest.mark.parametrize(
    "url", ["ws://host:99999/push", "ws://host:port/push", "ws://[host/push", "ws://user@host/push"]
)
def test_an_address_that_is_none_is_bad_input(url: str) -> None:
    with pytest.raises(BadInputError, match="MLB_PUSH_URL: "):
        PushChannel(url, _push(), lambda: None, print)


@pytest.mark.parametrize(("tells", "longest"), [(True, 1.0), (False, 60.0)])
def test_a_channel_that_tells_nothing_is_tried_less_and_less_often(
    tells: bool, longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: Queue[float] = Queue()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=time.monotonic, sleep=pauses.put))
    revisions = count(20260702_010000)

    def speak(connection: ServerConnection) -> None:
        connection.send(connection.recv())
        if tells:
            connection.send(json.dumps({"timeStamp": str(next(revisions))}))

    with serve(speak, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/push"
        channel = PushChannel(url, _push(), lambda: None, lambda _: None, SPEED)
        channel.wait("", time.monotonic())
        seconds = [pauses.get(timeout=30) * SPEED for _ in range(8)]
        channel.close()
        server.shutdown()
    assert longest / 2 <= seconds[-1] <= longest


FIRST, SECOND = "20260702_010000", "20260702_010010"


@pytest.mark.parametrize(
    ("told", "news"),
    [
        ([(FIRST, "new_entry"), (FIRST, "new_entry")], []),
        ([(SECOND, "new_entry"), (FIRST, "new_entry"), (SECOND, "new_entry")], [(SECOND, False)]),
        ([(FIRST, "new_entry"), (FIRST, "full_refresh"), (FIRST, "full_refresh")], [(FIRST, True)]),
        ([(SECOND, "full_refresh"), (SECOND, "new_entry")], [(SECOND, True)]),
    ],
    ids=["what is known", "what is later", "all, of what is known, once", "all, of what is later"],
)
def test_news_is_a_later_revision_or_that_all_is_to_be_asked_for(
    told: list[tuple[str, str]], news: list[tuple[str, bool]]
) -> None:
    said: Queue[str] = Queue()

    def speak(connection: ServerConnection) -> None:
        connection.recv()
        for number, (revision, change) in enumerate(told):
            connection.send(
                json.dumps({"timeStamp": revision, "updateId": str(number), "changeEvent": {"type": change}})
            )
            said.put(revision)
        connection.recv()

    heard: list[Notification] = []
    with serve(speak, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/push"
        channel = PushChannel(url, _push(), lambda: None, lambda _: None)
        if found := channel.wait(FIRST, time.monotonic()):  # it listens from now on
            heard.append(found)
        for _ in told:
            said.get(timeout=30)
        # What is to come may take its time on a busy machine; that nothing more comes is waited for a moment.
        while found := channel.wait(FIRST, time.monotonic() + (30 if len(heard) < len(news) else 0.3)):
            heard.append(found)
        channel.close()
        server.shutdown()
    assert [(each.revision, each.whole) for each in heard] == news
