"""The responses of raw rows in the archive: each in an object of its own, or with others of its day in one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from threading import Lock
from typing import Any

from cachetools import LRUCache

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.storage.archive_records import Kind, decode, parsed
from mlb_data_platform.storage.bucket import MissingObjectError
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.stored_body import ArchivedBody, LostBody, PlainBody, StoredBody, content

_MOST_BYTES_REMEMBERED = 64_000_000  # of objects with many captures: those of an evening, which its games share

Identity = tuple[datetime, str | None, tuple[tuple[str, str | None], ...]]


class ArchivedContent:
    """Reads what raw rows have left to the archive; remembers the objects read last that hold more than one row."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._shared: LRUCache[str, dict[Identity, bytes]] = LRUCache(
            _MOST_BYTES_REMEMBERED, lambda records: sum(map(len, records.values()))
        )
        self._lock = Lock()  # of what is remembered: an ingest reads in threads

    def of(self, row: Mapping[str, Any]) -> StoredBody:
        """Return the response of a raw row with captured_at, content_sha256, object_key and natural_key.

        Raises TransientError when the object store does not answer, BadInputError when it does not accept the settings.
        """
        key: str = row["object_key"]
        with self._lock:
            remembered = self._shared.get(key)
        if remembered is not None:
            return _found(key, remembered, row)
        try:
            container = self._objects.get(key)
        except MissingObjectError as error:
            return LostBody(str(error))
        if parsed(key)[0] is Kind.CAPTURE:
            return ArchivedBody(key, container)
        try:
            records = {identity(record): content(record) for record in decode(key, container)}
        except BadInputError as error:
            return LostBody(str(error))
        with self._lock, suppress(ValueError):  # one that alone is too large is not remembered
            self._shared[key] = records
        return _found(key, records, row)


def _found(key: str, records: Mapping[Identity, bytes], row: Mapping[str, Any]) -> StoredBody:
    body = records.get(identity(row))
    return LostBody(f"{key}: does not hold the capture of {row['captured_at']}") if body is None else PlainBody(body)


def identity(record: Mapping[str, Any]) -> Identity:
    """Return what tells a capture whose content has a hash from any other of its endpoint."""
    return record["captured_at"], record["content_sha256"], tuple(sorted(as_texts(record["natural_key"]).items()))


def as_texts(natural_key: Mapping[str, Any]) -> dict[str, str | None]:
    """Return a natural key as the archive has it."""
    return {name: None if value is None else str(value) for name, value in natural_key.items()}
