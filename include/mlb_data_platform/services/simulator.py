"""The Stats API of this machine (`mlb-etl simulator serve`) as a background process of the state folder."""

from __future__ import annotations

import http.client
import os
import sysconfig
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from mlb_data_platform.services.access import Access
from mlb_data_platform.services.process import Command
from mlb_data_platform.services.service import Service


@dataclass(frozen=True)
class SimulatedSeason:
    """A made-up season; `clock` is the simulated time (aware), None as `simulator serve` has it by default.

    `shift_days` moves its calendar, `slates` its games: each DATE=TIME, as `simulator serve` takes them.
    """

    seed: int = 7
    season: int = 2026
    clock: datetime | None = None
    speed: float | None = None
    shift_days: int | None = None
    slates: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Return what `simulator serve` needs to be told."""
        options = {
            "--seed": self.seed,
            "--season": self.season,
            "--clock": self.clock and self.clock.isoformat(),
            "--speed": self.speed,
            "--shift-days": self.shift_days,
        }
        words = [word for name, value in options.items() if value is not None for word in (name, str(value))]
        return words + [word for slate in self.slates for word in ("--slate", slate)]


class Simulator(Service):
    """Serves a made-up season, or the recorded responses of a folder."""

    name = "simulator"

    def __init__(self, folder: Path, access: Access, serves: SimulatedSeason | Path | None = None) -> None:
        super().__init__(folder, access)
        self._serves = serves or SimulatedSeason()

    @property
    def url(self) -> str:
        """The value of MLB_STATSAPI_BASE_URL that leads to it."""
        return f"http://{self.access.host}:{self.access.port}"

    def prepare(self) -> None:
        """Nothing to make: it only reads."""

    def command(self) -> Command:
        program = Path(sysconfig.get_path("scripts")) / "mlb-etl"
        serves = self._serves
        what = ["--recordings", str(serves)] if isinstance(serves, Path) else serves.arguments()
        listen = ["--listen", self.access.listen] if self.access.listen else []
        return Command(
            argv=[str(program), "simulator", "serve", *what, "--port", str(self.access.port), *listen],
            environment={"PATH": os.environ.get("PATH", os.defpath)},
        )

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(self.access.host, self.access.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR  # recordings have no page there
        except (OSError, http.client.HTTPException):  # nobody there yet, or another program
            return False
        finally:
            connection.close()
