"""Where an export goes: a folder in a bucket, and what lies in it by keys below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.bucket import Bucket, Stored

PROCESSED_BUCKET = "processed-data"
_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<folder>[\w.=-]+(?:/[\w.=-]+)*)/?")


class Destination:
    """The folder that an URL like s3://BUCKET/PREFIX names. Raises BadInputError where it is none."""

    def __init__(self, settings: Settings, url: str) -> None:
        match = _URL.fullmatch(url)
        if match is None or {".", ".."} & set(match["folder"].split("/")):
            raise BadInputError(f"--to: '{url}' is not like s3://{PROCESSED_BUCKET}/parquet, a folder in a bucket")
        self.bucket = Bucket(settings, match["bucket"])
        self.folder = match["folder"]

    def __str__(self) -> str:
        return f"s3://{self.bucket.name}/{self.folder}"

    def url(self, key: str) -> str:
        """Return the URL of what lies below the folder under `key`."""
        return f"{self}/{key}"

    def ensure(self) -> None:
        """See to it that the bucket is there: the platform's own is made.

        Raises BadInputError where another one is missing, or the object store does not accept the settings,
        TransientError where it does not answer.
        """
        if self.bucket.name == PROCESSED_BUCKET:
            self.bucket.ensure()
        elif not self.bucket.exists():
            raise BadInputError(f"--to: there is no bucket {self.bucket.name}: make it first, or name another one")

    def write(self, key: str, content: bytes) -> None:
        """Store an object. Raises what `Bucket.write` raises."""
        self.bucket.write(f"{self.folder}/{key}", content)

    def get(self, key: str) -> bytes:
        """Return an object. Raises what `Bucket.get` raises."""
        return self.bucket.get(f"{self.folder}/{key}")

    def answers_ranges(self, key: str) -> bool:
        """Return what `Bucket.answers_ranges` returns of an object. Raises what `Bucket.get` raises."""
        return self.bucket.answers_ranges(f"{self.folder}/{key}")

    def listed(self, below: str = "") -> Iterator[Stored]:
        """Yield the objects whose keys begin with `below`. Raises what `Bucket.keys` raises."""
        start = f"{self.folder}/"
        for stored in self.bucket.listed(start + below):
            yield replace(stored, key=stored.key.removeprefix(start))

    def keys(self, below: str) -> list[str]:
        """Return the keys that begin with `below`. Raises what `Bucket.keys` raises."""
        return [stored.key for stored in self.listed(below)]

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects. Raises what `Bucket.remove` raises."""
        self.bucket.remove(f"{self.folder}/{key}" for key in keys)
