"""Staged tables as Spark frames, read over JDBC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from psycopg.sql import SQL, Composed

from mlb_data_platform.quality.deequ_audit import StagedRows, columns_read
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.staging import Staging, columns

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS_PER_PARTITION = 100_000
_FETCHED_AT_ONCE = 10_000  # the driver's default is all rows of a query in memory


def staged_rows(spark: SparkSession, table: str, staged: Sequence[Staging], count: int) -> StagedRows:
    """Return the staged rows of a table, `count` in all batches together, with the columns that its checks read."""
    union = SQL(" UNION ALL ").join(_batch(table, number, staging) for number, staging in enumerate(staged))
    partitions = min(count // ROWS_PER_PARTITION + 1, spark.sparkContext.defaultParallelism)
    frame = spark.read.jdbc(
        _url(),
        f"({union.as_string()}) AS staged",
        predicates=[f"batch % {partitions} = {number}" for number in range(partitions)],
        properties=_properties(),
    )
    return StagedRows(frame, count)


def _batch(table: str, number: int, staging: Staging) -> Composed:
    # The constant lets PostgreSQL leave out the batches that a partition does not ask for.
    return SQL("SELECT {} AS batch, {} FROM {}").format(
        number, columns(columns_read(staging.mapping, table)), staging.identifier(table)
    )


def _url() -> str:
    known = settings()
    return f"jdbc:postgresql://{known.postgres_host}:{known.postgres_port}/{known.postgres_db}"


def _properties() -> dict[str, str]:
    known = settings()
    return {
        "driver": "org.postgresql.Driver",
        "user": known.postgres_user,
        "password": known.postgres_password.get_secret_value(),
        "ApplicationName": "mlb-etl",
        "fetchsize": str(_FETCHED_AT_ONCE),
    }
