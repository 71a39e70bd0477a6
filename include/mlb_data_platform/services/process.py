"""Background processes that outlive their starter: started detached, found again and stopped by what was recorded."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from mlb_data_platform.errors import TransientError

# The operating system's start time of one process may be reported with a shift when the clock is set.
_CLOCK_TOLERANCE_SECONDS = 3.0


@dataclass(frozen=True)
class Command:
    """What to start: its arguments (never a secret), its whole environment, and the system user to start it as."""

    argv: Sequence[str]
    environment: dict[str, str]
    user: str | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class _Record:
    pid: int
    started: float


class BackgroundProcess:
    """One named background process, recorded in `NAME.json` with its output in `NAME.log` of `folder`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._record = folder / f"{name}.json"

    def pid(self) -> int | None:
        """Return the pid of the running process, or None when it does not run (any more)."""
        process = self._process()
        return process.pid if process else None

    def start(self, command: Command) -> None:
        """Start `command` in a session of its own and record it. Its output is appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            child = subprocess.Popen(
                list(command.argv),
                env=command.environment,
                cwd=command.folder or "/",
                user=command.user,
                group=command.user,
                extra_groups=[] if command.user else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = psutil.Process(child.pid)
        record = _Record(pid=child.pid, started=process.create_time())
        self._record.write_text(json.dumps(asdict(record)), encoding="utf-8")

    def stop(self, stop_signal: signal.Signals = signal.SIGTERM, seconds: float = 30) -> bool:
        """Stop the process if it is still the one that was recorded, and return whether it ran.

        Raises TransientError when it still runs `seconds` after `stop_signal`.
        """
        process = self._process()
        if process:
            process.send_signal(stop_signal)
            try:
                process.wait(seconds)
            except psutil.TimeoutExpired:
                raise TransientError(
                    f"{self.name} (pid {process.pid}) did not stop within {seconds:.0f} s; its log: {self.log}"
                ) from None
        self._record.unlink(missing_ok=True)
        return process is not None

    def log_tail(self, lines: int = 5) -> str:
        """Return the last `lines` of the log, as one line of text."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return " | ".join(text.splitlines()[-lines:])

    def _process(self) -> psutil.Process | None:
        """The recorded process, unless it ended or its pid now belongs to another one."""
        try:
            record = _Record(**json.loads(self._record.read_text(encoding="utf-8")))
            process = psutil.Process(record.pid)
            same = abs(process.create_time() - record.started) < _CLOCK_TOLERANCE_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None
