"""`mlb-etl transform --engine spark`: stage, audit and publish as the steps of one Spark program.

Spark spreads batches of captures over executors. Each reads its raw rows from PostgreSQL, flattens them with the one
flatten function and copies them into staged tables; Deequ audits those of all batches together; then the batches are
published, spread again. Only names, counts and errors pass through the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import psycopg
from psycopg import Connection

from mlb_data_platform.errors import PlatformError, TransientError, one_line
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.spark.deequ_audit import audit
from mlb_data_platform.spark.session import spark_session
from mlb_data_platform.spark.staged_rows import staged_rows
from mlb_data_platform.spark.staged_run import StagedRun, staged_run
from mlb_data_platform.spark.tasks import Batch, publish, stage
from mlb_data_platform.transform import selection
from mlb_data_platform.transform.outcome import TransformOutcome
from mlb_data_platform.transform.run import BATCH, batch_size
from mlb_data_platform.transform.selection import CaptureRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WAVE = 2_500  # games that are staged, audited and published together: an audit takes long however few they are

Answer = TypeVar("Answer")


def outcomes(
    connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], *, force: bool
) -> Iterator[tuple[Sequence[CaptureRef], TransformOutcome]]:
    """Apply the captures at `refs` wave by wave; yield those of each, and what has become of them.

    Raises TransientError when Spark or the database fails; what is published by then stays.
    """
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    if not refs:
        return
    try:
        with spark_session(mapping.name) as spark, staged_run(connection, mapping.name) as run:
            cores = spark.sparkContext.defaultParallelism
            work = batches(refs, cores)
            per_wave = max(WAVE // BATCH, cores)
            for start in range(0, len(work), per_wave):
                wave = work[start : start + per_wave]
                outcome = _apply(spark, mapping, run, wave, force=force)
                run.drop(connection)
                yield [ref for batch in wave for ref in batch.refs], outcome
    except psycopg.OperationalError as error:
        raise TransientError(f"{mapping.name}: PostgreSQL: {one_line(error)}") from error
    except (Py4JJavaError, PySparkException) as error:
        raise TransientError(f"{mapping.name}: Spark: {_reason(error)}") from error


def batches(refs: Sequence[CaptureRef], cores: int) -> list[Batch]:
    """Return `refs` as numbered batches, enough of them for all cores."""
    size = batch_size(len(refs), cores)
    return [Batch(number, tuple(batch)) for number, batch in enumerate(selection.batches(refs, size))]


def _apply(
    spark: SparkSession, mapping: Mapping, run: StagedRun, wave: Sequence[Batch], *, force: bool
) -> TransformOutcome:
    staged = _spread(spark, partial(stage, run), wave)
    rows = [(run.staging(batch.number), part.rows) for batch, part in zip(wave, staged, strict=True)]
    results = audit(spark, mapping, staged_rows(spark, mapping, rows))
    outcome = TransformOutcome(results=results)
    for part in staged:
        outcome.update(TransformOutcome(rows=sum(part.rows.values()), rejections=part.rejections))
    for published in _spread(spark, partial(publish, run, results=results, force=force), wave):
        outcome.update(published)
    return outcome


def _spread(spark: SparkSession, task: Callable[[Batch], Answer], wave: Sequence[Batch]) -> list[Answer]:
    """Return what `task` gives for each batch; each is a Spark task. Raises the first TransientError of any."""
    answers = spark.sparkContext.parallelize(wave, len(wave)).map(partial(_answer, task)).collect()
    return [_checked(answer) for answer in answers]


def _answer(task: Callable[[Batch], Answer], batch: Batch) -> Answer | PlatformError:
    """The answer of a task, or its error as one: Spark would wrap it in a traceback and fail the other tasks."""
    try:
        return task(batch)
    except PlatformError as error:
        return error


def _checked(answer: Answer | PlatformError) -> Answer:
    if isinstance(answer, PlatformError):
        raise answer
    return answer


def _reason(error: Exception) -> str:
    """The one line of an error of Spark that says why: the last before the JVM's stack."""
    text = str(error.java_exception.getMessage()) if hasattr(error, "java_exception") else str(error)
    return text.partition("\n\tat ")[0].strip().splitlines()[-1]
