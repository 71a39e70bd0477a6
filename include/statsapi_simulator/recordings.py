"""Folders of recorded responses: gzip'd bodies beside a `manifest.json` that says which request each answers."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from statsapi_simulator.errors import InputError

MANIFEST = "manifest.json"
_BRACKET = b"]\n"
_END = b"}\n" + _BRACKET  # of a manifest that can be added to

_TIMECODE = "timecode"
_NAMED_OUTSIDE_THE_URL = ("startTimecode",)


@dataclass(frozen=True)
class Query:
    """A request as recordings see it: the path and the parameters, in whatever order."""

    path: str
    parameters: frozenset[tuple[str, str]]

    @classmethod
    def parse(cls, target: str) -> Query:
        """Return the query of `target`, a URL or only its path and query."""
        parts = urlsplit(target)
        return cls(parts.path, frozenset(parse_qsl(parts.query, keep_blank_values=True)))

    def __getitem__(self, name: str) -> str:
        return dict(self.parameters).get(name, "")


@dataclass(frozen=True)
class Recording:
    """One recorded response. `time_stamp` is the feed's own (`YYYYMMDD_HHMMSS`), empty where it has none."""

    file: Path
    query: Query
    status_code: int = 200
    time_stamp: str = ""

    def zipped(self) -> bytes:
        """Return the body as it lies on disk, gzip'd."""
        return self.file.read_bytes()

    def body(self) -> bytes:
        """Return the exact bytes of the body."""
        return gzip.decompress(self.zipped())


class Recordings:
    """What one or more folders can answer. Raises InputError for a folder without a readable manifest."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._by_path: dict[str, list[Recording]] = {}
        for recording in (recording for folder in folders for recording in _load(folder)):
            self._by_path.setdefault(recording.query.path, []).append(recording)

    def __len__(self) -> int:
        return sum(map(len, self._by_path.values()))

    def __iter__(self) -> Iterator[Recording]:
        return (recording for recordings in self._by_path.values() for recording in recordings)

    def find(self, asked: Query) -> Recording | None:
        """Return the recording that answers `asked`, or None.

        It has the path, and every parameter its manifest names was asked for; further parameters are ignored. Of
        several the one with most parameters in common wins, then the newest `timeStamp`, which may not be later than
        a `timecode` that is asked for, then the one recorded last.
        """
        timecode = asked[_TIMECODE]
        fitting = [
            recording
            for recording in self._by_path.get(asked.path, ())
            if recording.query.parameters <= asked.parameters and not (timecode and recording.time_stamp > timecode)
        ]
        # max() keeps the first of equals; the later one in the manifest is the later capture.
        return max(reversed(fitting), key=lambda each: (len(each.query.parameters), each.time_stamp), default=None)


def record(folder: Path, target: str, body: bytes, captured_at: datetime) -> Path:
    """Add a good response to `folder`, which is made if need be, and to its manifest; return its file.

    The file is named for the moment and the content, so captures of one game lie side by side. What it costs does not
    grow with the folder. Safe when several processes record into one folder, and when one is killed.
    """
    query = Query.parse(target)
    name = f"{captured_at:%Y%m%dT%H%M%S%f}_{sha256(body).hexdigest()[:12]}.json.gz"
    file = folder / query.path.strip("/") / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(body, mtime=0))
    entry = {
        "file": file.relative_to(folder).as_posix(),
        "url": target,
        "status_code": HTTPStatus.OK,
        "captured_at": captured_at.isoformat(),
        **_described(body),
    }
    with _locked(folder):
        _add(folder / MANIFEST, entry)
    return file


def _add(manifest: Path, entry: dict[str, Any]) -> None:
    """Add `entry` as a line of its own, over the bracket that ends the manifest: it stays one JSON array."""
    if not _can_grow(manifest):
        _write(manifest, [*(_read(manifest) if manifest.exists() else []), entry])
        return
    with manifest.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # against those who read it, who may not write a lock of their own
        file.seek(-len(_BRACKET), os.SEEK_END)
        file.write(b"," + json.dumps(entry).encode() + b"\n" + _BRACKET)


def _can_grow(manifest: Path) -> bool:
    """Whether it is there, and neither laid out otherwise nor left without its end by a process that was killed."""
    if not manifest.exists():
        return False
    with manifest.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - len(_END), 0))
        return file.read() == _END


def _write(manifest: Path, entries: list[dict[str, Any]]) -> None:
    draft = manifest.with_suffix(".tmp")
    draft.write_bytes(b"[\n" + b"\n,".join(json.dumps(entry).encode() for entry in entries) + b"\n" + _BRACKET)
    draft.replace(manifest)


def _load(folder: Path) -> Iterator[Recording]:
    for entry in _read(folder / MANIFEST):
        if "url" in entry:  # a manifest also lists files nobody knows the request of
            query = Query.parse(entry["url"])
            named = {(name, entry[name]) for name in _NAMED_OUTSIDE_THE_URL if name in entry}
            yield Recording(
                folder / entry["file"],
                Query(query.path, query.parameters | named),
                entry.get("status_code", 200),
                entry.get("timeStamp", ""),
            )


def _read(manifest: Path) -> list[dict[str, Any]]:
    try:
        with manifest.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            entries = json.loads(_whole(file.read().rstrip()))
    except OSError as error:
        raise InputError(f"{manifest}: no recordings there: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{manifest}: not valid JSON: {error}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "file" in entry for entry in entries):
        raise InputError(f"{manifest}: must be a list of objects that have a 'file'")
    return entries


def _whole(manifest: bytes) -> bytes:
    """The manifest without the entry that a process was killed at as it added it."""
    before, comma, last = manifest.rpartition(b"\n,")
    return before + b"\n]" if comma and b"\n" not in last else manifest


class _MetaData(msgspec.Struct, rename="camel"):
    time_stamp: str | None = None


class _Feed(msgspec.Struct, rename="camel"):
    game_pk: int | None = None
    meta_data: _MetaData | None = None


def _described(body: bytes) -> dict[str, Any]:
    """What the manifest repeats of a body: enough to choose among captures of one game."""
    try:
        feed = msgspec.json.decode(body, type=_Feed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    described = {"gamePk": feed.game_pk, "timeStamp": feed.meta_data.time_stamp if feed.meta_data else None}
    return {name: value for name, value in described.items() if value is not None}


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
