"""An HTTP server, by default on the loopback interface; what it answers is a function from Request to Answer."""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Request as Handshake

from statsapi_simulator.api.websocket import Channel, converse

HOST = "127.0.0.1"
_DRIBBLES = 20


@dataclass(frozen=True)
class Request:
    """What was asked: `target` is path and query as sent; `zips` whether a gzip'd body is welcome.

    It is answered as it was `ago` simulated seconds before.
    """

    target: str
    method: str = "GET"
    zips: bool = False
    body: bytes = b""
    client: str = HOST
    ago: float = 0.0

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def parameters(self) -> dict[str, str]:
        """The query; of a parameter given twice the last."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    """A response. The body is sent as it is: gzip'd if the headers say so.

    With `cut_after` the connection ends after so many bytes of the body, whose whole length was announced; with `reset`
    it is reset before a byte is sent. `dribble_seconds` is how long the body takes. With a `channel` the
    connection becomes a WebSocket on which that is heard.
    """

    status: int = HTTPStatus.OK
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    delay_seconds: float = 0.0
    dribble_seconds: float = 0.0
    reset: bool = False
    channel: Channel | None = None


Source = Callable[[Request], Answer]


class HttpServer(ThreadingTCPServer):  # http.server's own asks DNS for the name of its address, which may take long
    """Listens on a port (0: a free one) of `host` and answers from `source`, a thread for each connection."""

    allow_reuse_address = True  # its port is free again as soon as it ended
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, source: Source, port: int = 0, host: str = HOST) -> None:
        self.source = source
        self.host = host
        super().__init__((host, port), _Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.server_address[1]

    @property
    def url(self) -> str:
        """Scheme, host and port: what clients are given as the address of the API."""
        return f"http://{self.host}:{self.port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; show anything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running(server: HttpServer) -> Iterator[str]:
    """Serve while the block runs, which is given the URL."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    server_version = "statsapi-simulator"
    protocol_version = "HTTP/1.1"  # keeps the pooled connections of clients open
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            target=self.path,
            method=self.command,
            zips="gzip" in self.headers.get("Accept-Encoding", ""),
            body=self.rfile.read(length),
            client=self.client_address[0],
        )
        self._send(self.server.source(request))

    do_GET = do_PUT = do_DELETE = _answer  # noqa: N815 - the names that http.server looks for

    def _send(self, answer: Answer) -> None:
        time.sleep(answer.delay_seconds)
        if answer.reset:
            return self._reset()
        if answer.channel is not None:
            return self._converse(answer.channel)
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json;charset=UTF-8", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = answer.body if answer.cut_after is None else answer.body[: answer.cut_after]
        self.close_connection |= answer.cut_after is not None
        if answer.dribble_seconds:
            return self._dribble(body, answer.dribble_seconds)
        self.wfile.write(body)
        return None

    def _dribble(self, body: bytes, seconds: float) -> None:
        size = len(body) // _DRIBBLES + 1
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            time.sleep(seconds / _DRIBBLES)

    def _converse(self, channel: Channel) -> None:
        self.close_connection = True
        converse(self.connection, Handshake(self.path, Headers(self.headers.items()), self.command), channel)

    def _reset(self) -> None:
        """Close without lingering: the client sees 'connection reset by peer'."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""
