"""`mlb-etl transform`: applies pending captures, by an engine: in-process, or Spark (`spark/engine.py`)."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cache
from multiprocessing import get_context, parent_process
from signal import SIGKILL
from threading import Thread
from typing import Protocol

from psycopg import Connection

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import record_results
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.executions import Execution, register_version
from mlb_data_platform.storage.tables import PublishedTables
from mlb_data_platform.storage.verdicts import record_applied, record_rejections, withdraw_misfits
from mlb_data_platform.transform.apply import Applier
from mlb_data_platform.transform.captures import CaptureRef, batches
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.selection import Selection, single_units
from mlb_data_platform.transform.several_units import one_by_one
from mlb_data_platform.transform.shortfall import forget, never_captured, refused

BATCH = 100  # games in a transaction: enough that statements cost little per game, few enough to stay small in memory
FEW = 25  # games that are done before other processes would have begun


class Engine(Protocol):
    """Applies captures; yields those it has dealt with, and what became of them, as it goes."""

    def __call__(
        self, connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
    ) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]: ...


def run(
    name: str,
    selection: Selection,
    execution: Execution,
    progress: Callable[[int, int], None],
    engine: Engine,
    target: PublishedTables | None = None,
) -> int:
    """Apply what `selection` selects of the endpoint `name`; `progress` is told (captures dealt with, all of them).

    `target` is where the engine publishes, if not into the tables of the mapping.

    Returns the number of rows staged. What was asked for, what is in the tables now, and an error for whatever is not
    stand in `execution`, batch by batch; so do the results of the audit in metadata.data_quality_results.
    Raises PlatformError where nothing can be done.
    """
    mapping = load_mapping(name)
    with connect() as connection:
        missing = never_captured(connection, mapping, selection)
        if selection.force:
            forget(connection, mapping, selection)
        refused_before = refused(connection, mapping, selection, target)
        register_version(connection, mapping)
        refs = pending(connection, mapping, selection, target)
        connection.commit()
        execution.asked = len(refs) + len(missing) + len(refused_before)
        execution.errors = [*missing, *refused_before]
        outcome = TransformOutcome()
        dealt_with = 0
        try:
            for batch, part in rounds(connection, mapping, selection, refs, engine, target):
                outcome.update(part)
                record_results(connection, execution.run_id, mapping.name, outcome.results)
                connection.commit()
                execution.done = sum(ref.raw_id in outcome.in_place for ref in refs)
                execution.errors += [BadInputError(f"{mapping.name}: {each}") for each in part.rejections]
                execution.notes += part.notes
                execution.save()
                dealt_with += len(batch)
                progress(dealt_with, max(dealt_with, len(refs)))
        except TransientError as error:
            raise TransientError(f"{error}; {max(len(refs) - dealt_with, 0)} captures were not reached") from error
        lost = lost_captures(mapping, refs, outcome)
        execution.errors = [
            *missing,
            *refused(connection, mapping, selection, target),
            *outcome.not_applied,
            *lost,
        ]
    return outcome.rows


def rounds(
    connection: Connection,
    mapping: Mapping,
    selection: Selection,
    refs: Sequence[CaptureRef],
    engine: Engine,
    target: PublishedTables | None = None,
) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]:
    """Apply `refs` and, where one of them is refused, the capture before it, and so on; yield as `engine` does.

    What is refused is recorded, and so is what was applied of responses of several units, which no engine spreads.
    `target` is where the engine publishes, if not into the tables of the mapping.
    """
    published = target or PublishedTables(mapping)
    several = [ref for ref in refs if ref.alone]
    for part in one_by_one(connection, mapping, several, force=selection.force, target=target):
        _record(connection, published, *part)
        yield part
    if several and single_units(mapping):  # what is one unit may be in these too by now, and then comes after them
        refs = pending(connection, mapping, selection, target)
        connection.commit()
        dealt_with = {(ref.raw_id, ref.captured_at) for ref in several}
        again = [ref for ref in refs if ref.alone and (ref.raw_id, ref.captured_at) not in dealt_with]
        for part in one_by_one(connection, mapping, again, force=selection.force, target=target):
            _record(connection, published, *part)
            yield part
    refs = [ref for ref in refs if not ref.alone]
    while refs:
        refused_now: list[int] = []
        for batch, outcome in engine(connection, mapping, refs, force=selection.force):
            _record(connection, published, batch, outcome)
            refused_now += {each.raw_id for each in outcome.rejections if each.unit is None and not each.is_lost}
            yield batch, outcome
        refs = []
        if refused_now:
            found = pending(connection, mapping, replace(selection, like=tuple(refused_now)), target)
            connection.commit()
            refs = [ref for ref in found if not ref.alone]


def _record(
    connection: Connection, published: PublishedTables, batch: Sequence[CaptureRef], outcome: TransformOutcome
) -> None:
    """Keep what was refused, and what was applied of responses of several units."""
    mapping = published.mapping
    whole = {each.raw_id for each in outcome.rejections if each.unit is None}
    with connection.transaction():
        record_rejections(connection, mapping, outcome.rejections)
        withdraw_misfits(connection, mapping, outcome.in_place)
        record_applied(
            connection,
            published,
            ((ref.raw_id, ref.captured_at) for ref in batch if ref.alone and ref.raw_id not in whole),
        )


def lost_captures(mapping: Mapping, refs: Sequence[CaptureRef], outcome: TransformOutcome) -> list[TransientError]:
    """Return an error for each capture that is neither in place nor refused: done is what was published, no more.

    Why a unit was left alone, its outcome says.
    """
    known = outcome.in_place | {each.raw_id for each in outcome.rejections}
    return [
        TransientError(
            f"{mapping.name}: raw row {ref.raw_id} is neither in the tables nor in their history: another program"
            " published something else meanwhile; run this again"
        )
        for newest in refs
        for ref in (*newest.earlier, newest)
        if ref.raw_id not in known and newest.natural_key not in outcome.left_alone
    ]


def in_process(
    connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool, schema: str | None = None
) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]:
    """The engine of the command line and the live path: batches over as many processes as there are cores.

    It publishes into the tables of `schema`, if that is given.
    """
    workers = 1 if sum(1 + len(ref.earlier) for ref in refs) <= FEW else os.cpu_count() or 1
    work = batches(refs, batch_size(len(refs), workers))
    if workers == 1:
        applier = Applier(connection, mapping, force=force, target=PublishedTables(mapping, schema=schema))
        for batch in work:
            yield batch, applier.apply(batch)
        return
    flattener(mapping)  # compiled before the workers are forked, so that none has to compile it again,
    gc.freeze()  # nor to look through it for garbage
    with ProcessPoolExecutor(workers, mp_context=get_context("fork"), initializer=end_with_parent) as pool:
        futures = {pool.submit(_apply_batch, mapping.name, batch, force, schema): batch for batch in work}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise TransientError(f"{mapping.name}: a worker process died (out of memory?); run it again") from None
        finally:
            pool.shutdown(cancel_futures=True)  # whoever ends early waits for what is in hand, not for what is queued


def batch_size(games: int, workers: int) -> int:
    """Return how many games a batch has at most, so that all workers have work to the end."""
    rounds = -(-games // (BATCH * workers))
    return max(1, -(-games // max(1, rounds * workers)))


def end_with_parent() -> None:
    """Let this worker end when the program that forked it is gone, killed without a chance to say so."""
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
        os.kill(os.getpid(), SIGKILL)

    Thread(target=wait, daemon=True).start()


def _apply_batch(name: str, refs: Sequence[CaptureRef], force: bool, schema: str | None) -> TransformOutcome:
    return _worker_applier(name, force, schema).apply(refs)


@cache
def _worker_applier(name: str, force: bool, schema: str | None) -> Applier:
    """This worker process's applier: one connection and one set of staged tables for all its batches."""
    mapping = load_mapping(name)
    return Applier(connect(), mapping, force=force, target=PublishedTables(mapping, schema=schema))
