"""The Spark engine: the same verdicts, the same tables and the same exit codes as the in-process engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import Connection, OperationalError

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.quality import sql_audit
from mlb_data_platform.settings import settings
from mlb_data_platform.spark import deequ_audit
from mlb_data_platform.spark.session import spark_session
from mlb_data_platform.spark.staged_rows import staged_rows
from mlb_data_platform.storage.tables import StagingTables
from mlb_data_platform.transform.flatten import flattener
from mlb_data_platform.transform.raw_rows import RawRow
from tests.conftest import Cli, Database
from tests.integration.support import GAME, at, body, contents, insert_game, one
from tests.quality_mapping import good_and_bad_rows, rules_mapping, stage
from tests.synthetic import feed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.services, pytest.mark.slow]

GOOD, BAD, UNREADABLE = 930_001, 930_002, 930_003


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A Spark session in this process."""
    with spark_session(GAME) as session:
        yield session


@pytest.fixture
def in_this_process(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make this process's settings those of `database`."""
    for name, value in database.environment.items():
        if name.startswith("POSTGRES_"):
            monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("in_this_process")
def test_deequ_counts_what_sql_counts(spark: SparkSession, connection: Connection[Any]) -> None:
    mapping, rows = rules_mapping(), good_and_bad_rows()
    half = [{table: values[part::2] for table, values in rows.items()} for part in range(2)]
    whole = StagingTables(mapping, schema="staging", prefix="whole_")
    parts = [StagingTables(mapping, schema="staging", prefix=f"part{number}_") for number in range(2)]
    for staging, staged in zip([whole, *parts], [rows, *half], strict=True):
        stage(connection, staging, staged)
    batches = [(staging, _counts(staged)) for staging, staged in zip(parts, half, strict=True)]
    results = deequ_audit.audit(spark, mapping, staged_rows(spark, mapping, batches))
    assert results == sql_audit.audit(connection, whole)


@pytest.mark.usefixtures("in_this_process")
def test_all_tables_are_audited_in_one_pass(spark: SparkSession, connection: Connection[Any]) -> None:
    """However many tables there are: a job for all conditions, and two of Deequ's for all keys."""
    mapping = load_mapping(GAME)
    staging = StagingTables(mapping, schema="staging", prefix="passes_")
    staging.create(connection)
    flattened = flattener(mapping).flatten(_raw_row(feed(GOOD)))
    staging.copy(connection, flattened)
    assert len(flattened.count) > 20
    staged = staged_rows(spark, mapping, [(staging, flattened.count)])
    spark.sparkContext.setJobGroup("audit", "all tables of a game")
    assert deequ_audit.audit(spark, mapping, staged) == sql_audit.audit(connection, staging)
    assert len(spark.sparkContext.statusTracker().getJobIdsForGroup("audit")) == 3


@pytest.mark.usefixtures("in_this_process")
def test_large_tables_are_read_in_parts_that_add_up(
    spark: SparkSession, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlb_data_platform.spark.staged_rows.ROWS_PER_PARTITION", 5)
    mapping, rows = rules_mapping(), good_and_bad_rows()["things"]
    parts = [StagingTables(mapping, schema="staging", prefix=f"large{number}_") for number in range(3)]
    for number, staging in enumerate(parts):
        stage(connection, staging, {"things": rows[number::3]})
    staged = staged_rows(
        spark, mapping, [(part, {"things": len(rows[number::3])}) for number, part in enumerate(parts)]
    )
    assert staged is not None
    assert staged.frame.rdd.getNumPartitions() == min(3, spark.sparkContext.defaultParallelism)
    assert staged.frame.count() == len(rows)


@pytest.mark.usefixtures("in_this_process")
def test_an_unencrypted_server_is_refused_over_jdbc_as_by_libpq(
    spark: SparkSession, database: Database, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = StagingTables(rules_mapping(), schema="staging", prefix="plain_")
    stage(connection, staging, good_and_bad_rows())
    monkeypatch.setenv("PGSSLMODE", "require")
    with pytest.raises(OperationalError, match="server does not support SSL, but SSL was required"):
        database.connect()
    with pytest.raises(Exception, match="The server does not support SSL"):
        staged_rows(spark, rules_mapping(), [(staging, {"things": 14})])


@pytest.mark.usefixtures("in_this_process")
def test_rule_that_spark_cannot_evaluate_is_an_error(spark: SparkSession, connection: Connection[Any]) -> None:
    mapping = rules_mapping(quality=[{"rule": "expression", "name": "odd", "expression": "factorial_of(low) > 1"}])
    staging = StagingTables(mapping, schema="staging", prefix="odd_")
    stage(connection, staging, good_and_bad_rows())
    staged = staged_rows(spark, mapping, [(staging, {"things": 14})])
    with pytest.raises(
        BadInputError, match=r"^test\.groups: things\.odd: Spark cannot evaluate its rules: .*factorial_of"
    ):
        deequ_audit.audit(spark, mapping, staged)


def test_nothing_staged_keeps_all_rules_without_spark(spark: SparkSession) -> None:
    mapping = rules_mapping()
    results = deequ_audit.audit(spark, mapping, staged_rows(spark, mapping, []))
    assert {(result.rows_checked, result.rows_failed) for result in results} == {(0, 0)}
    assert len(results) == 10


def _counts(rows: Mapping[str, Sequence[object]]) -> dict[str, int]:
    return {table: len(values) for table, values in rows.items()}


def _raw_row(content: dict[str, Any]) -> RawRow:
    return RawRow(
        raw_id=1,
        captured_at=at(0),
        content_sha256="",
        source_url="http://api/feed",
        parameters={},
        natural_key={"game_pk": content["gamePk"]},
        body=body(content),
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
