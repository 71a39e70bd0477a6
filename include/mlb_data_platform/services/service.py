"""What PostgreSQL, Redis and S3 have in common: made ready once, started, waited for, stopped."""

from __future__ import annotations

import signal
import time
from abc import ABC, abstractmethod
from pathlib import Path

from mlb_data_platform.errors import TransientError
from mlb_data_platform.services.access import Access
from mlb_data_platform.services.process import BackgroundProcess, Command, Stopped

_START_SECONDS = 60
_POLL_SECONDS = 0.05


class Service(ABC):
    """One embedded service with its data in `folder/NAME`; `access` says where it listens and with which password."""

    name: str
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, access: Access) -> None:
        self.home = folder / self.name
        self.access = access
        self.process = BackgroundProcess(self.name, folder)

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder and configuration; leaves existing data as it is."""

    @abstractmethod
    def command(self) -> Command:
        """Return the server's command."""

    @abstractmethod
    def answers(self) -> bool:
        """Return whether the server answers an authenticated request."""

    def start(self) -> None:
        """Start the server and return when it answers.

        Raises TransientError with the end of its log when it does not.
        """
        self.prepare()
        self.process.start(self.command())
        try:
            self._wait()
        except TransientError:
            self.stop()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            if self.process.pid() is None:
                raise TransientError(f"{self.name} ended as it started: {self.process.log_tail()}")
            if time.monotonic() > deadline:
                raise TransientError(f"{self.name} does not answer after {_START_SECONDS} s: {self.process.log_tail()}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> Stopped | None:
        """Stop the server; None if it does not run."""
        return self.process.stop(self.stop_signal)
