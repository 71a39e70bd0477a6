"""The object store: containers of Avro records by key, in the bucket `raw-data`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.archive_records import Record, decode, decode_start, encode
from mlb_data_platform.storage.capture import Capture

RAW_BUCKET = "raw-data"

_CONNECTIONS = 10
_ENOUGH_FOR_PROVENANCE = 8192  # bytes: the schema, and some of the first block
_TIMEOUT = urllib3.Timeout(connect=5, read=60)
_RETRIES = urllib3.Retry(total=3, backoff_factor=0.3, status_forcelist=(500, 502, 503, 504))
_FINAL = ("NoSuchBucket", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class MissingObjectError(BadInputError):
    """There is no object of this key."""


class ObjectStore:
    """The bucket `raw-data` of an S3 endpoint; may be shared by threads.

    Raises BadInputError where `MINIO_ENDPOINT` is no endpoint.
    """

    def __init__(self, settings: Settings) -> None:
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
        self._bucket_is_there = False
        self._lock = Lock()

    def put(self, capture: Capture) -> str:
        """Store the bytes of `capture` with their provenance and return the key. Raises what `write` raises."""
        self.write(capture.object_key, encode(capture))
        return capture.object_key

    def write(self, key: str, container: bytes) -> None:
        """Store `container` under `key`.

        Raises TransientError when the object store does not answer, BadInputError when it does not accept the settings.
        """
        with self._errors_named(key):
            self._ensure_bucket()
            self._client.put_object(RAW_BUCKET, key, io.BytesIO(container), len(container), "avro/binary")

    def records(self, key: str) -> list[Record]:
        """Return the captures stored under `key`.

        Raises what `container` raises, and BadInputError if it is not what its name promises.
        """
        return decode(key, self.container(key))

    def provenance(self, key: str) -> Record:
        """Return the one capture stored under `key` without its content, of which only the beginning is read.

        Raises what `records` raises.
        """
        record = decode_start(key, self.container(key, _ENOUGH_FOR_PROVENANCE))
        return record or {**self.records(key)[0], "body": None, "data": None}

    def container(self, key: str, length: int = 0) -> bytes:
        """Return what is stored under `key`, or the first `length` bytes of it.

        Raises MissingObjectError if that is nothing, TransientError when the object store does not answer, and
        BadInputError when it does not accept the settings.
        """
        with self._errors_named(key):
            response = self._client.get_object(RAW_BUCKET, key, length=length)
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def keys(self, prefix: str, *, below: bool = True) -> Iterator[str]:
        """Yield the keys that begin with `prefix`; without `below` only as far as their next slash.

        Raises BadInputError where there is no bucket, TransientError when the object store does not answer.
        """
        with self._errors_named(prefix):
            for found in self._client.list_objects(RAW_BUCKET, prefix, recursive=below):
                yield str(found.object_name)

    def _ensure_bucket(self) -> None:
        with self._lock:
            if self._bucket_is_there:
                return
            try:
                exists = self._client.bucket_exists(RAW_BUCKET)
            except InvalidResponseError:
                exists = False  # rclone sends its "NoSuchBucket" as text/xml, which the client does not read
            if not exists:
                self._make_bucket()
            self._bucket_is_there = True

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(RAW_BUCKET)
        except S3Error as error:
            if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):  # another process was faster
                raise

    @contextmanager
    def _errors_named(self, key: str) -> Iterator[None]:
        where = f"s3://{RAW_BUCKET}/{key} at {self._endpoint}"
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
