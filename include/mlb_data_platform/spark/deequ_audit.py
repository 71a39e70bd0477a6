"""The audit through PyDeequ, over staged rows as a Spark frame: what the Spark program does before it publishes.

Deequ answers with the fraction of rows that keep a rule. The number of rows is known, so the number of those that
fail follows exactly, and is the one that `sql_audit` counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Lookup
from typing import TYPE_CHECKING, Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.spark.layout import TABLE
from mlb_data_platform.spark.staged_rows import StagedRows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_KEY_HASH = "key_hash"


def audit(spark: SparkSession, mapping: Mapping, staged: StagedRows | None) -> list[Result]:
    """Return how the staged rows of each table keep its rules; a table without rows keeps them all.

    All tables are one verification run. Raises BadInputError for a rule that Spark cannot evaluate.
    """
    asked = [check for table in mapping.tables for check in checks(mapping, table)]
    counts = staged.counts if staged else {}
    failed = _failed(spark, staged, [check for check in asked if check.table in counts]) if staged else {}
    return [
        Result(check.table, check.name, check.level, counts.get(check.table, 0), failed.get(check, 0))
        for check in asked
    ]


def _failed(spark: SparkSession, staged: StagedRows, asked: Sequence[Check]) -> dict[Check, int]:
    """Return how many rows fail each check; a unique key that all rows keep is left out."""
    from pyspark.sql.functions import xxhash64

    layout = staged.layout
    # Of all tables at once: their keys lie in the same slots, and nearly always no two rows share one. A hash of 64
    # bits may say very rarely that two rows might be the same that differ, so what it suspects is counted exactly.
    frame = staged.frame.withColumn(_KEY_HASH, xxhash64(TABLE, *layout.key_slots))
    named = {f"{check.table}.{check.name}": check for check in asked if check.condition is not None}
    conditions = {name: layout.condition(check) for name, check in named.items()}
    kept = fractions_kept(spark, layout.mapping.name, frame, conditions, [_KEY_HASH])
    rows = sum(staged.counts.values())
    failed = {check: round(rows * (1 - kept[name])) for name, check in named.items()}
    if kept[_KEY_HASH] < 1.0:
        failed |= _failed_keys(spark, frame, staged, [check for check in asked if check.condition is None])
    return failed


def _failed_keys(
    spark: SparkSession, frame: DataFrame, staged: StagedRows, keys: Sequence[Check]
) -> Iterator[tuple[Check, int]]:
    """Yield each key that rows of its table may share, by their hashes, and how many rows do."""
    twice = frame.groupBy(TABLE, _KEY_HASH).count().where("count > 1")
    suspects = {number for (number,) in twice.select(TABLE).distinct().collect()}
    for check in keys:
        if staged.layout.number(check.table) in suspects:
            slots = staged.layout.slots(check.columns, check.table)
            of_table = frame.where(staged.layout.is_of(check.table))
            kept = fractions_kept(spark, f"{staged.layout.mapping.name}: {check.table}", of_table, {}, slots)
            yield check, round(staged.counts[check.table] * (1 - kept[",".join(slots)]))


def fractions_kept(
    spark: SparkSession, of: str, frame: DataFrame, conditions: Lookup[str, str], unique: Sequence[str]
) -> dict[str, float]:
    """Return the fraction of rows that keep each condition, by its name, and of those alone in what is `unique`.

    Of one verification run. Raises BadInputError for a condition that Spark cannot evaluate.
    """
    # pydeequ asks for SPARK_VERSION in the environment when it is imported: spark.session sets it.
    from pydeequ.checks import Check as Constraints
    from pydeequ.checks import CheckLevel
    from pydeequ.verification import VerificationResult, VerificationSuite

    # Only constraints that assert 1.0 by themselves: an assertion in Python would need a callback server, which
    # keeps the process from ending.
    constraints = Constraints(spark, CheckLevel.Error, of).isPrimaryKey(*unique)
    for name, condition in conditions.items():
        constraints.satisfies(condition, name)
    verified = VerificationSuite(spark).onData(frame).addCheck(constraints).run()
    metrics: list[dict[str, Any]] = VerificationResult.successMetricsAsJson(spark, verified)
    kept = {metric["instance"]: metric["value"] for metric in metrics}
    if not kept.keys() >= {*conditions, ",".join(unique)}:
        messages = [result["constraint_message"] for result in VerificationResult.checkResultsAsJson(spark, verified)]
        reason = next(message for message in messages if "Exception" in message).splitlines()[0]
        raise BadInputError(f"{of}: {_not_understood(frame, conditions)}Spark cannot evaluate its rules: {reason}")
    return kept


def _not_understood(frame: DataFrame, conditions: Lookup[str, str]) -> str:
    """The name of the first condition that is no SQL to Spark, as the beginning of a message; empty if all are."""
    from pyspark.errors import AnalysisException

    for name, condition in conditions.items():
        try:
            frame.where(condition)
        except AnalysisException:
            return f"{name}: "
    return ""
