"""The audit as SQL: what it counts, whom it refuses, what it records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.quality_rules import Expression
from mlb_data_platform.quality.results import Refusal, Result, record_results, refused_units
from mlb_data_platform.quality.sql_audit import audit, audit_published
from mlb_data_platform.storage.tables import PublishedTables, StagingTables
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


@pytest.mark.parametrize("expression", ["speed >= 0 AND", "speed + 1", "max(speed) < 9", "sqroot(speed) < 9"])
def test_a_rule_that_is_no_condition_is_bad_input(session: Connection[Any], expression: str) -> None:
    mapping = rules_mapping()
    rule = Expression(rule="expression", name="wrong", expression=expression)
    tables = mapping.tables | {"things": mapping.tables["things"].model_copy(update={"quality": [rule]})}
    staging = StagingTables(mapping.model_copy(update={"tables": tables}))
    staging.create(session)
    with pytest.raises(BadInputError, match="a rule under quality is none: "):
        audit(session, staging)


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


@pytest.mark.parametrize("analyzed", [False, True])
def test_an_audit_of_a_batch_reads_the_rows_of_its_games_and_no_others(
    session: Connection[Any], analyzed: bool
) -> None:
    """Whatever the planner knows: statistics come while a load is going on, or after it."""
    session.execute(
        """
        INSERT INTO game.live_game_pitch_events (game_pk, at_bat_index, event_index, captured_at, raw_id)
        SELECT game, pitch / 5, pitch % 5, now(), 0 FROM generate_series(1, 500) game, generate_series(1, 300) pitch
        """
    )
    if analyzed:
        session.execute("ANALYZE game.live_game_pitch_events")
    units = [{"game_pk": game} for game in range(1, 101)]
    results = audit_published(session, PublishedTables(load_mapping("game.live_game_v1")), units)
    checked = {result.rows_checked for result in results if result.table == "live_game_pitch_events"}
    assert checked == {100 * 300}
    read = session.execute(
        "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'live_game_pitch_events'"
    ).fetchone()
    assert read == (0,), "the audit read the table from end to end"
