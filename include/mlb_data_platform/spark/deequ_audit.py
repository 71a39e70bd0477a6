"""The audit through PyDeequ, over staged rows as Spark frames: what the Spark program does before it publishes.

Deequ answers with the fraction of rows that keep a rule. The number of rows is known, so the number of those that
fail follows exactly, and is the one that `sql_audit` counts.
"""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.rules import Check, checks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


_KEY_HASH = "key_hash"


@dataclass(frozen=True)
class StagedRows:
    """The staged rows of a table, with the columns its checks read, and how many there are."""

    frame: DataFrame
    count: int


def columns_read(mapping: Mapping, table: str) -> list[str]:
    """Return the columns of `table` that its checks read."""
    return list(dict.fromkeys(column for check in checks(mapping, table) for column in check.columns))


def audit(spark: SparkSession, mapping: Mapping, staged: Lookup[str, StagedRows]) -> list[Result]:
    """Return how the rows of each table keep its rules; a table that is not in `staged` has no rows and keeps all.

    Raises BadInputError for a rule that Spark cannot evaluate.
    """
    all_unique = not staged or _keys_are_unique(spark, mapping, staged)
    # Side by side, because a table is a small Spark job that is mostly planning.
    with ThreadPoolExecutor(spark.sparkContext.defaultParallelism) as pool:
        audited = {
            table: pool.submit(_audit_table, spark, mapping, table, rows, all_unique=all_unique)
            for table, rows in staged.items()
        }
    return [
        result
        for table in mapping.tables
        for result in (audited[table].result() if table in audited else _vacuous(mapping, table))
    ]


def _vacuous(mapping: Mapping, table: str) -> list[Result]:
    return [Result(table, check.name, check.level, 0, 0) for check in checks(mapping, table)]


def _audit_table(
    spark: SparkSession, mapping: Mapping, table: str, rows: StagedRows, *, all_unique: bool
) -> list[Result]:
    asked = [check for check in checks(mapping, table) if check.condition is not None or not all_unique]
    kept = _kept(spark, f"{mapping.name}: {table}", rows.frame, asked)
    return [
        Result(table, check.name, check.level, rows.count, round(rows.count * (1 - kept.get(_instance(check), 1.0))))
        for check in checks(mapping, table)
    ]


def _keys_are_unique(spark: SparkSession, mapping: Mapping, staged: Lookup[str, StagedRows]) -> bool:
    """Whether surely no two rows of any table share what is unique in it: one run for all, since they nearly never do.

    It compares hashes of 64 bits, so of two rows that differ it may, very rarely, say that they might be the same.
    """
    from pyspark.sql.functions import lit, xxhash64

    frames = [
        rows.frame.select(xxhash64(lit(f"{table}.{check.name}"), *check.columns).alias(_KEY_HASH))
        for table, rows in staged.items()
        for check in checks(mapping, table)
        if check.condition is None
    ]
    together = Check(mapping.name, "keys", "error", (_KEY_HASH,))
    all_rows = reduce(lambda some, more: some.unionAll(more), frames)
    return _kept(spark, mapping.name, all_rows, [together])[_KEY_HASH] == 1.0


def _kept(spark: SparkSession, of: str, frame: DataFrame, asked: Sequence[Check]) -> dict[str, float]:
    """Return the fraction of rows that keep each check, by the name of its metric, from one verification run."""
    # pydeequ asks for SPARK_VERSION in the environment when it is imported: spark.session sets it.
    from pydeequ.checks import Check as Constraints
    from pydeequ.checks import CheckLevel
    from pydeequ.verification import VerificationResult, VerificationSuite

    # Only constraints that assert 1.0 by themselves: an assertion in Python would need a callback server, which
    # keeps the process from ending.
    constraints = Constraints(spark, CheckLevel.Error, of)
    for check in asked:
        if check.condition is not None:
            constraints.satisfies(check.condition, check.name)
        else:
            constraints.isPrimaryKey(*check.columns)
    verified = VerificationSuite(spark).onData(frame).addCheck(constraints).run()
    metrics: list[dict[str, Any]] = VerificationResult.successMetricsAsJson(spark, verified)
    kept = {metric["instance"]: metric["value"] for metric in metrics}
    if not kept.keys() >= {_instance(check) for check in asked}:
        messages = [result["constraint_message"] for result in VerificationResult.checkResultsAsJson(spark, verified)]
        reason = next(message for message in messages if "Exception" in message).splitlines()[0]
        raise BadInputError(f"{of}: Spark cannot evaluate its rules: {reason}")
    return kept


def _instance(check: Check) -> str:
    """The name that Deequ gives the metric of a check."""
    return check.name if check.condition is not None else ",".join(check.columns)
