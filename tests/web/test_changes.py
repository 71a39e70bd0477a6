"""Who listens for changes hears of those that are ours, whatever else is in Redis or goes wrong; and of the end."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType

import pytest

from mlb_data_platform.live.serve.redis_cache import connect
from mlb_data_platform.settings import settings
from mlb_data_platform.web import events
from mlb_data_platform.web.changes import Changes, Listener
from mlb_data_platform.web.events import Parts, event_stream

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("platform")]

ENTRIES_OF_OTHERS: list[dict[str, str]] = [{"kind": "score"}, {"game_pk": ""}, {"game_pk": "the last one"}]


async def hears(changes: Changes) -> None:
    """Wait until Redis answers."""
    async with asyncio.timeout(20):
        while not changes.hears:
            await asyncio.sleep(0.05)


async def woken(listener: Listener) -> float:
    """After how many seconds a listener is woken, who was not to be yet."""
    began = time.monotonic()
    assert await listener.wait()
    return time.monotonic() - began


def test_entries_that_are_not_ours_are_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    async def heard() -> list[set[int] | None]:
        changes = Changes()
        rung: list[set[int] | None] = []
        async with changes.listener(7) as listener:
            await hears(changes)
            listener.ring = rung.append  # type: ignore[method-assign]
            redis = connect(settings(), seconds=5)
            for fields in [*ENTRIES_OF_OTHERS, {"game_pk": "7"}]:
                redis.xadd("game:changes", fields)  # type: ignore[arg-type]
            redis.close()
            async with asyncio.timeout(20):
                while {7} not in rung:
                    await asyncio.sleep(0.05)
            assert changes.hears
        return rung

    assert None not in asyncio.run(heard()), "it did not begin anew"
    assert not caplog.records


def test_an_error_that_nobody_expected_is_logged_once_and_it_is_tried_again(
    platform: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = json.loads(platform["AIRFLOW_CONN_MLB_REDIS"]) | {"port": 99999}

    async def listens() -> None:
        changes = Changes()
        with monkeypatch.context() as patch:
            patch.setenv("AIRFLOW_CONN_MLB_REDIS", json.dumps(wrong))
            async with changes.listener() as listener:
                await asyncio.sleep(2.5)  # it has tried again by then
                assert not changes.hears
                assert max([await woken(listener) for _ in range(4)]) < 1, "the tables are looked at all the same"
                patch.undo()
                await hears(changes)
        await changes.close()

    asyncio.run(listens())
    (said,) = [record for record in caplog.records if record.levelno >= logging.ERROR and "Ballpark" in record.message]
    assert "does not hear of changes" in said.message
    assert said.exc_info


async def stream_of(changes: Changes, look: Callable[[], Awaitable[Parts]]) -> list[str]:
    """All that comes through a stream of events until it ends."""
    response = await event_stream(changes, "", look)
    async with asyncio.timeout(20):
        return [str(each) async for each in response.body_iterator]


async def nothing_new() -> Parts:
    return Parts("slate", {})


def test_a_stream_ends_once_rights_are_to_be_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_LASTS_SECONDS", 0.2)
    assert asyncio.run(stream_of(Changes(), nothing_new)) == [": here\n\n"]


@pytest.fixture
def servers_own() -> Iterator[list[int]]:
    """The signals that the server itself is told of; its handlers stood there before the page's."""
    told: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        told.append(number)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    yield told
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_streams_end_as_soon_as_the_server_is_told_to(servers_own: list[int], number: int) -> None:
    async def ends() -> float:
        changes = Changes()
        streams = [asyncio.create_task(stream_of(changes, nothing_new)) for _ in range(3)]
        await hears(changes)  # a listener waits up to five seconds from then on
        began = time.monotonic()
        signal.raise_signal(number)
        await asyncio.gather(*streams)
        return time.monotonic() - began

    assert asyncio.run(ends()) < 1
    assert servers_own == [number]
