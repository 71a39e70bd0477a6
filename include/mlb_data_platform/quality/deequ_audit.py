"""The audit through PyDeequ, over staged rows as Spark frames: what the Spark program does before it publishes.

Deequ answers with the fraction of rows that keep a rule. The number of rows is known, so the number of those that
fail follows exactly, and is the one that `sql_audit` counts.
"""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.rules import Check, checks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


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
    # Side by side, because a table is two small Spark jobs that are mostly planning.
    with ThreadPoolExecutor(spark.sparkContext.defaultParallelism) as pool:
        audited = {table: pool.submit(_audit_table, spark, mapping, table, rows) for table, rows in staged.items()}
    return [
        result
        for table in mapping.tables
        for result in (audited[table].result() if table in audited else _vacuous(mapping, table))
    ]


def _vacuous(mapping: Mapping, table: str) -> list[Result]:
    return [Result(table, check.name, check.level, 0, 0) for check in checks(mapping, table)]


def _audit_table(spark: SparkSession, mapping: Mapping, table: str, rows: StagedRows) -> list[Result]:
    kept = _kept(spark, mapping, table, rows.frame)
    return [
        Result(table, check.name, check.level, rows.count, round(rows.count * (1 - kept[_instance(check)])))
        for check in checks(mapping, table)
    ]


def _kept(spark: SparkSession, mapping: Mapping, table: str, frame: DataFrame) -> dict[str, float]:
    """Return the fraction of rows that keep each check, by the name of its metric, from one verification run."""
    # pydeequ asks for SPARK_VERSION in the environment when it is imported: transform.spark_session sets it.
    from pydeequ.checks import Check as Constraints
    from pydeequ.checks import CheckLevel
    from pydeequ.verification import VerificationResult, VerificationSuite

    # Only constraints that assert 1.0 by themselves: an assertion in Python would need a callback server, which
    # keeps the process from ending.
    constraints = Constraints(spark, CheckLevel.Error, table)
    for check in checks(mapping, table):
        if check.condition is not None:
            constraints.satisfies(check.condition, check.name)
        else:
            constraints.isPrimaryKey(*check.columns)
    frame.cache()
    verified = VerificationSuite(spark).onData(frame).addCheck(constraints).run()
    frame.unpersist()
    metrics: list[dict[str, Any]] = VerificationResult.successMetricsAsJson(spark, verified)
    kept = {metric["instance"]: metric["value"] for metric in metrics}
    if not kept.keys() >= {_instance(check) for check in checks(mapping, table)}:
        messages = [result["constraint_message"] for result in VerificationResult.checkResultsAsJson(spark, verified)]
        reason = next(message for message in messages if "Exception" in message).splitlines()[0]
        raise BadInputError(f"{mapping.name}: {table}: Spark cannot evaluate its rules: {reason}")
    return kept


def _instance(check: Check) -> str:
    """The name that Deequ gives the metric of a check."""
    return check.name if check.condition is not None else ",".join(check.columns)
