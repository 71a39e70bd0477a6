"""All processes that come from one that was started, whoever their parent is by now."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import psutil

# A variable that every program inherits: it names the record of the process that it comes from.
_MARK = "MLB_STARTED_AS"
_GONE = (psutil.NoSuchProcess, psutil.ZombieProcess, ProcessLookupError)
_SHOWN = 80
_POLL_SECONDS = 0.02


def mark(record: Path) -> dict[str, str]:
    """Return the variable by which all that comes from the process of `record` is known."""
    return {_MARK: str(record)}


def runs(process: psutil.Process) -> bool:
    """Return whether the process runs; one that ended and was not waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except _GONE:
        return False


class Family:
    """What comes from the process of `record`, itself included; `session` is its pid, None once that is another's."""

    def __init__(self, record: Path, session: int | None) -> None:
        self._record = str(record)
        self._session = session

    def members(self) -> set[psutil.Process]:
        """Return those that run."""
        found = {each for each in psutil.process_iter() if self._is_marked(each) or self._has_lost_mark(each)}
        return {each for each in _with_children(found) if runs(each)}

    def strays(self) -> set[psutil.Process]:
        """Return those of `members` that nothing but the session tells of: without it they would be found no more."""
        lost = {each for each in psutil.process_iter() if self._has_lost_mark(each)}
        marked = {each for each in psutil.process_iter() if self._is_marked(each)}
        return {each for each in _with_children(lost) - _with_children(marked) if runs(each)}

    def programs(self) -> set[psutil.Process]:
        """Return those that lead a session of their own: what signals the one that started them reaches no further."""
        return {each for each in self.members() if self._is_marked(each) and self._leads_its_own_session(each)}

    def _is_marked(self, process: psutil.Process) -> bool:
        return (_environment(process) or {}).get(_MARK) == self._record

    def _has_lost_mark(self, process: psutil.Process) -> bool:
        """Whether it has the session, and a title was written over its environment, as Airflow's forks do."""
        return self._session is not None and _session(process) == self._session and _environment(process) == {}

    def _leads_its_own_session(self, process: psutil.Process) -> bool:
        return _session(process) == process.pid != self._session


def wait(processes: Collection[psutil.Process], seconds: float) -> None:
    """Return when none of them runs, or time is up. (One that nobody waited for has ended, which psutil waits on.)"""
    deadline = time.monotonic() + seconds
    while any(map(runs, processes)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def ask_to_end(processes: Collection[psutil.Process]) -> None:
    """Send SIGTERM to each, and to the whole process group that it leads."""
    for each in processes:
        with suppress(*_GONE):
            if os.getpgid(each.pid) == each.pid:
                os.killpg(each.pid, signal.SIGTERM)
            else:
                each.terminate()


def kill(processes: Collection[psutil.Process]) -> None:
    """Send SIGKILL to each."""
    for each in processes:
        with suppress(*_GONE):
            each.kill()


def described(process: psutil.Process) -> str:
    """Return its command line, without folders, and its pid."""
    try:
        words = [word.rpartition("/")[2] if word.startswith("/") else word for word in process.cmdline()]
    except (*_GONE, psutil.AccessDenied):
        words = []
    return f"{' '.join(words)[:_SHOWN].strip() or 'process'} (pid {process.pid})"


def _environment(process: psutil.Process) -> dict[str, str] | None:
    try:
        return process.environ()
    except (*_GONE, psutil.AccessDenied):  # another user's
        return None


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except _GONE:
        return None


def _with_children(processes: Collection[psutil.Process]) -> set[psutil.Process]:
    return {*processes, *(child for each in processes for child in _children(each))}


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except _GONE:
        return []
