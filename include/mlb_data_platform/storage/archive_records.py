"""The archive's records: one per capture, sightings included, in Avro containers whose keys tell damage.

A capture that came with new bytes is an object of its own; what is archived after it was stored (sightings, rows that
somebody inserted with plain SQL) lies with others of its kind and day in one object, named by the hash of that object.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import Enum
from hashlib import sha256
from itertools import chain
from typing import Any, cast

from mlb_data_platform.errors import BadInputError, one_line
from mlb_data_platform.storage.capture import Capture, fingerprint, key_start

Record = dict[str, Any]

_MOMENT = {"type": "long", "logicalType": "timestamp-micros"}
RAW_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Response",
    "namespace": "mlb_data_platform.raw",
    "doc": "One capture: a response of the MLB Stats API at the moment it was asked for.",
    "fields": [
        {"name": "endpoint", "type": "string"},
        {"name": "method", "type": "string"},
        {"name": "schema_version", "type": ["null", "int"], "doc": "Of the mapping it was ingested with."},
        {"name": "natural_key", "type": {"type": "map", "values": ["null", "string"]}},
        {"name": "captured_at", "type": _MOMENT},
        {"name": "source_url", "type": ["null", "string"]},
        {"name": "request_params", "type": ["null", "string"], "doc": "A JSON object."},
        {"name": "status_code", "type": ["null", "int"]},
        {"name": "content_sha256", "type": ["null", "string"], "doc": "Of the exact decoded bytes, lower-case hex."},
        {"name": "body", "type": ["null", "bytes"], "default": None, "doc": "The exact decoded bytes."},
        {
            "name": "data",
            "type": ["null", "string"],
            "default": None,
            "doc": "Instead of body, of a row inserted without its bytes: the text of its JSONB.",
        },
        {
            "name": "further",
            "type": {"type": "map", "values": ["null", "string"]},
            "default": {},
            "doc": "What the raw table has beyond the columns of every raw table, as text.",
        },
        {
            "name": "stored_at",
            "type": ["null", _MOMENT],
            "default": None,
            "doc": "Of a sighting (neither body nor data): when the content it saw again was captured as a row.",
        },
    ],
}
_HEADER: dict[str, Any] = {
    "type": "record",
    "name": "Header",
    "fields": [
        {"name": "magic", "type": {"type": "fixed", "name": "Magic", "size": 4}},
        {"name": "meta", "type": {"type": "map", "values": "bytes"}},
        {"name": "sync", "type": {"type": "fixed", "name": "Sync", "size": 16}},
    ],
}
_CODEC = "deflate"  # the one codec every Avro reader has


class Kind(Enum):
    """What an object of the archive holds, in the order in which a raw tier is filled from them."""

    CAPTURE = "capture"
    ROWS = "rows"
    SIGHTINGS = "sightings"


_PROVENANCE = (
    "endpoint", "method", "schema_version", "natural_key", "captured_at", "source_url", "request_params", "status_code",
    "content_sha256",
)  # fmt: skip
_KEY = re.compile(
    r"""raw/[^/]+/[^/]+/date=(?P<day>\d{4}-\d\d-\d\d)/
        (?: [\d.]+-(?P<kind>rows|sightings)-(?P<container>[0-9a-f]{32})
          | [\d.]+-(?P<content>[0-9a-f]{64})-(?P<provenance>[0-9a-f]{16})
          | (?P<old_content>[0-9a-f]{64})  # once a day's captures of one content were one object
        )\.avro""",
    re.VERBOSE,
)
_FIRST_DAY, _END = date(1876, 1, 1), date(9999, 1, 1)  # as the raw tables have it


def parsed(key: str) -> tuple[Kind, date]:
    """Return what the object of this key holds, and the UTC day of all captures in it.

    Raises BadInputError where the archive writes no such keys.
    """
    match = _match(key)
    try:
        day = date.fromisoformat(match["day"])
    except ValueError as error:
        raise BadInputError(f"{key}: {error}") from None
    if not _FIRST_DAY <= day < _END:
        raise BadInputError(f"{key}: is no key of the archive: nothing is captured outside the years 1876 to 9998")
    return Kind(match["kind"] or "capture"), day


def _match(key: str) -> re.Match[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise BadInputError(f"{key}: is no key of the archive; what does not belong there must be moved away")
    return match


def encode(capture: Capture) -> bytes:
    """Return the container of one capture; the same capture always gives the same."""
    marker = bytes.fromhex(capture.content_sha256)[:16]
    return _container([{**capture.provenance, "body": capture.body}], sync_marker=marker)


def encode_all(kind: Kind, records: Iterator[Record]) -> tuple[str, bytes] | None:
    """Return key and container of records that are all of one endpoint and UTC day; None where there are none.

    The same records again are another container under another key, so that nothing in the archive is ever replaced.
    """
    first = next(records, None)
    if first is None:
        return None
    container = _container(chain([first], records))
    start = key_start(first["endpoint"], first["method"], first["captured_at"])
    return f"{start}-{kind.value}-{sha256(container).hexdigest()[:32]}.avro", container


def _container(records: Iterable[Record], sync_marker: bytes = b"") -> bytes:
    from fastavro import writer  # a transform spells keys, and reads no container

    container = io.BytesIO()
    writer(container, RAW_SCHEMA, records, codec=_CODEC, sync_marker=sync_marker)
    return container.getvalue()


def decode(key: str, container: bytes) -> list[Record]:
    """Return the records in the container that was read from under `key`.

    Raises BadInputError where they are not what was put there: the hashes in the key say so.
    """
    from fastavro import reader

    match = _match(key)
    if match["container"] and not (found := sha256(container).hexdigest()).startswith(match["container"]):
        raise BadInputError(f"{key}: damaged: the hash of the object is {found}")
    try:
        records = [cast(Record, each) for each in reader(io.BytesIO(container), reader_schema=RAW_SCHEMA)]
    except Exception as error:  # of any kind: the library trusts the bytes it reads
        raise BadInputError(f"{key}: damaged: {type(error).__name__} {one_line(error)}") from None
    if not match["container"]:
        _check_capture(key, records, match["content"] or match["old_content"], match["provenance"])
    _check_place(key, records)
    return records


def decode_start(key: str, start: bytes) -> Record | None:
    """Return the one capture in the container under `key`, without its content, from the first bytes of the container.

    None where that takes more of it. Raises BadInputError where it is not what was put there.
    """
    from fastavro import schemaless_reader

    match, beginning = _match(key), io.BytesIO(start)
    try:
        header = cast(Record, schemaless_reader(beginning, _HEADER, None))
        for _ in ("records", "bytes"):
            schemaless_reader(beginning, "long", None)
        written = json.loads(header["meta"]["avro.schema"])
        names = [field["name"] for field in written["fields"]]
        written["fields"] = written["fields"][: names.index("body")]
        provenance = io.BytesIO(zlib.decompressobj(-zlib.MAX_WBITS).decompress(beginning.read(), len(start)))
        record = cast(Record, schemaless_reader(provenance, written, None))
    except EOFError:
        return None
    except Exception as error:  # of any kind: the library trusts the bytes it reads
        raise BadInputError(f"{key}: damaged: {type(error).__name__} {one_line(error)}") from None
    _check_provenance(key, record, match["content"] or match["old_content"], match["provenance"])
    _check_place(key, [record])
    return {**record, "body": None, "data": None, "further": {}, "stored_at": None}


def can_leave_content(record: Mapping[str, Any]) -> bool:
    """Return whether the row of this capture may leave its content to the archive: whether it can be told there."""
    return record["content_sha256"] is not None


def _check_place(key: str, records: list[Record]) -> None:
    folder = key.rpartition("/")[0]
    for record in records:
        place = key_start(record["endpoint"], record["method"], record["captured_at"]).rpartition("/")[0]
        if place != folder:
            raise BadInputError(f"{key}: lies in the wrong place: what it holds belongs below {place}/")


def _check_capture(key: str, records: list[Record], content: str, provenance: str | None) -> None:
    if len(records) != 1:
        raise BadInputError(f"{key}: damaged: it holds {len(records)} records instead of one")
    (record,) = records
    if (found := sha256(record["body"] or b"").hexdigest()) != content:
        raise BadInputError(f"{key}: damaged: the hash of its bytes is {found}")
    _check_provenance(key, record, content, provenance)


def _check_provenance(key: str, record: Record, content: str, provenance: str | None) -> None:
    if (found := record["content_sha256"]) != content:
        raise BadInputError(f"{key}: damaged: it says that the hash of its bytes is {found}")
    if provenance and fingerprint({name: record[name] for name in _PROVENANCE}) != provenance:
        raise BadInputError(f"{key}: damaged: what it says of its bytes is not what was stored")
