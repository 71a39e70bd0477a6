"""Where notifications arrive in tests: a webhook and a mail server, as small as they can be, each in a thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from typing import Any


class Webhook:
    """Takes what is posted; `answers` is the status that it answers with."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.answers = 200
        self.port = 0

    @property
    def texts(self) -> list[str]:
        """The texts that were posted, in order."""
        return [body["text"] for _, body in self.posted]

    def connection(self, secret: str = "T0/B0/s3cret") -> str:
        """An Airflow connection that leads here, as JSON: the form of AIRFLOW_CONN_* variables."""
        return json.dumps({"conn_type": "http", "host": f"http://127.0.0.1:{self.port}/services", "password": secret})


class Mailbox:
    """Takes what is mailed."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.port = 0

    def connection(self) -> str:
        """An Airflow connection that leads here, as JSON."""
        extra = {
            "disable_ssl": True,
            "disable_tls": True,
            "from_email": "airflow@example.org",
            "to": "data@example.org",
        }
        return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": self.port, "extra": extra})


@contextmanager
def webhook() -> Iterator[Webhook]:
    """Give a webhook that listens."""
    sink = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sink.posted.append((self.path, body))
            self.send_response(sink.answers)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with _served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as sink.port:
        yield sink


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Give a mail server that listens, and speaks as much of SMTP as a mail takes."""
    sink = Mailbox()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline():
                match line.split()[0].upper() if line.split() else b"":
                    case b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        sink.mails.append(message_from_bytes(self._body(), policy=default))
                    case b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                self.wfile.write(b"250 fine\r\n")

        def _body(self) -> bytes:
            lines = iter(self.rfile.readline, b".\r\n")
            return b"".join(line.removeprefix(b".") for line in lines)

    with _served(ThreadingTCPServer(("127.0.0.1", 0), Handler)) as sink.port:
        yield sink


@contextmanager
def _served(server: TCPServer) -> Iterator[int]:
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()
