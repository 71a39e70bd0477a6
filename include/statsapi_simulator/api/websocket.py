"""A WebSocket on a connection of the HTTP server: what is said on it comes from a Channel."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector
from typing import Protocol

from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

GOING_AWAY, INTERNAL_ERROR = 1001, 1011
WITHOUT_A_WORD = 1006  # what clients call the end of a connection without a close frame
_LONGEST_FAREWELL = 1.0  # seconds
_CHUNK = 65_536


@dataclass(frozen=True)
class Turn:
    """What the server says now. It has its turn again after `wait` seconds; None: not before it is woken.

    With a `close` code it ends the connection after that.
    """

    texts: Sequence[str] = ()
    wait: float | None = None
    close: int | None = None


class Channel(Protocol):
    """What one client is told."""

    def turn(self) -> Turn:
        """Return what is to be said now."""

    def woken(self, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Call `wake` from any thread, while the block runs, when it should have its turn at once."""


def converse(connection: socket.socket, handshake: Request, channel: Channel) -> None:
    """Talk until one of the two ends it. A handshake that is none is answered as HTTP has it, 426 for one.

    What the client says is taken and ignored; its pings are answered. Raises ConnectionError if it goes away.
    """
    protocol = ServerProtocol()
    protocol.receive_data(handshake.serialize())
    protocol.events_received()
    protocol.send_response(protocol.accept(handshake))
    _send(connection, protocol)
    near, far = socket.socketpair()
    with near, far, DefaultSelector() as selector, channel.woken(lambda: _nudge(far)):
        near.setblocking(False)
        far.setblocking(False)
        selector.register(connection, EVENT_READ)
        selector.register(near, EVENT_READ)
        while protocol.state is State.OPEN:
            turn = channel.turn()
            for text in turn.texts:
                protocol.send_text(text.encode())
            _send(connection, protocol)
            if turn.close == WITHOUT_A_WORD:
                return
            if turn.close is not None:
                protocol.send_close(turn.close)
                break
            for key, _ in selector.select(turn.wait):
                if key.fileobj is near:
                    near.recv(_CHUNK)
                else:
                    _receive(connection, protocol)
    _send(connection, protocol)
    _wait_for_farewell(connection, protocol)


def _nudge(far: socket.socket) -> None:
    try:
        far.send(b".")
    except BlockingIOError:  # so many nudges lie there that one more says nothing new
        return


def _receive(connection: socket.socket, protocol: ServerProtocol) -> None:
    data = connection.recv(_CHUNK)
    if data:
        protocol.receive_data(data)
    else:
        protocol.receive_eof()
    protocol.events_received()


def _send(connection: socket.socket, protocol: ServerProtocol) -> None:
    for data in protocol.data_to_send():
        if data:
            connection.sendall(data)
        else:
            with suppress(OSError):  # the client was faster and has hung up
                connection.shutdown(socket.SHUT_WR)


def _wait_for_farewell(connection: socket.socket, protocol: ServerProtocol) -> None:
    """Let the client answer the close frame before the connection goes."""
    connection.settimeout(_LONGEST_FAREWELL)
    while protocol.close_expected():
        try:
            _receive(connection, protocol)
        except TimeoutError:
            return
        _send(connection, protocol)
