"""The audit through PyDeequ over staged rows as Spark frames: what the Spark program does before it publishes.

Deequ gives the fraction of rows that keep a rule and the number of rows; both are exact, so the rows that fail are
the same number that SQL counts. Its uniqueness counts a NULL in a key as equal to another one, as `unique` wants.
"""

from __future__ import annotations

import os
from collections.abc import Mapping as Lookup
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.rules import Check, checks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def columns_read(mapping: Mapping, table: str) -> list[str]:
    """Return the columns of `table` that its checks read."""
    return list(dict.fromkeys(column for check in checks(mapping, table) for column in check.columns))


def audit(spark: SparkSession, mapping: Mapping, frames: Lookup[str, DataFrame]) -> list[Result]:
    """Return how the rows of each table keep its rules; a table that is not among `frames` has no rows and keeps all.

    Tables are audited side by side: each is a few small Spark jobs, whose scheduling costs more than their work.
    """
    with ThreadPoolExecutor(2 * spark.sparkContext.defaultParallelism) as pool:
        audited = {table: pool.submit(_audit_table, spark, mapping, table, frame) for table, frame in frames.items()}
    return [
        result
        for table in mapping.tables
        for result in (audited[table].result() if table in audited else _vacuous(mapping, table))
    ]


def _vacuous(mapping: Mapping, table: str) -> list[Result]:
    return [Result(table, check.name, check.level, 0, 0) for check in checks(mapping, table)]


def _audit_table(spark: SparkSession, mapping: Mapping, table: str, frame: DataFrame) -> list[Result]:
    os.environ.setdefault("SPARK_VERSION", spark.version)
    from pydeequ.checks import Check as DeequCheck, CheckLevel
    from pydeequ.verification import VerificationResult, VerificationSuite

    found = checks(mapping, table)
    deequ = DeequCheck(spark, CheckLevel.Error, table)
    for check in found:
        # These two assert 1.0 in Scala. An assertion in Python needs a callback server, which keeps the process alive.
        if check.condition is not None:
            deequ.satisfies(check.condition, check.name)
        else:
            deequ.isPrimaryKey(check.columns[0], *check.columns[1:])
