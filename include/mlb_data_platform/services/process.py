"""Background processes that outlive their starter: started detached, found again and stopped by what was recorded."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from mlb_data_platform.errors import TransientError
from mlb_data_platform.services.family import Family, ask_to_end, described, kill, mark, runs, wait

# The operating system's start time of one process may be reported with a shift when the clock is set.
_CLOCK_TOLERANCE_SECONDS = 3.0
_LOOK_AGAIN_SECONDS = 0.2
# For what a process leaves behind, and for what was killed.
_FAREWELL_SECONDS = 5.0
_TAIL_LINES = 5


@dataclass(frozen=True)
class Command:
    """What to start: its arguments (never a secret), its whole environment, and the system user to start it as."""

    argv: Sequence[str]
    environment: dict[str, str]
    user: str | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Stopped:
    """What was stopped; `killed` are those that had to be killed for it, by command line and pid."""

    name: str
    killed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} (had to kill {', '.join(self.killed)})" if self.killed else self.name


@dataclass(frozen=True)
class _Record:
    pid: int
    started: float


class BackgroundProcess:
    """One named background process, recorded in `NAME.json` with its output in `NAME.log` of `folder`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._file = folder / f"{name}.json"

    def pid(self) -> int | None:
        """Return the pid of the running process, or None when it does not run (any more)."""
        process = self._process()
        return process.pid if process else None

    def start(self, command: Command) -> None:
        """Start `command` in a session of its own and record it. Its output is appended to the log.

        What one that was killed has left is ended where only its record, which is written anew, leads there.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        strays = self._family().strays()
        ask_to_end(strays)
        wait(strays, _FAREWELL_SECONDS)
        kill(strays)
        wait(strays, _FAREWELL_SECONDS)
        with self.log.open("ab") as output:
            child = subprocess.Popen(
                list(command.argv),
                env=command.environment | mark(self._file),
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
        self._file.write_text(json.dumps(asdict(record)), encoding="utf-8")

    def stop(self, stop_signal: signal.Signals = signal.SIGTERM, seconds: float = 30) -> Stopped | None:
        """Stop the process, if it is still the one that was recorded, and all that it started; None if nothing runs.

        Programs that it started in sessions of their own are told to end as well, since it may wait for them. Who runs
        on after `seconds`, or outlives it for long, is killed. Raises TransientError when not even that helps.
        """
        process, family = self._process(), self._family()
        if process:
            _end_politely(process, family, stop_signal, seconds)
        rest = family.members()
        if process not in rest:
            ask_to_end(rest)
            wait(rest, _FAREWELL_SECONDS)
        killed = {each: described(each) for each in family.members()}
        kill(killed)
        wait(killed, _FAREWELL_SECONDS)
        if left := [name for each, name in killed.items() if runs(each)]:
            raise TransientError(f"{self.name}: {', '.join(left)} cannot be killed; its log: {self.log}")
        self._file.unlink(missing_ok=True)
        return Stopped(self.name, tuple(killed.values())) if process or rest else None

    def log_tail(self) -> str:
        """Return the last lines of the log, as one line of text."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return " | ".join(text.splitlines()[-_TAIL_LINES:])

    def _process(self) -> psutil.Process | None:
        """The recorded process, unless it ended or its pid now belongs to another one."""
        record = self._record()
        process = _with_pid(record.pid) if record else None
        return process if record and process and _is_of(record, process) and runs(process) else None

    def _family(self) -> Family:
        record = self._record()
        now = _with_pid(record.pid) if record else None
        is_taken = record and now and not _is_of(record, now)
        return Family(self._file, None if is_taken or not record else record.pid)

    def _record(self) -> _Record | None:
        try:
            return _Record(**json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None


def _with_pid(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _is_of(record: _Record, process: psutil.Process) -> bool:
    return abs(process.create_time() - record.started) < _CLOCK_TOLERANCE_SECONDS


def _end_politely(process: psutil.Process, family: Family, stop_signal: signal.Signals, seconds: float) -> None:
    """Send the signal, and SIGTERM to each program that is or comes to be; return when it ended or time is up."""
    told: set[psutil.Process] = set()
    deadline = time.monotonic() + seconds
    with suppress(psutil.NoSuchProcess):
        process.send_signal(stop_signal)
    while runs(process) and time.monotonic() < deadline:
        programs = family.programs() - told
        ask_to_end(programs)
        told |= programs
        wait([process], _LOOK_AGAIN_SECONDS)
