"""The forms in which a response is kept: in columns of its raw row, or in an object of the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import zstandard

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.storage.archive_records import Record, decode


class LostContentError(BadInputError):
    """A raw row has left its content to the archive, which does not give it back: that is no fault of the response."""


class StoredBody(Protocol):
    """A response, however it is kept."""

    @property
    def exact(self) -> bytes:
        """Its exact bytes, or the text of `data` where it came without them.

        Raises LostContentError where it was left to the archive and is damaged or gone there, BadInputError where it is
        damaged otherwise.
        """


@dataclass(frozen=True)
class PlainBody:
    """The bytes themselves."""

    exact: bytes


@dataclass(frozen=True)
class PackedBody:
    """What column `body` holds."""

    packed: bytes

    @property
    def exact(self) -> bytes:
        return unpacked(self.packed)


@dataclass(frozen=True)
class ArchivedBody:
    """An object of the archive that holds one capture: it is unpacked when somebody needs it, and not before."""

    key: str
    container: bytes

    @property
    def exact(self) -> bytes:
        try:
            (record,) = decode(self.key, self.container)
        except BadInputError as error:
            raise LostContentError(str(error)) from None
        return content(record)


@dataclass(frozen=True)
class LostBody:
    """A response that is not where its row says."""

    reason: str

    @property
    def exact(self) -> bytes:
        raise LostContentError(self.reason)


def content(record: Record) -> bytes:
    """Return the response that a record of the archive holds."""
    body: bytes | None = record["body"]
    return str(record["data"]).encode() if body is None else body


def packed(body: bytes) -> bytes:
    """Return what column `body` holds of the exact bytes of a response."""
    return zstandard.compress(body, level=1)


def unpacked(stored: bytes) -> bytes:
    """Return the exact bytes of a response from what column `body` holds. Raises BadInputError if that is not them."""
    try:
        return zstandard.decompress(stored)
    except zstandard.ZstdError as error:
        raise BadInputError(f"column body holds no zstd frame: {error}") from None
