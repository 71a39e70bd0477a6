"""How the columns of all tables share the columns of one frame."""

from __future__ import annotations

import re

from tests.quality_mapping import rules_mapping

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.spark.layout import Layout
from mlb_data_platform.storage.tables import StagingTables

GAME = load_mapping("game.live_game_v1")


def test_conditions_read_the_slots_of_their_table() -> None:
    conditions = {check.name: Layout(rules_mapping()).condition(check) for check in checks(rules_mapping(), "things")}
    assert (
        conditions["key_complete"] == "NOT staged_table = 1 OR (key_bigint_1 IS NOT NULL AND key_integer_0 IS NOT NULL)"
    )
    assert conditions["base_one_of"] == "NOT staged_table = 1 OR ((text_0 IN ('1B', 'top half')) IS NOT FALSE)"
    assert conditions["low_is_low"] == "NOT staged_table = 1 OR ((integer_0 <= integer_1) IS NOT FALSE)"


def test_text_and_functions_that_are_named_as_columns_stay_as_they_are() -> None:
    check = Check("things", "odd", "error", ("base", "low"), "base = 'the base''s low' AND low (low) > high(high)")
    condition = Layout(rules_mapping()).condition(check)
    assert condition == "NOT staged_table = 1 OR (text_0 = 'the base''s low' AND low (integer_0) > high(integer_1))"


def test_two_tables_share_slots_and_two_columns_of_a_table_do_not() -> None:
    layout = Layout(GAME)
    for table in GAME.tables:
        read = list(dict.fromkeys(column for check in checks(GAME, table) for column in check.columns))
        assert len(set(layout.slots(read, table))) == len(read)
        (key,) = (check.columns for check in checks(GAME, table) if check.condition is None)
        assert set(layout.slots(key, table)) <= set(layout.key_slots)
    assert len(layout.key_slots) < 10


def test_only_columns_that_a_check_reads_are_read() -> None:
    quality = [{"rule": "expression", "name": "short", "expression": "length(base) < 3"}]
    mapping = rules_mapping(quality=quality)
    query = Layout(mapping).query(StagingTables(mapping), "things").as_string()
    assert re.findall(r'"(\w+)" AS', query) == ["raw_id", "game_pk", "number", "place", "base"]


def test_a_query_has_all_slots_in_one_order() -> None:
    layout, staging = Layout(rules_mapping()), StagingTables(rules_mapping())
    queries = [layout.query(staging, table).as_string() for table in ("groups", "things")]
    names = [[part.split()[-1] for part in query.partition(" FROM ")[0].split(", ")] for query in queries]
    assert names[0] == names[1]
    assert '"place" AS "key_integer_1"' in queries[1]
    assert 'NULL::integer AS "key_integer_1"' in queries[0]
