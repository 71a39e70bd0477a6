"""The audit through PyDeequ, over staged rows as a Spark frame: what the Spark program does before it publishes.

Deequ answers with the fraction of rows that keep a rule. The number of rows is known, so the number of those that
fail follows exactly, and is the one that `sql_audit` counts. Nearly always the rows of nearly all tables keep all
rules, and to ask that is a fraction of the work: so which tables' rows break any is asked first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as Lookup
from importlib import import_module
from importlib.metadata import version
from threading import Thread
from typing import TYPE_CHECKING, Any

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.spark.layout import Layout
from mlb_data_platform.spark.staged_wave import StagedRows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

os.environ["SPARK_VERSION"] = version("pyspark")  # pydeequ asks for it when it is imported
# What Spark says of a value that a condition cannot be computed of, wherever in the cluster that was.
_OF_A_CONDITION = re.compile(r"Spark(Arithmetic|DateTime|NumberFormat|Runtime)Exception")


def import_ahead() -> None:
    """Begin to import the audit's library: with pandas behind it that takes the second in which Java starts."""
    import_module("pyspark.sql")  # which whoever starts Java imports too: not in two threads at once
    Thread(target=import_module, args=("pydeequ.verification",), daemon=True).start()


def audit(spark: SparkSession, mapping: Mapping, staged: StagedRows | None) -> list[Result]:
    """Return how the staged rows of each table keep its rules; a table without rows keeps them all.

    Raises BadInputError for a rule that Spark cannot evaluate, TransientError where Spark fails at the rows.
    """
    failed = _failed(spark, staged) if staged else {}
    counts = staged.counts if staged else {}
    return [
        Result(table, check.name, check.level, counts.get(table, 0), failed.get(check, 0))
        for table in mapping.tables
        for check in checks(mapping, table)
    ]


def _failed(spark: SparkSession, staged: StagedRows) -> dict[Check, int]:
    """Return how many rows fail each check of a table whose rows do not keep them all."""
    layout, of = staged.layout, staged.layout.mapping.name
    asked = {table: checks(layout.mapping, table) for table in staged.counts}
    whole = {table: _of_table(layout, table, *found) for table, found in asked.items()}
    kept = fractions_kept(spark, of, staged.frame, whole)
    broken = [table for table in asked if kept[table] < 1.0]
    if not broken:
        return {}
    named = {f"{table}.{check.name}": check for table in broken for check in asked[table]}
    rows = sum(staged.counts[table] for table in broken)
    frame = staged.frame.where(" OR ".join(map(layout.is_of, broken)))
    conditions = {name: _of_table(layout, check.table, check) for name, check in named.items()}
    kept = fractions_kept(spark, of, frame, conditions)
    return {check: round(rows * (1 - kept[name])) for name, check in named.items()}


def _of_table(layout: Layout, table: str, *found: Check) -> str:
    """The condition that a row keeps these checks of `table`, or is of another one."""
    return f"NOT {layout.is_of(table)} OR ({' AND '.join(f'({layout.condition(check)})' for check in found)})"


def fractions_kept(spark: SparkSession, of: str, frame: DataFrame, conditions: Lookup[str, str]) -> dict[str, float]:
    """Return the fraction of rows that keep each condition, by its name: of one verification run.

    Raises BadInputError for a condition that Spark cannot evaluate, TransientError where Spark fails at the rows.
    """
    from pydeequ.checks import Check as Constraints
    from pydeequ.checks import CheckLevel
    from pydeequ.verification import VerificationResult, VerificationSuite

    # Only constraints that assert 1.0 by themselves: an assertion in Python would need a callback server, which
    # keeps the process from ending.
    constraints = Constraints(spark, CheckLevel.Error, of)
    for name, condition in conditions.items():
        constraints.satisfies(condition, name)
    verified = VerificationSuite(spark).onData(frame).addCheck(constraints).run()
    metrics: list[dict[str, Any]] = VerificationResult.successMetricsAsJson(spark, verified)
    kept = {metric["instance"]: metric["value"] for metric in metrics}
    if not kept.keys() >= conditions.keys():
        messages = [result["constraint_message"] for result in VerificationResult.checkResultsAsJson(spark, verified)]
        reason = _reason(next(message for message in messages if "Exception" in message))
        misunderstood = _not_understood(frame, conditions)
        if misunderstood or _OF_A_CONDITION.search(reason):
            raise BadInputError(f"{of}: {misunderstood}Spark cannot evaluate its rules: {reason}")
        raise TransientError(f"{of}: Spark could not audit its rows: {reason}")
    return kept


def _reason(message: str) -> str:
    """The line of a message that says why: the first, or the last of Python's traceback, before the JVM's stack."""
    lines = message.partition("\n\tat ")[0].strip().splitlines()
    return lines[-1] if "PythonException" in lines[0] else lines[0]


def _not_understood(frame: DataFrame, conditions: Lookup[str, str]) -> str:
    """The name of the first condition that is no SQL to Spark, as the beginning of a message; empty if all are."""
    from pyspark.errors import AnalysisException

    for name, condition in conditions.items():
        try:
            frame.where(condition)
        except AnalysisException:
            return f"{name}: "
    return ""
