"""The Stats API of this machine (`mlb-etl simulator serve`) as a background process of the state folder."""

from __future__ import annotations

import http.client
import os
import sysconfig
from pathlib import Path

from mlb_data_platform.services.access import Access
from mlb_data_platform.services.process import Command
from mlb_data_platform.services.service import Service


class Simulator(Service):
    """Serves the recorded responses of `recordings`; without it, a handle to stop what runs."""

    name = "simulator"

    def __init__(self, folder: Path, access: Access, recordings: Path | None = None) -> None:
        super().__init__(folder, access)
        self._recordings = recordings

    @property
    def url(self) -> str:
        """The value of MLB_STATSAPI_BASE_URL that leads to it."""
        return f"http://{self.access.host}:{self.access.port}"

    def prepare(self) -> None:
        """Nothing to make: it only reads."""

    def command(self) -> Command:
        program = Path(sysconfig.get_path("scripts")) / "mlb-etl"
        return Command(
            argv=[
                str(program), "simulator", "serve",
                "--recordings", str(self._recordings), "--port", str(self.access.port),
            ],
            environment={"PATH": os.environ.get("PATH", os.defpath)},
        )  # fmt: skip

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(self.access.host, self.access.port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except OSError:
            return False
        finally:
            connection.close()
        return True  # whatever it said: it has no page there
