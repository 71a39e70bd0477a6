"""The bucket of the archive, as tests look into it and spoil it."""

from __future__ import annotations

import io
from typing import Any

from minio import Minio

from mlb_data_platform.storage.objects import RAW_BUCKET
from mlb_data_platform.storage.records import decode
from tests.conftest import Database


class Bucket:
    """What lies in the bucket `raw-data`."""

    def __init__(self, database: Database) -> None:
        access = database.environment
        self._client = Minio(
            access["MINIO_ENDPOINT"],
            access_key=access["MINIO_ACCESS_KEY"],
            secret_key=access["MINIO_SECRET_KEY"],
            secure=False,
        )

    def keys(self, prefix: str = "raw/") -> list[str]:
        """Return all keys, sorted."""
        return sorted(str(each.object_name) for each in self._client.list_objects(RAW_BUCKET, prefix, recursive=True))

    def read(self, key: str) -> bytes:
        """Return an object."""
        response = self._client.get_object(RAW_BUCKET, key)
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    def write(self, key: str, content: bytes) -> None:
        """Put an object, or another in its place."""
        self._client.put_object(RAW_BUCKET, key, io.BytesIO(content), len(content))

    def remove(self, key: str) -> None:
        """Remove an object."""
        self._client.remove_object(RAW_BUCKET, key)

    def clear(self) -> None:
        """Remove everything, as what other tests have left."""
        for key in self.keys():
            self.remove(key)

    def records(self, prefix: str = "raw/") -> list[dict[str, Any]]:
        """Return all records of the archive, by moment, each with the key of its object."""
        found = [{**record, "key": key} for key in self.keys(prefix) for record in decode(key, self.read(key))]
        return sorted(found, key=lambda record: (record["captured_at"], record["key"]))
