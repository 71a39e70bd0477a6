"""A bucket of the object store: objects by key, and what goes wrong with them in the words of people."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from threading import Lock

import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, MinioException, S3Error

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.settings import Settings

_CONNECTIONS = 10
_TIMEOUT = urllib3.Timeout(connect=5, read=60)
_RETRIES = urllib3.Retry(total=3, backoff_factor=0.3, status_forcelist=(500, 502, 503, 504))
_FINAL = ("NoSuchBucket", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class MissingObjectError(BadInputError):
    """There is no object of this key."""


@dataclass(frozen=True)
class Stored:
    """An object as a listing has it: when it was written, and how many bytes it has."""

    key: str
    written_at: datetime
    size: int


class Bucket:
    """The bucket `name` of an S3 endpoint, made when first written to; may be shared by threads.

    Raises BadInputError where `MINIO_ENDPOINT` is no endpoint.
    """

    content_type = "application/octet-stream"

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self._endpoint = settings.minio_endpoint
        try:
            self._client = Minio(
                settings.minio_endpoint,
                access_key=settings.minio_access_key,
                secret_key=settings.minio_secret_key.get_secret_value(),
                secure=settings.minio_secure,
                http_client=urllib3.PoolManager(maxsize=_CONNECTIONS, timeout=_TIMEOUT, retries=_RETRIES),
            )
        except ValueError as error:
            raise BadInputError(f"MINIO_ENDPOINT must be like host:port: {error}") from None
        self._is_there = False
        self._lock = Lock()

    def exists(self) -> bool:
        """Return whether the bucket is there.

        Raises TransientError when the object store does not answer, BadInputError when it does not accept the settings.
        """
        with self._errors_named(""):
            return self._exists()

    def ensure(self) -> None:
        """Make the bucket if it is not there. Raises what `exists` raises."""
        with self._errors_named(""):
            self._ensure()

    def write(self, key: str, content: bytes) -> None:
        """Store `content` under `key`. Raises what `ensure` raises."""
        with self._errors_named(key):
            self._ensure()
            self._client.put_object(self.name, key, io.BytesIO(content), len(content), self.content_type)

    def get(self, key: str, length: int = 0) -> bytes:
        """Return the object under `key`, or its first `length` bytes.

        Raises MissingObjectError if there is none, TransientError when the object store does not answer, and
        BadInputError when it does not accept the settings.
        """
        with self._opened(key, length) as response:
            return bytes(response.read())

    def answers_ranges(self, key: str) -> bool:
        """Return whether the object store says of a part of this object that it is one, as most do, and readers want.

        Raises what `get` raises.
        """
        with self._opened(key, 1) as response:
            return response.status == HTTPStatus.PARTIAL_CONTENT

    def keys(self, prefix: str, *, below: bool = True) -> Iterator[str]:
        """Yield the keys that begin with `prefix`; without `below` only as far as their next slash.

        Raises BadInputError where there is no bucket, TransientError when the object store does not answer.
        """
        with self._errors_named(prefix):
            for found in self._client.list_objects(self.name, prefix, recursive=below):
                yield str(found.object_name)

    def listed(self, prefix: str) -> Iterator[Stored]:
        """Yield all objects whose keys begin with `prefix`. Raises what `keys` raises."""
        with self._errors_named(prefix):
            for found in self._client.list_objects(self.name, prefix, recursive=True):
                if found.last_modified is not None:  # which the prefixes of a listing have not
                    yield Stored(str(found.object_name), found.last_modified, found.size or 0)

    def remove(self, keys: Iterable[str]) -> None:
        """Remove these objects; those that are gone already are no error. Raises what `ensure` raises."""
        with self._errors_named(""):
            for failed in self._client.remove_objects(self.name, (DeleteObject(key) for key in keys)):
                raise TransientError(f"s3://{self.name}/{failed.name} at {self._endpoint}: {failed.message}")

    @contextmanager
    def _opened(self, key: str, length: int) -> Iterator[urllib3.BaseHTTPResponse]:
        with self._errors_named(key):
            response = self._client.get_object(self.name, key, length=length)
            try:
                yield response
            finally:
                response.close()
                response.release_conn()

    def _exists(self) -> bool:
        try:
            return self._client.bucket_exists(self.name)
        except InvalidResponseError:
            return False  # rclone sends its "NoSuchBucket" as text/xml, which the client does not read

    def _ensure(self) -> None:
        with self._lock:
            if not self._is_there and not self._exists():
                self._make()
            self._is_there = True

    def _make(self) -> None:
        try:
            self._client.make_bucket(self.name)
        except S3Error as error:
            if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):  # another process was faster
                raise

    @contextmanager
    def _errors_named(self, key: str) -> Iterator[None]:
        where = f"s3://{self.name}/{key} at {self._endpoint}"
        try:
            yield
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            # The code is looked for in the text: rclone's XML arrives unread, as part of an InvalidResponseError.
            reason = " ".join(str(error).split())
            if "NoSuchKey" in reason:
                raise MissingObjectError(f"{where}: {reason}") from None
            if any(code in reason for code in _FINAL):
                raise BadInputError(f"{where}: {reason}") from None
            raise TransientError(f"{where}: {reason}") from None
