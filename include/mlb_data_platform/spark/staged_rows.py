"""The staged rows of all tables as one Spark frame, read over JDBC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.sql import SQL

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.spark import jdbc
from mlb_data_platform.spark.layout import Layout
from mlb_data_platform.storage.tables import StagingTables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROWS_PER_PARTITION = 100_000


@dataclass(frozen=True)
class StagedRows:
    """The staged rows of all tables in one frame, how they lie there, and how many each table that has any has."""

    frame: DataFrame
    layout: Layout
    counts: dict[str, int]


def staged_rows(
    spark: SparkSession, mapping: Mapping, staged: Sequence[tuple[StagingTables, Lookup[str, int]]]
) -> StagedRows | None:
    """Return the staged rows of batches, whose counts by table are given; None where there are no rows."""
    layout = Layout(mapping)
    parts = [
        SQL("SELECT {} AS batch, * FROM ({}) rows").format(number, layout.query(staging, table))
        for number, (staging, rows) in enumerate(staged)
        for table in rows
    ]
    if not parts:
        return None
    counts = Counter[str]()
    for _, rows in staged:
        counts.update(rows)
    partitions = min(counts.total() // ROWS_PER_PARTITION + 1, spark.sparkContext.defaultParallelism)
    frame = spark.read.jdbc(
        jdbc.url(),
        f"({SQL(' UNION ALL ').join(parts).as_string()}) AS staged",
        # The constant lets PostgreSQL leave out the batches that a partition does not ask for.
        predicates=[f"batch % {partitions} = {number}" for number in range(partitions)],
        properties=jdbc.properties(),
    )
    return StagedRows(frame, layout, dict(counts))
