"""The audit as SQL: what it counts, whom it refuses, what it records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection

from mlb_data_platform.quality.results import Refusal, Result, record_results, refused_units
from mlb_data_platform.quality.sql_audit import audit
from mlb_data_platform.storage.tables import StagingTables
from tests.conftest import Database
from tests.quality_mapping import good_and_bad_rows, rules_mapping, stage


@pytest.fixture
def session(database: Database) -> Iterator[Connection[Any]]:
    """One transaction, in which temporary staged tables keep their rows."""
    with database.connect(autocommit=False) as connection:
        yield connection


def test_rows_are_counted_for_each_rule(session: Connection[Any]) -> None:
    staging = StagingTables(rules_mapping())
    stage(session, staging, good_and_bad_rows())
    failed = {(result.table, result.rule): result.rows_failed for result in audit(session, staging)}
    assert failed == {
        ("groups", "key_complete"): 0,
        ("groups", "key_unique"): 0,
        ("things", "key_complete"): 2,
        ("things", "key_unique"): 2,
        ("things", "base_complete"): 1,
        ("things", "low_complete"): 1,
        ("things", "speed_between"): 1,
        ("things", "speed_between_2"): 1,
        ("things", "base_one_of"): 1,
        ("things", "low_is_low"): 1,
    }


def test_units_that_break_an_error_rule_are_refused_and_no_others(session: Connection[Any]) -> None:
    staging = StagingTables(rules_mapping())
    stage(session, staging, good_and_bad_rows())
    refused = refused_units(session, staging, audit(session, staging))
    assert sorted(refused, key=lambda refusal: refusal.unit["game_pk"]) == [
        Refusal(102, {"game_pk": 2}, ("things.key_complete",)),
        Refusal(103, {"game_pk": 3}, ("things.key_unique",)),
        Refusal(104, {"game_pk": 4}, ("things.speed_between",)),
        Refusal(105, {"game_pk": 5}, ("things.base_one_of",)),
        Refusal(106, {"game_pk": 6}, ("things.low_is_low",)),
        Refusal(107, {"game_pk": 7}, ("things.key_complete",)),  # its row does not say so, its response does
    ]


def test_nothing_staged_keeps_all_rules(session: Connection[Any]) -> None:
    staging = StagingTables(rules_mapping())
    stage(session, staging, {})
    results = audit(session, staging)
    assert {(result.rows_checked, result.rows_failed) for result in results} == {(0, 0)}
    assert refused_units(session, staging, results) == []


def test_results_are_recorded_once_for_each_run_and_rule(session: Connection[Any]) -> None:
    run_id = uuid4()
    record_results(session, run_id, "test.groups", [Result("things", "key_unique", "error", 10, 2)])
    record_results(session, run_id, "test.groups", [Result("things", "key_unique", "error", 12, 0)])
    rows = session.execute(
        "SELECT run_id, endpoint, table_name, rule, level, rows_checked, rows_failed, passed"
        " FROM metadata.data_quality_results"
    ).fetchall()
    assert rows == [(run_id, "test.groups", "things", "key_unique", "error", 12, 0, True)]
