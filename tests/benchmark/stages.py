"""Where the platform's time goes: its stages timed in one process, and how much of each is this process's own work.

They are timed batch by batch, over all games: a stage that takes longer for the last than for the first does more than
its games need.
What is not own work is waiting for PostgreSQL, which has the other core to itself here.
"""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.database import connect
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.captures import CaptureRef, batches
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.run import BATCH
from mlb_data_platform.transform.selection import Selection
from tests.benchmark.database import empty

_REST = "commit and the rest"
_STAGES = {
    "read raw rows": ("mlb_data_platform.transform.apply.load_raw_rows",),
    "flatten": ("mlb_data_platform.transform.apply.flatten_all",),
    "copy rows": ("mlb_data_platform.storage.tables.TableSet.copy",),
    "audit": ("mlb_data_platform.transform.apply.audit", "mlb_data_platform.transform.apply.audit_published"),
    "publish staged rows": ("mlb_data_platform.storage.publish.Publisher.publish",),
}


@dataclass
class Stage:
    """Seconds of a stage, batch by batch: in all, and of this process's own work."""

    seconds: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Profile:
    """The stages by name, and how many games each of the batches had."""

    games: list[int]
    stages: dict[str, Stage]


def profile(mapping: Mapping) -> Profile:
    """Apply all pending captures in this process, on emptied tables, and return what each stage took of each batch."""
    flattener(mapping)  # compiled once per process, so not a matter of games
    stages = {name: Stage() for name in (*_STAGES, _REST)}
    with connect(autocommit=True) as connection:
        empty(connection, mapping)
    with connect() as connection, ExitStack() as patches:
        work = batches(pending(connection, mapping, Selection()), BATCH)
        applier = Applier(connection, mapping)
        connection.commit()
        for name, functions in _STAGES.items():
            for function in functions:
                patches.enter_context(patch(function, _timed_call(pkgutil.resolve_name(function), stages[name])))
        for batch in work:
            _apply(applier, batch, stages)
    return Profile(
        [len(batch) for batch in work], {name: stage for name, stage in stages.items() if any(stage.seconds)}
    )


def _apply(applier: Applier, batch: Sequence[CaptureRef], stages: dict[str, Stage]) -> None:
    for stage in stages.values():
        stage.seconds.append(0)
        stage.own.append(0)
    rest = stages[_REST]
    with _timed(rest):
        outcome = applier.apply(batch)
    if outcome.rejections:
        raise SystemExit(f"error: {outcome.rejections[0]}")
    rest.seconds[-1] -= sum(stages[name].seconds[-1] for name in _STAGES)
    rest.own[-1] -= sum(stages[name].own[-1] for name in _STAGES)


@contextmanager
def _timed(stage: Stage) -> Iterator[None]:
    started, own = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        stage.seconds[-1] += time.perf_counter() - started
        stage.own[-1] += time.process_time() - own


def _timed_call(function: Callable[..., Any], stage: Stage) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        with _timed(stage):
            return function(*arguments, **named)

    return call
