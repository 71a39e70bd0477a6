"""The exact bytes of each response in the object store: one Avro container per content, named by its hash."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import PurePosixPath
from threading import Lock
from typing import Any, cast

import fastavro
import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.capture import Capture

RAW_BUCKET = "raw-data"

RAW_SCHEMA = {
    "type": "record",
    "name": "Response",
    "namespace": "mlb_data_platform.raw",
    "doc": "One response of the MLB Stats API, as it was when this content was first stored on this day.",
    "fields": [
        {"name": "endpoint", "type": "string"},
        {"name": "method", "type": "string"},
        {"name": "schema_version", "type": "int", "doc": "Of the mapping it was ingested with."},
        {"name": "natural_key", "type": {"type": "map", "values": ["null", "string"]}},
        {"name": "captured_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "source_url", "type": "string"},
        {"name": "request_params", "type": "string", "doc": "A JSON object."},
        {"name": "status_code", "type": "int"},
        {"name": "content_sha256", "type": "string", "doc": "Of body, lower-case hex."},
        {"name": "body", "type": "bytes", "doc": "The exact decoded bytes."},
    ],
}
_CODEC = "deflate"  # the one codec every Avro reader has
_CONNECTIONS = 10
_TIMEOUT = urllib3.Timeout(connect=5, read=60)
_RETRIES = urllib3.Retry(total=3, backoff_factor=0.3, status_forcelist=(500, 502, 503, 504))
_FINAL = ("NoSuchKey", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


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
        """Store the bytes of `capture` with their provenance and return the key.

        The same content of the same day is one object: putting it again replaces it by one with the same body. Raises
        TransientError when the object store does not answer, BadInputError when it does not accept the settings.
        """
        key, container = capture.object_key, encode(capture)
        with self._errors_named(key):
            self._ensure_bucket()
            self._client.put_object(RAW_BUCKET, key, io.BytesIO(container), len(container), "avro/binary")
        return key

    def read(self, key: str) -> bytes:
        """Return the exact bytes stored under `key`.

        Raises BadInputError if there is no such object or its bytes are not those its name promises, TransientError
        when the object store does not answer.
        """
        with self._errors_named(key):
            response = self._client.get_object(RAW_BUCKET, key)
            try:
                container = response.read()
            finally:
                response.close()
                response.release_conn()
        return decode(key, container)

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
            if any(code in reason for code in _FINAL):
                raise BadInputError(f"{where}: {reason}") from None
            raise TransientError(f"{where}: {reason}") from None


def encode(capture: Capture) -> bytes:
    """Return the Avro container of one capture."""
    record = {
        "endpoint": capture.mapping.endpoint,
        "method": capture.mapping.method,
        "schema_version": capture.mapping.schema_version,
        "natural_key": {name: None if value is None else str(value) for name, value in capture.natural_key.items()},
        "captured_at": capture.captured_at,
        "source_url": capture.source_url,
        "request_params": json.dumps(capture.parameters),
        "status_code": capture.status_code,
        "content_sha256": capture.content_sha256,
        "body": capture.body,
    }
    container = io.BytesIO()
    fastavro.writer(container, RAW_SCHEMA, [record], codec=_CODEC)
    return container.getvalue()


def decode(key: str, container: bytes) -> bytes:
    """Return the body in an Avro container. Raises BadInputError if its hash is not the one `key` is named for."""
    record = cast(dict[str, Any], next(fastavro.reader(io.BytesIO(container))))
    body: bytes = record["body"]
    found = sha256(body).hexdigest()
    if found != PurePosixPath(key).stem:
        raise BadInputError(f"{key}: damaged: the hash of its bytes is {found}")
    return body
