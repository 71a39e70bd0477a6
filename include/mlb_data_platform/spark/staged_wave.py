"""A wave of batches as Spark holds it from staging to publishing: a frame with a row for each batch.

Spark keeps the rows, in memory and past that on disk, and stages again what is lost with an executor.
"""

from __future__ import annotations

import pickle  # nosec B403 - only what this program itself packed, in its own Spark session
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Lookup
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from mlb_data_platform.errors import PlatformError, TransientError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.spark.audited_rows import schema, unpacked_rows
from mlb_data_platform.spark.layout import Layout
from mlb_data_platform.spark.tasks import Batch, Staged, publish, stage
from mlb_data_platform.transform.outcome import TransformOutcome

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_BATCH, _STAGED, _ROWS, _AUDITED, _OUTCOME = "batch", "staged", "rows", "audited", "outcome"
_WAVE = pa.schema([(_BATCH, pa.int32()), *((name, pa.binary()) for name in (_STAGED, _ROWS, _AUDITED))])
_OUTCOMES = pa.schema([(_OUTCOME, pa.binary())])

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class StagedRows:
    """The staged rows of all tables in one frame, how they lie there, and how many each table that has any has."""

    frame: DataFrame
    layout: Layout
    counts: dict[str, int]


class StagedWave:
    """Batches that are staged when they are first asked for."""

    def __init__(self, frame: DataFrame, mapping: Mapping, wave: Sequence[Batch]) -> None:
        self._frame = frame
        self._mapping = mapping
        self._wave = wave

    def staged(self) -> list[Staged]:
        """Return what each batch became. Raises the first TransientError of any."""
        return [_checked(pickle.loads(answer)) for (answer,) in self._frame.select(_STAGED).collect()]  # nosec B301

    def rows(self, staged: Iterable[Staged]) -> StagedRows | None:
        """Return the rows of the batches, which became `staged`, for the audit; None where there are none."""
        counts = Counter[str]()
        for each in staged:
            counts.update(each.rows)
        return staged_rows(self._frame.select(_AUDITED), self._mapping, counts) if counts else None

    def published(self, results: Sequence[Result], *, force: bool) -> list[TransformOutcome]:
        """Publish the batches and return what has become of each. Raises the first TransientError of any."""
        task = partial(publish, results=results, force=force)
        outcomes = _mapped(self._frame.select(_BATCH, _ROWS), partial(_publish_each, self._wave, task), _OUTCOMES)
        return [_checked(pickle.loads(answer)) for (answer,) in outcomes.collect()]  # nosec B301


def staged_rows(streams: DataFrame, mapping: Mapping, counts: Lookup[str, int]) -> StagedRows:
    """Return the rows of Arrow streams, the one column of a frame, as rows that can be audited."""
    layout = Layout(mapping)
    return StagedRows(_mapped(streams, _audited_rows, schema(layout)), layout, dict(counts))


@contextmanager
def staged_wave(spark: SparkSession, mapping: Mapping, wave: Sequence[Batch]) -> Iterator[StagedWave]:
    """Give the block a wave whose rows Spark keeps until its end."""
    numbers = spark.range(0, len(wave), 1, len(wave))  # each batch is a task
    frame = _mapped(numbers, partial(_stage_each, wave), _WAVE).persist()
    try:
        yield StagedWave(frame, mapping, wave)
    finally:
        frame.unpersist()


def _mapped(
    frame: DataFrame, function: Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]], columns: pa.Schema
) -> DataFrame:
    from pyspark.sql.pandas.types import from_arrow_schema

    return frame.mapInArrow(function, from_arrow_schema(columns))


def _stage_each(wave: Sequence[Batch], numbers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for (number,) in _rows_of(numbers):
        answer = _answer(partial(stage, wave[number]))
        if isinstance(answer, PlatformError):
            yield _row(_WAVE, number, pickle.dumps(answer), None, None)
        else:
            yield _row(_WAVE, number, pickle.dumps(answer.staged), answer.rows, answer.audited)


def _audited_rows(streams: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for (stream,) in _rows_of(streams):
        yield from unpacked_rows(_there(stream))


def _publish_each(
    wave: Sequence[Batch], task: Callable[[Batch, bytes], TransformOutcome], staged: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for number, rows in _rows_of(staged):
        yield _row(_OUTCOMES, pickle.dumps(_answer(lambda: task(wave[number], _there(rows)))))  # noqa: B023  called at once


def _there(content: bytes | None) -> bytes:
    """What a batch left. Raises TransientError where there is nothing: it was lost, and staging it again failed."""
    if content is None:
        raise TransientError("the rows of a batch were lost with an executor, and could not be staged again")
    return content


def _rows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _row(columns: pa.Schema, *values: object) -> pa.RecordBatch:
    arrays = [pa.array([value], type_) for value, type_ in zip(values, columns.types, strict=True)]
    return pa.record_batch(arrays, columns)


def _answer(task: Callable[[], Answer]) -> Answer | PlatformError:
    """The answer of a task, or its error as one: Spark would wrap it in a traceback and fail the other tasks."""
    try:
        return task()
    except PlatformError as error:
        return error


def _checked(answer: Any) -> Any:
    if isinstance(answer, PlatformError):
        raise answer
    return answer
