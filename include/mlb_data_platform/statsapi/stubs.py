"""Stub modes: answers that are recorded on the way (`capture`) or come from recordings (`replay`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.settings import Settings
from statsapi_simulator.errors import InputError
from statsapi_simulator.recordings import Query, Recordings, record

Keep = Callable[[str, bytes, datetime], None]


def transport(settings: Settings) -> httpx.BaseTransport | None:
    """Return what answers in the place of the network; None where the network itself does."""
    if settings.stub_mode == "replay":
        return ReplayTransport(settings.mlb_recordings or settings.recordings_out)
    return None


def keeper(settings: Settings) -> Keep:
    """Return what is done with each answer that is taken (path and query, exact bytes, moment): recorded, or nothing.

    It raises BadInputError where nothing can be recorded.
    """
    if settings.stub_mode != "capture":
        return lambda *_: None

    def keep(target: str, body: bytes, captured_at: datetime) -> None:
        try:
            record(settings.recordings_out, target, body, captured_at)
        except OSError as error:
            reason = f"{settings.recordings_out}: {target} cannot be recorded: {error.strerror}"
            raise BadInputError(f"{reason}; PYMLB_STATSAPI__BASE_FILE_PATH names the folder") from None
        except InputError as error:
            raise BadInputError(str(error)) from None

    return keep


def recordings_of(folder: Path) -> Recordings:
    """Return the recordings of `folder`. Raises BadInputError for a folder without a readable manifest."""
    try:
        return Recordings([folder])
    except InputError as error:
        raise BadInputError(str(error)) from None


class ReplayTransport(httpx.BaseTransport):
    """Answers from the recordings in `folder`. Raises BadInputError for a request nobody recorded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recordings = recordings_of(folder)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        recording = self._recordings.find(Query.parse(target))
        if recording is None:
            raise BadInputError(f"{target}: nothing in {self._folder} answers it; record it with --stub-mode capture")
        return httpx.Response(recording.status_code, content=recording.body())
