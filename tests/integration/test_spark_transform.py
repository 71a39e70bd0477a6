"""The Spark engine: the same verdicts, the same tables and the same exit codes as the in-process engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import Connection
from psycopg.sql import SQL

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.quality import sql_audit
from mlb_data_platform.spark import deequ_audit
from mlb_data_platform.spark.audited_rows import audited_rows_of_postgresql
from mlb_data_platform.spark.engine import batches
from mlb_data_platform.spark.layout import Layout
from mlb_data_platform.spark.session import spark_session
from mlb_data_platform.spark.staged_wave import StagedRows, staged_rows, staged_wave
from mlb_data_platform.storage.stored_body import PlainBody
from mlb_data_platform.storage.tables import StagingTables
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.raw_rows import RawRow
from mlb_data_platform.transform.selection import Selection
from tests.conftest import Cli, Database
from tests.integration.support import GAME, at, body, contents, executors_environment, insert_game, one
from tests.quality_mapping import good_and_bad_rows, rules_mapping, stage
from tests.synthetic import feed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.services, pytest.mark.slow]

GOOD, BAD, UNREADABLE = 930_001, 930_002, 930_003


@pytest.fixture(scope="module")
def spark(module_database: Database) -> Iterator[SparkSession]:
    """A Spark session in this process, whose workers have the settings of `module_database`."""
    with spark_session(GAME, more_settings=executors_environment(module_database)) as session:
        yield session


def test_deequ_counts_what_sql_counts(spark: SparkSession, connection: Connection[Any]) -> None:
    mapping, rows = rules_mapping(), good_and_bad_rows()
    staging = StagingTables(mapping, schema="staging", prefix="rules_")
    stage(connection, staging, rows)
    results = deequ_audit.audit(spark, mapping, _staged_rows(spark, connection, staging, _counts(rows)))
    assert results == sql_audit.audit(connection, staging)
    assert {result.rule for result in results if result.refuses} >= {"key_complete", "key_unique", "low_is_low"}


def test_all_tables_are_audited_in_one_pass(spark: SparkSession, connection: Connection[Any]) -> None:
    """However many tables there are: a job where all rules are kept, and another where one is not."""
    mapping = load_mapping(GAME)
    staging = StagingTables(mapping, schema="staging", prefix="passes_")
    staging.create(connection)
    flattened = flattener(mapping).flatten(_raw_row(feed(GOOD)))
    staging.copy(connection, flattened)
    assert len(flattened.count) > 20
    connection.execute(SQL("UPDATE {} SET hits = 0").format(staging.identifier("live_game_boxscore_batting")))
    for jobs, group in ((1, "kept"), (2, "broken")):
        spark.sparkContext.setJobGroup(group, "the audit of all tables of a game")
        results = deequ_audit.audit(spark, mapping, _staged_rows(spark, connection, staging, flattened.count))
        assert results == sql_audit.audit(connection, staging)
        assert any(result.rows_failed for result in results) == (group == "broken")
        assert len(spark.sparkContext.statusTracker().getJobIdsForGroup(group)) == jobs
        connection.execute(SQL("UPDATE {} SET inning = 99").format(staging.identifier("live_game_plays")))


def test_rule_that_spark_cannot_evaluate_is_an_error(spark: SparkSession, connection: Connection[Any]) -> None:
    rule = {"rule": "expression", "name": "odd", "expression": "factorial_of(low) > 1"}
    with pytest.raises(BadInputError, match=r"^test\.groups: things: Spark cannot evaluate its rules: .*factorial_of"):
        _audited_with(spark, connection, rule)


def test_rule_that_spark_cannot_compute_is_an_error(spark: SparkSession, connection: Connection[Any]) -> None:
    rule = {"rule": "expression", "name": "odd", "expression": "low + 2147483647 > 1"}
    with pytest.raises(BadInputError, match=r"^test\.groups: Spark cannot evaluate its rules: .*ARITHMETIC_OVERFLOW"):
        _audited_with(spark, connection, rule)


def test_rows_that_spark_cannot_read_are_worth_a_retry(spark: SparkSession) -> None:
    """An executor may be lost in the middle of an audit; Deequ says so in the words it has for a bad rule."""
    lost = spark.createDataFrame([(None,)], "audited binary")
    with pytest.raises(TransientError, match=r"^test\.groups: Spark could not audit its rows: .*lost with an executor"):
        deequ_audit.audit(spark, rules_mapping(), staged_rows(lost, rules_mapping(), {"things": 14}))


def test_what_is_lost_with_an_executor_is_staged_again(spark: SparkSession, module_database: Database) -> None:
    mapping = load_mapping(GAME)
    with module_database.connect() as connection:
        for game in (GOOD, BAD):
            insert_game(connection, body(feed(game)), at(0))
        refs = pending(connection, mapping, Selection())
    with staged_wave(spark, mapping, batches(GAME, refs, 2)) as wave:
        staged = wave.staged()
        _lose(spark)
        results = deequ_audit.audit(spark, mapping, wave.rows(staged))
        assert sum(result.rows_checked for result in results if result.rule == "key_unique") == sum(
            sum(each.rows.values()) for each in staged
        )
        published = wave.published(results, force=False)
    assert [len(each.in_place) for each in published] == [1, 1]
    with module_database.connect() as connection:
        assert one(connection, "SELECT count(*) FROM game.live_game_metadata") == 2


def _lose(spark: SparkSession) -> None:
    """Let Spark lose for good all that it keeps, as where the executors that have it are killed."""
    kept = spark.sparkContext._jsc.sc().getPersistentRDDs()
    assert kept.size() == 1
    kept.values().head().unpersist(True)


def test_nothing_staged_keeps_all_rules_without_spark(spark: SparkSession) -> None:
    results = deequ_audit.audit(spark, rules_mapping(), None)
    assert {(result.rows_checked, result.rows_failed) for result in results} == {(0, 0)}
    assert len(results) == 10


def _audited_with(spark: SparkSession, connection: Connection[Any], rule: dict[str, str]) -> None:
    mapping, rows = rules_mapping(quality=[rule]), good_and_bad_rows()
    staging = StagingTables(mapping, schema="staging", prefix="odd_")
    stage(connection, staging, rows)
    deequ_audit.audit(spark, mapping, _staged_rows(spark, connection, staging, _counts(rows)))


def _staged_rows(
    spark: SparkSession, connection: Connection[Any], staging: StagingTables, counts: Mapping[str, int]
) -> StagedRows:
    """The rows of staged tables as a batch leaves them for the audit."""
    stream = audited_rows_of_postgresql(connection, Layout(staging.mapping), staging)
    frame = spark.createDataFrame([(bytearray(stream),)], "audited binary")
    return staged_rows(frame, staging.mapping, counts)


def _counts(rows: Mapping[str, Sequence[object]]) -> dict[str, int]:
    return {table: len(values) for table, values in rows.items()}


def _raw_row(content: dict[str, Any]) -> RawRow:
    return RawRow(
        raw_id=1,
        captured_at=at(0),
        valid_from=at(0),
        content_sha256="",
        source_url="http://api/feed",
        parameters={},
        natural_key={"game_pk": content["gamePk"]},
        body=PlainBody(body(content)),
    )


def test_both_engines_leave_the_same(new_database: Callable[[], Database]) -> None:
    process, spark = (_transformed(new_database(), engine) for engine in ("process", "spark"))
    assert spark == process
    exit_code, errors, tables, quality, job = spark
    assert exit_code == 2
    assert job == ("failed", 2, 3, 1)
    assert [str(game) in error for game, error in zip((BAD, UNREADABLE), errors, strict=True)] == [True, True]
    assert len(tables["live_game_plays"]) == 10  # the good game's
    assert {(table, rule) for table, rule, level, *_, passed in quality if level == "error" and not passed} == {
        ("live_game_linescore_innings", "inning_between"),
        ("live_game_linescore_innings", "key_unique"),
        ("live_game_plays", "half_inning_one_of"),
    }


def _transformed(database: Database, engine: str) -> tuple[Any, ...]:
    """Transform a good game, one whose rows break rules and one that is no game; return all that this leaves."""
    broken = feed(BAD)
    innings = broken["liveData"]["linescore"]["innings"]
    innings[0]["num"] = 99
    innings.append({**innings[1]})
    broken["liveData"]["plays"]["allPlays"][0]["about"]["halfInning"] = "sideways"
    with database.connect() as connection:
        for minute, content in enumerate([feed(GOOD), broken, {**feed(UNREADABLE), "gamePk": GOOD}]):
            insert_game(connection, body(content), at(minute), game_pk=(GOOD, BAD, UNREADABLE)[minute])
        finished = Cli(database.environment)("transform", GAME, "--all", "--engine", engine)
        quality = connection.execute(
            "SELECT table_name, rule, level, rows_checked, rows_failed, passed FROM metadata.data_quality_results"
            " ORDER BY table_name, rule"
        ).fetchall()
        job = connection.execute("SELECT status, exit_code, asked, done FROM metadata.job_executions").fetchone()
        errors = sorted(line for line in finished.err.splitlines() if line.startswith("error: "))
        assert "Traceback" not in finished.err, finished.output
        assert one(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'") == 0
        return finished.exit_code, errors, contents(connection), quality, job
