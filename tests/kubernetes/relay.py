"""The way from Airflow to the API server, which a test can cut: to Airflow the server is away then."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer


class Relay(ThreadingTCPServer):
    """Passes bytes between a port of this machine and the API server at `target`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self._open: set[socket.socket] = set()
        self._away = threading.Event()
        super().__init__(("127.0.0.1", 0), _Connection)

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        return int(self.server_address[1])

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Break every connection and take no new one while the block runs."""
        self._away.set()
        for each in tuple(self._open):
            with suppress(OSError):  # the other side was quicker
                each.shutdown(socket.SHUT_RDWR)
        try:
            yield
        finally:
            self._away.clear()

    def verify_request(self, request: object, client_address: object) -> bool:
        """Turn away who comes while the way is cut."""
        return not self._away.is_set()

    def joined(self, ours: socket.socket, theirs: socket.socket) -> None:
        """Pass bytes both ways until one side ends."""
        ends = {ours, theirs}
        self._open |= ends
        back = threading.Thread(target=_pass, args=(theirs, ours), daemon=True)
        back.start()
        _pass(ours, theirs)
        back.join()
        self._open -= ends


class _Connection(BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as server:
            self.server.joined(self.request, server)


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # cut, or closed by either side
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay_to(target: tuple[str, int]) -> Iterator[Relay]:
    """Give a running relay."""
    with Relay(target) as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        try:
            yield relay
        finally:
            relay.shutdown()
