"""An HTTP server that answers by URL from folders of recordings, and with what a test puts in their place."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from mlb_data_platform.statsapi.recordings import Query, Recordings

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """A response made up for a test. With `cut_after` the connection ends after so many bytes of the body."""

    status: int = HTTPStatus.OK
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    delay_seconds: float = 0.0


class RecordingsServer(ThreadingHTTPServer):
    """Listens on a loopback port (0: a free one). A list given as `asked` receives path and query of each request.

    `answers` come before the recordings: by path and query, each a sequence that is given in order, its last for
    ever. A key without a query answers that path with any query.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        folders: Sequence[Path] = (),
        answers: Mapping[str, Sequence[Answer]] | None = None,
        asked: list[str] | None = None,
        port: int = 0,
    ) -> None:
        self.recordings = Recordings(folders)
        self.asked = asked
        self._answers = [(Query.parse(target), list(given)) for target, given in (answers or {}).items()]
        self._lock = Lock()
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        """Scheme, host and port: what MLB_STATSAPI_BASE_URL must be."""
        return f"http://{HOST}:{self.server_port}"

    def made_up(self, asked: Query) -> Answer | None:
        """Return the next answer that a test has for `asked`, or None."""
        with self._lock:
            for query, given in self._answers:
                if query.path == asked.path and query.parameters <= asked.parameters:
                    return given.pop(0) if len(given) > 1 else given[0]
        return None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; show anything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(
    folders: Sequence[Path] = (),
    answers: Mapping[str, Sequence[Answer]] | None = None,
    asked: list[str] | None = None,
) -> Iterator[str]:
    """Serve on a free port while the block runs, which is given the URL; see RecordingsServer for the arguments."""
    server = RecordingsServer(folders, answers, asked)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: RecordingsServer
    server_version = "mlb-recordings"
    protocol_version = "HTTP/1.1"  # keeps the pooled connections of our client open
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def do_GET(self) -> None:
        if self.server.asked is not None:
            self.server.asked.append(self.path)
        asked = Query.parse(self.path)
        if answer := self.server.made_up(asked):
            self._send_answer(answer)
        elif recording := self.server.recordings.find(asked):
            zips = "gzip" in self.headers.get("Accept-Encoding", "")
            body = recording.zipped() if zips else recording.body()
            self._send(recording.status_code, body, {"Content-Encoding": "gzip"} if zips else {})
        else:
            # The shape of the API's own "not found", FEED 46.
            message = {"messageNumber": 2, "message": f"Nothing recorded for {self.path}"}
            self._send(HTTPStatus.NOT_FOUND, json.dumps(message).encode(), {})

    def _send_answer(self, answer: Answer) -> None:
        time.sleep(answer.delay_seconds)
        self._send(answer.status, answer.body, answer.headers, answer.cut_after)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], cut_after: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json;charset=UTF-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut_after is None else body[:cut_after])
        self.close_connection |= cut_after is not None

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""
