"""`mlb-etl transform`: applies pending captures, by an engine: in-process, or Spark (`transform/spark.py`)."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context
from typing import Protocol

from psycopg import Connection

from mlb_data_platform.errors import TransientError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import record
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.executions import Execution, register_version
from mlb_data_platform.transform.apply import Applier, Outcome
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.select import CaptureRef, Selection, batches, never_captured, pending

BATCH = 100  # games in a transaction: enough that statements cost little per game, few enough to stay small in memory
FEW = 25  # games that are done before other processes would have begun


class Engine(Protocol):
    """Applies captures; yields how many it has dealt with, and what became of them, as it goes."""

    def __call__(
        self, connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
    ) -> Iterator[tuple[int, Outcome]]: ...


def run(
    name: str, selection: Selection, execution: Execution, progress: Callable[[int, int], None], engine: Engine
) -> int:
    """Apply what `selection` selects of the endpoint `name`; `progress` is told (captures dealt with, all of them).

    Returns the number of rows staged, and leaves counts and errors in `execution`.
    Raises PlatformError where nothing can be done.
    """
    mapping = load_mapping(name)
    with connect() as connection:
        execution.errors += never_captured(connection, mapping, selection)
        refs = pending(connection, mapping, selection)
        register_version(connection, mapping)
        connection.commit()
        execution.asked = len(refs) + len(execution.errors)
        outcome, dealt_with = Outcome(), 0
        for size, part in engine(connection, mapping, refs, force=selection.force):
            outcome.update(part)
            dealt_with += size
            progress(dealt_with, len(refs))
        execution.done = outcome.done
        execution.errors += outcome.errors
        record(connection, execution.run_id, mapping.name, outcome.results)
    return outcome.rows


def in_process(
    connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
) -> Iterator[tuple[int, Outcome]]:
    """The engine of the command line and the live path: batches over as many processes as there are cores."""
    workers = 1 if len(refs) <= FEW else os.cpu_count() or 1
    work = batches(refs, batch_size(len(refs), workers))
    if workers == 1:
        applier = Applier(connection, mapping, force=force)
        for batch in work:
            yield len(batch), applier.apply(batch)
        return
    flattener(mapping.name)  # compiled before the workers are forked, so that none has to compile it again,
    gc.freeze()  # nor to look through it for garbage
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        futures = {pool.submit(_apply_batch, mapping.name, batch, force): len(batch) for batch in work}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise TransientError(f"{mapping.name}: a worker process died (out of memory?); run it again") from None
        finally:
            pool.shutdown(cancel_futures=True)  # whoever ends early waits for what is in hand, not for what is queued


def batch_size(games: int, workers: int) -> int:
    """Return how many games a batch has at most, so that there is work for all workers."""
    return max(1, min(BATCH, -(-games // workers)))


def _apply_batch(name: str, refs: Sequence[CaptureRef], force: bool) -> Outcome:
    return _worker_applier(name, force).apply(refs)


@cache
def _worker_applier(name: str, force: bool) -> Applier:
    """This worker process's applier: one connection and one set of staged tables for all its batches."""
    return Applier(connect(), load_mapping(name), force=force)
