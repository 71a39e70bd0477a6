"""`mlb-etl transform --engine spark`: stage, audit and publish as the steps of one Spark program.

Spark spreads batches of captures over executors. Each reads its raw rows from PostgreSQL, flattens them with the one
flatten function and leaves the rows with Spark; Deequ audits those of all batches together; then the batches are
published, spread again, and so written once. Only names, counts and errors pass through the driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from psycopg import Connection

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.spark.deequ_audit import audit, import_ahead
from mlb_data_platform.spark.failures import spark_failures
from mlb_data_platform.spark.session import run_jobs, spark_session
from mlb_data_platform.spark.staged_wave import staged_wave
from mlb_data_platform.spark.stream_workers import SparkWorkers
from mlb_data_platform.spark.tasks import Batch
from mlb_data_platform.transform import captures
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.run import BATCH, batch_size

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WAVE = 2_500  # games that are staged, audited and published together: an audit takes long however few they are


def outcomes(
    connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]:
    """Apply the captures at `refs` wave by wave; yield those of each, and what has become of them.

    What has to be applied one after the other, workers do by themselves: there is nothing to audit together.
    Raises TransientError when Spark or the database fails; what is published by then stays.
    """
    if not refs:
        return
    import_ahead()
    with spark_failures(mapping.name), spark_session(mapping.name) as spark:
        cores = spark.sparkContext.defaultParallelism
        in_order = [ref for ref in refs if ref.is_in_order]
        work = batches(mapping.name, [ref for ref in refs if not ref.is_in_order], cores)
        per_wave = max(WAVE // BATCH, cores)
        for start in range(0, len(work), per_wave):
            wave = work[start : start + per_wave]
            outcome = run_jobs(spark, partial(_apply, spark, mapping, wave, force=force))
            yield [ref for batch in wave for ref in batch.refs], outcome
        if in_order:
            yield from SparkWorkers(spark.sparkContext)(connection, mapping, in_order, force=force)


def batches(endpoint: str, refs: Sequence[CaptureRef], cores: int) -> list[Batch]:
    """Return `refs` as batches, enough of them for all cores."""
    size = batch_size(len(refs), cores)
    return [Batch(endpoint, tuple(batch)) for batch in captures.batches(refs, size)]


def _apply(spark: SparkSession, mapping: Mapping, wave: Sequence[Batch], *, force: bool) -> TransformOutcome:
    with staged_wave(spark, mapping, wave) as waiting:
        staged = waiting.staged()
        results = audit(spark, mapping, waiting.rows(staged))
        outcome = TransformOutcome(results=results)
        for part in staged:
            outcome.update(TransformOutcome(rows=sum(part.rows.values()), rejections=part.rejections))
        for published in waiting.published(results, force=force):
            outcome.update(published)
        return outcome
