"""The bucket of the archive, as tests look into it and spoil it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Set
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import unquote

from minio import Minio

from mlb_data_platform.storage.archive_records import decode
from mlb_data_platform.storage.objects import RAW_BUCKET
from tests.conftest import Database


class Bucket:
    """What lies in a bucket, by default `raw-data`."""

    def __init__(self, database: Database, name: str = RAW_BUCKET) -> None:
        access = database.environment
        self._name = name
        self._endpoint = access["MINIO_ENDPOINT"]
        self._client = Minio(
            self._endpoint,
            access_key=access["MINIO_ACCESS_KEY"],
            secret_key=access["MINIO_SECRET_KEY"],
            secure=False,
        )

    def keys(self, prefix: str = "raw/") -> list[str]:
        """Return all keys, sorted."""
        return sorted(str(each.object_name) for each in self._client.list_objects(self._name, prefix, recursive=True))

    def read(self, key: str) -> bytes:
        """Return an object."""
        response = self._client.get_object(self._name, key)
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    def write(self, key: str, content: bytes) -> None:
        """Put an object, or another in its place."""
        self._client.put_object(self._name, key, io.BytesIO(content), len(content))

    def remove(self, key: str) -> None:
        """Remove an object."""
        self._client.remove_object(self._name, key)

    def clear(self) -> None:
        """Remove everything, as what other tests have left."""
        if any(each.name == self._name for each in self._client.list_buckets()):
            for key in self.keys():
                self.remove(key)

    def records(self, prefix: str = "raw/") -> list[dict[str, Any]]:
        """Return all records of the archive, by moment, each with the key of its object."""
        found = [{**record, "key": key} for key in self.keys(prefix) for record in decode(key, self.read(key))]
        return sorted(found, key=lambda record: (record["captured_at"], record["key"]))

    @contextmanager
    def failing(self, *keys: str) -> Iterator[str]:
        """Give the endpoint of an object store that reads this bucket, and always answers 500 for these keys."""
        with passing(self._endpoint, {f"/{RAW_BUCKET}/{key}" for key in keys}) as endpoint:
            yield endpoint


@contextmanager
def passing(endpoint: str, failing: Set[str] = frozenset()) -> Iterator[str]:
    """Give the endpoint of an object store that passes requests on to another, and answers 500 for some paths.

    It answers ranges as object stores do, but for that of a laptop. It is a process of its own: delta-rs keeps Python's
    threads waiting while it asks.
    """
    ours, theirs = Pipe()
    process = get_context("spawn").Process(target=_serve, args=(endpoint, failing, theirs), daemon=True)
    process.start()
    try:
        yield f"127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(endpoint: str, failing: Set[str], answers: Connection) -> None:
    with _Passing(endpoint, failing) as server:
        answers.send(server.server_address[1])
        server.serve_forever()


class _Passing(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: str, failing: Set[str]) -> None:
        self.endpoint = endpoint
        self.failing = failing
        super().__init__(("127.0.0.1", 0), _Request)


class _Request(BaseHTTPRequestHandler):
    server: _Passing

    def pass_on(self) -> None:
        if unquote(self.path) in self.server.failing:
            self.send_error(500)
            return
        store = HTTPConnection(self.server.endpoint)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        store.request(self.command, self.path, sent, headers=dict(self.headers))  # Host included: it is signed
        answer = store.getresponse()
        content = answer.read()
        self.send_response(206 if answer.getheader("Content-Range") else answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        store.close()

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = pass_on  # noqa: N815 - as the library calls them

    def log_message(self, *_: object) -> None:
        """Say nothing."""
