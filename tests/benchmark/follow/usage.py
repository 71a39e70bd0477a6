"""What processes use while something happens, by kind: CPU seconds and memory, the database's among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psutil

POSTGRES = "PostgreSQL"

_SAMPLED_EVERY_SECONDS = 1.0
_MEMORY_EVERY_SAMPLES = 10  # to ask the kernel which pages are shared takes milliseconds a process

Kinds = Callable[[], Mapping[str, Sequence[psutil.Process]]]


@dataclass(frozen=True)
class Used:
    """CPU seconds, and peaks of memory in bytes: of all together, shared pages once, and the largest one's resident."""

    cpu: float = 0.0
    memory: int = 0
    largest: int = 0


@dataclass(frozen=True)
class Usage:
    """What each kind of processes used in the `seconds` that it was watched."""

    seconds: float
    kinds: dict[str, Used]

    def cores(self, kind: str) -> float:
        """How many cores were busy with a kind, on average."""
        return self.kinds.get(kind, Used()).cpu / self.seconds


def watch(kinds: Kinds, server: psutil.Process, until: float, and_also: Callable[[], bool]) -> Usage:
    """Watch the processes that `kinds` finds, and PostgreSQL's `server` with all that it forks.

    Until `until` (on the monotonic clock), or until `and_also` says no more. A process of a kind that comes and goes
    between two samples is not seen.
    """
    begun = time.monotonic()
    meters = {name: _Meter(processes) for name, processes in kinds().items()}
    postgres_before, postgres = _cpu_with_children(server), Used()
    samples = 0
    while time.monotonic() < until and and_also():
        time.sleep(min(_SAMPLED_EVERY_SECONDS, max(until - time.monotonic(), 0)))
        weighs = samples % _MEMORY_EVERY_SAMPLES == 0
        samples += 1
        for name, processes in kinds().items():
            meters.setdefault(name, _Meter([])).sample(processes, weighs=weighs)
        if weighs:
            postgres = _heavier(postgres, [server, *server.children()])
    cpu = _cpu_with_children(server) - postgres_before
    used = {name: meter.used for name, meter in meters.items()}
    return Usage(time.monotonic() - begun, used | {POSTGRES: Used(cpu, postgres.memory, postgres.largest)})


class _Meter:
    """Adds up what the processes of one kind use, from the moment at which some of them run already."""

    def __init__(self, running: Sequence[psutil.Process]) -> None:
        self._before = {process: _cpu(process) for process in running}
        self._after = dict(self._before)
        self._peaks = Used()

    @property
    def used(self) -> Used:
        cpu = sum(after - self._before.get(process, 0.0) for process, after in self._after.items())
        return Used(cpu, self._peaks.memory, self._peaks.largest)

    def sample(self, processes: Sequence[psutil.Process], *, weighs: bool) -> None:
        for process in processes:
            self._after[process] = max(self._after.get(process, 0.0), _cpu(process))
        if weighs:
            self._peaks = _heavier(self._peaks, processes)


def _heavier(peaks: Used, processes: Sequence[psutil.Process]) -> Used:
    weights = [_memory(process) for process in processes]
    return Used(
        memory=max(peaks.memory, sum(proportional for proportional, _ in weights)),
        largest=max(peaks.largest, *(resident for _, resident in weights), 0),
    )


def _cpu(process: psutil.Process) -> float:
    """CPU seconds so far; 0 of a process that has ended."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _cpu_with_children(server: psutil.Process) -> float:
    """CPU seconds so far of a server and its children, of those that have ended as well."""
    times = server.cpu_times()
    ended = float(times.children_user + times.children_system)
    return _cpu(server) + ended + sum(map(_cpu, server.children()))


def _memory(process: psutil.Process) -> tuple[int, int]:
    """Bytes in memory, of pages that are shared its share of them, and all that are resident."""
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0, 0
    return int(memory.pss), int(memory.rss)
