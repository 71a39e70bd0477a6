"""What processes use while something happens: CPU seconds and memory, the database's among them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

_SAMPLED_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Usage:
    """CPU seconds of the followers together and of PostgreSQL; the largest follower's memory in bytes, its own part.

    `seconds` is how long it was watched.
    """

    seconds: float
    followers_cpu: float
    postgres_cpu: float
    largest: int


def watch(
    processes: Sequence[psutil.Process], server: psutil.Process, until: float, and_also: Callable[[], bool]
) -> Usage:
    """Watch until `until` (on the monotonic clock), or until `and_also` says no more."""
    begun = time.monotonic()
    before = {process.pid: _cpu(process) for process in processes}
    after = dict(before)
    postgres_before = _cpu_with_children(server)
    largest = 0
    while time.monotonic() < until and and_also():
        time.sleep(min(_SAMPLED_EVERY_SECONDS, max(until - time.monotonic(), 0)))
        for process in processes:
            after[process.pid] = max(after[process.pid], _cpu(process))
            largest = max(largest, _memory(process))
    return Usage(
        seconds=time.monotonic() - begun,
        followers_cpu=sum(after[pid] - before[pid] for pid in before),
        postgres_cpu=_cpu_with_children(server) - postgres_before,
        largest=largest,
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


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
