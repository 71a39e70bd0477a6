"""A Stats API that answers by URL from folders of recordings, and with what a test puts in their place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path
from threading import Lock

from statsapi_simulator.api.http import HOST, Answer, HttpServer, Request, running
from statsapi_simulator.recordings import Query, Recordings

__all__ = ["Answer", "RecordingsServer", "serve"]


class RecordingsServer(HttpServer):
    """Listens on a port (0: a free one) of `host`. A list given as `asked` receives path and query of each request.

    `answers` come before the recordings: by path and query, each a sequence that is given in order, its last for
    ever. A key without a query answers that path with any query.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (),
        answers: Mapping[str, Sequence[Answer]] | None = None,
        asked: list[str] | None = None,
        port: int = 0,
        host: str = HOST,
    ) -> None:
        self.recordings = Recordings(folders)
        self._asked = asked
        self._answers = [(Query.parse(target), list(given)) for target, given in (answers or {}).items()]
        self._lock = Lock()
        super().__init__(self.answer, port, host)

    def answer(self, request: Request) -> Answer:
        """Return what a test has for the request, else its recording, else the API's own "not found"."""
        if self._asked is not None:
            self._asked.append(request.target)
        asked = Query.parse(request.target)
        if made_up := self._made_up(asked):
            return made_up
        if recording := self.recordings.find(asked):
            if request.zips:
                return Answer(recording.status_code, recording.zipped(), {"Content-Encoding": "gzip"})
            return Answer(recording.status_code, recording.body())
        message = {"messageNumber": 2, "message": f"Nothing recorded for {request.target}"}
        return Answer(HTTPStatus.NOT_FOUND, json.dumps(message).encode())

    def _made_up(self, asked: Query) -> Answer | None:
        with self._lock:
            for query, given in self._answers:
                if query.path == asked.path and query.parameters <= asked.parameters:
                    return given.pop(0) if len(given) > 1 else given[0]
        return None


def serve(
    folders: Sequence[Path] = (),
    answers: Mapping[str, Sequence[Answer]] | None = None,
    asked: list[str] | None = None,
) -> AbstractContextManager[str]:
    """Serve on a free port while the block runs, which is given the URL; see RecordingsServer for the arguments."""
    return running(RecordingsServer(folders, answers, asked))
