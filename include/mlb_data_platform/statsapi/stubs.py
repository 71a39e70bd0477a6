"""Stub modes: requests that are recorded on the way (`capture`) or answered from recordings (`replay`)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi.recordings import Query, Recordings, record


class CaptureTransport(httpx.BaseTransport):
    """Makes the requests of `inner` and records each good answer, its exact bytes, in `folder`."""

    def __init__(self, inner: httpx.BaseTransport, folder: Path) -> None:
        self._inner = inner
        self._folder = folder

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked_at = datetime.now(UTC)
        response = self._inner.handle_request(request)
        if response.status_code != httpx.codes.OK:
            return response
        body = response.read()
        self._folder.mkdir(parents=True, exist_ok=True)
        record(self._folder, request.url.raw_path.decode("ascii"), body, asked_at)
        return httpx.Response(response.status_code, content=body)

    def close(self) -> None:
        self._inner.close()


class ReplayTransport(httpx.BaseTransport):
    """Answers from the recordings in `folder`. Raises BadInputError for a request nobody recorded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recordings = Recordings([folder])

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        recording = self._recordings.find(Query.parse(target))
        if recording is None:
            raise BadInputError(f"{target}: nothing in {self._folder} answers it; record it with --stub-mode capture")
        return httpx.Response(recording.status_code, content=recording.body())


def transport(inner: httpx.BaseTransport, settings: Settings) -> httpx.BaseTransport:
    """Return `inner`, or what the stub mode puts before it or in its place."""
    match settings.stub_mode:
        case "capture":
            return CaptureTransport(inner, settings.recordings_out)
        case "replay":
            return ReplayTransport(settings.mlb_recordings or settings.recordings_out)
        case "passthrough":
            return inner
