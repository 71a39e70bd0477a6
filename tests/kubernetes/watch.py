"""What becomes of pods, moment by moment, as the API server tells who watches."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.kubernetes.cluster import NAMESPACE

Node = dict[str, Any]
_STAGES = ("created", "scheduled", "running", "ended", "deleted")


@dataclass
class Pod:
    """One pod: its labels, its last status, and when (seconds of this machine) it was first seen at each stage."""

    labels: dict[str, str]
    status: Node = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)

    @property
    def game_pk(self) -> str | None:
        """The game it is about."""
        return self.labels.get("mlb/game-pk")

    @property
    def role(self) -> str | None:
        """`driver` or `executor`, of Spark."""
        return self.labels.get("spark-role")

    def stages(self) -> dict[str, float]:
        """Return how many seconds passed from each stage to the next that was seen."""
        reached = [(stage, self.seen[stage]) for stage in _STAGES if stage in self.seen]
        return {f"{a} to {b}": then - before for (a, before), (b, then) in pairwise(reached)}


class Watch:
    """The pods of the namespace since the watch began."""

    def __init__(self) -> None:
        self._pods: dict[str, Pod] = {}

    def ran(self, **labels: str) -> list[Pod]:
        """Return the pods that were there and have these labels."""
        return [pod for pod in self._pods.values() if labels.items() <= pod.labels.items()]

    def note(self, event: Node) -> None:
        """Take in one event of the API server."""
        now, found = time.monotonic(), event["object"]
        pod = self._pods.setdefault(found["metadata"]["uid"], Pod(found["metadata"].get("labels", {})))
        pod.status = found["status"]
        for stage in _reached(event["type"], found["status"]):
            pod.seen.setdefault(stage, now)


def _reached(kind: str, status: Node) -> Iterator[str]:
    yield "created"
    if any(each["type"] == "PodScheduled" and each["status"] == "True" for each in status.get("conditions", [])):
        yield "scheduled"
    states = [each["state"] for each in status.get("containerStatuses", [])]
    if any("running" in state for state in states):
        yield "running"
    if any("terminated" in state for state in states):
        yield "ended"
    if kind == "DELETED":
        yield "deleted"


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch the pods of the namespace while the block runs."""
    watch = Watch()
    command = ["kubectl", "get", "pods", f"--namespace={NAMESPACE}", "--watch-only", "--output-watch-events", "-ojson"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=_read, args=(process, watch), daemon=True)
        reader.start()
        try:
            yield watch
        finally:
            process.terminate()
            reader.join()


def _read(process: subprocess.Popen[str], watch: Watch) -> None:
    """Split what kubectl prints, one JSON document after the other, on a line each or on many, into events."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line[0] in "{}" and line.endswith("}\n"):  # the end of a document, at the left margin or on its only line
            watch.note(json.loads("".join(lines)))
            lines.clear()
