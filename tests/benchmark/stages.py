"""Where the platform's time goes: its stages timed in one process, and how much of each is this process's own work.

What is not own work is waiting for PostgreSQL, which has the other core to itself here.
"""

from __future__ import annotations

import pkgutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.database import connect
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.run import BATCH
from mlb_data_platform.transform.selection import Selection, batches, pending
from tests.benchmark.database import empty

_GAMES = 200
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
    """Seconds of a stage over all games of the profile: in all, and of this process's own work."""

    seconds: float = 0.0
    own: float = 0.0


@dataclass(frozen=True)
class Profile:
    """The stages by name, over `games` games."""

    games: int
    stages: dict[str, Stage]


def profile(mapping: Mapping) -> Profile:
    """Apply some pending captures in this process, on emptied tables, and return what each stage took."""
    flattener(mapping)  # compiled once per process, so not a matter of games
    stages = {name: Stage() for name in (*_STAGES, _REST)}
    with connect(autocommit=True) as connection:
        empty(connection, mapping)
    with connect() as connection, ExitStack() as patches:
        refs = pending(connection, mapping, Selection())[:_GAMES]
        applier = Applier(connection, mapping)
        connection.commit()
        for name, functions in _STAGES.items():
            for function in functions:
                patches.enter_context(patch(function, _timed_call(pkgutil.resolve_name(function), stages[name])))
        with _timed(stages[_REST]):
            for batch in batches(refs, BATCH):
                outcome = applier.apply(batch)
                if outcome.rejections:
                    raise SystemExit(f"error: {outcome.rejections[0]}")
    for name in _STAGES:
        stages[_REST].seconds -= stages[name].seconds
        stages[_REST].own -= stages[name].own
    return Profile(len(refs), {name: stage for name, stage in stages.items() if stage.seconds})


@contextmanager
def _timed(stage: Stage) -> Iterator[None]:
    started, own = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        stage.seconds += time.perf_counter() - started
        stage.own += time.process_time() - own


def _timed_call(function: Callable[..., Any], stage: Stage) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        with _timed(stage):
            return function(*arguments, **named)

    return call
