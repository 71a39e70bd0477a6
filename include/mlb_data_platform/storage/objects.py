"""The object store of the archive: containers of Avro records by key, in the bucket `raw-data`."""

from __future__ import annotations

from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.archive_records import Record, decode, decode_start, encode
from mlb_data_platform.storage.bucket import Bucket
from mlb_data_platform.storage.capture import Capture

RAW_BUCKET = "raw-data"

_ENOUGH_FOR_PROVENANCE = 8192  # bytes: the schema, and some of the first block


class ObjectStore(Bucket):
    """The bucket `raw-data`, and what it keeps: captures with their provenance."""

    content_type = "avro/binary"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, RAW_BUCKET)

    def put(self, capture: Capture) -> str:
        """Store the bytes of `capture` with their provenance and return the key. Raises what `write` raises."""
        self.write(capture.object_key, encode(capture))
        return capture.object_key

    def records(self, key: str) -> list[Record]:
        """Return the captures stored under `key`.

        Raises what `get` raises, and BadInputError if the object is not what its name promises.
        """
        return decode(key, self.get(key))

    def provenance(self, key: str) -> Record:
        """Return the one capture stored under `key` without its content, of which only the beginning is read.

        Raises what `records` raises.
        """
        record = decode_start(key, self.get(key, _ENOUGH_FOR_PROVENANCE))
        return record or {**self.records(key)[0], "body": None, "data": None}
