"""Sessions of PostgreSQL whose other end is gone without a word."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from threading import Event, Thread

import pytest

from mlb_data_platform.errors import TransientError
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import KeptConnection, connect
from statsapi_simulator.replay import Answer, serve
from tests.conftest import Cli, Database
from tests.integration.support import body
from tests.synthetic import feed

GAME_PK = 970_001


def test_both_ends_notice_within_a_minute_that_the_other_is_gone(database: Database) -> None:
    """Else the lock of a follower on a machine that is gone would keep its game from the next one for two hours."""
    with connect(database.dsn) as connection:
        ours = connection.info.get_parameters()
        for keepalive in ("idle", "interval", "count"):
            theirs = connection.execute("SELECT current_setting(%s)", (f"tcp_keepalives_{keepalive}",)).fetchone()
            assert theirs == (ours[f"keepalives_{keepalive}"],)
    assert int(ours["keepalives_idle"]) + int(ours["keepalives_interval"]) * int(ours["keepalives_count"]) <= 30
    assert int(ours["tcp_user_timeout"]) <= 60_000


class Road:
    """Leads to PostgreSQL until it is blocked: from then on nothing arrives, and nobody is told."""

    def __init__(self, database: Database) -> None:
        self._to = database.environment["POSTGRES_HOST"], int(database.environment["POSTGRES_PORT"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.blocked = Event()
        self._travellers: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for each in self._travellers:
            with suppress(OSError):  # its other end was faster
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while not self.blocked.is_set():
            here = self._listener.accept()[0]
            there = socket.create_connection(self._to)
            self._travellers += here, there
            for source, sink in ((here, there), (there, here)):
                Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        while (data := source.recv(65536)) and not self.blocked.is_set():
            sink.sendall(data)


@pytest.fixture
def road(database: Database) -> Iterator[Road]:
    road = Road(database)
    yield road
    road.close()


@pytest.mark.parametrize("speed", [pytest.param(1, id="between its turns"), pytest.param(1000, id="asking PostgreSQL")])
def test_a_follower_ends_when_it_is_told_to_though_nothing_comes_from_postgresql(
    speed: int, mlb_etl: Cli, road: Road
) -> None:
    document = {**feed(GAME_PK, state="In Progress"), "metaData": {"wait": 10, "timeStamp": "20260702_010000"}}
    path = f"/api/v1.1/game/{GAME_PK}/feed/live"
    with serve([], {path: [Answer(body=body(document))]}) as url:
        environment = {
            "POSTGRES_PORT": str(road.port),
            "MLB_STATSAPI_BASE_URL": url,
            "MLB_CLOCK_SPEED": str(speed),
        }
        follower = mlb_etl.start("live", "follow", "--game-pk", GAME_PK, **environment)
        assert follower.stderr is not None
        while "In Progress, revision" not in (line := follower.stderr.readline()):
            assert line, "it ended"
        time.sleep(1)
        road.blocked.set()
        time.sleep(1)  # by now it is in that state
        told = time.monotonic()
        follower.send_signal(signal.SIGTERM)
        _, err = follower.communicate(timeout=30)
    assert time.monotonic() - told < 9  # five on an idle machine; without care it is ten
    assert follower.returncode == 1
    assert "Traceback" not in err


def test_a_server_that_says_nothing_is_not_waited_for_with_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower asks PostgreSQL several times between two questions for the API."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("POSTGRES_HOST", "127.0.0.1")
        monkeypatch.setenv("POSTGRES_PORT", str(silent.getsockname()[1]))
        settings.cache_clear()
        kept = KeptConnection()
        for _ in range(3):
            with pytest.raises(TransientError, match="timeout expired"):
                kept.get()
        monkeypatch.undo()
        settings.cache_clear()
        assert _callers(silent) == 1


def _callers(listener: socket.socket) -> int:
    """How many have tried to connect."""
    listener.setblocking(False)
    for number in count():
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return number
    raise AssertionError
