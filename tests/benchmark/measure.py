"""Measures a program from outside: its wall time, and the memory of its processes and of PostgreSQL for it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

_SAMPLED_EVERY = 0.2  # seconds


@dataclass
class Memory:
    """Peaks in bytes: of all processes of the program together, of the largest one, of PostgreSQL's backends for it.

    Of the backends only what is their own: the shared buffers are the server's.
    """

    processes: int = 0
    largest: int = 0
    backends: int = 0

    def sample(self, program: psutil.Process, database: str) -> None:
        """Take what is used right now into the peaks."""
        used = [size for process in _tree(program) if (size := _resident(process))]
        self.processes = max(self.processes, sum(used))
        self.largest = max(self.largest, *used, 0)
        self.backends = max(self.backends, sum(map(_own, _backends(database))))


@dataclass
class Measured:
    """What a program took: `wall` seconds from its start to its end; its `answer` is the JSON it said last."""

    wall: float
    memory: Memory
    answer: dict[str, Any] = field(default_factory=dict)


def measure(program: Sequence[str], database: str, log: Path) -> Measured:
    """Run `program`, which works in `database`, to its end. Raises SystemExit with the end of its log if it fails."""
    memory = Memory()
    with log.open("w+b") as output:
        started = time.perf_counter()
        process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output)
        watched = psutil.Process(process.pid)
        while True:
            try:
                said, _ = process.communicate(timeout=_SAMPLED_EVERY)
                break
            except subprocess.TimeoutExpired:
                memory.sample(watched, database)
        wall = time.perf_counter() - started
    if process.returncode != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise SystemExit(f"{tail}\nerror: {' '.join(program)} failed with exit code {process.returncode}; log: {log}")
    return Measured(wall, memory, json.loads(said.splitlines()[-1]))


def _tree(program: psutil.Process) -> list[psutil.Process]:
    try:
        return [program, *program.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _backends(database: str) -> list[psutil.Process]:
    """PostgreSQL's processes that serve `database`: their titles name it."""
    titled = [(process, process.info["cmdline"] or [""]) for process in psutil.process_iter(["cmdline"])]
    return [process for process, (title, *_) in titled if title.startswith("postgres: ") and f" {database} " in title]


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has ended since
        return 0


def _own(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
    except psutil.Error:
        return 0
    return int(memory.rss - memory.shared)
