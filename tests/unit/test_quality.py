"""The mapping's rules as checks, and results as numbers: what needs no database."""

from __future__ import annotations

from typing import Any

import pytest
from tests.quality_mapping import rules_mapping

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping_file, mapping_files
from mlb_data_platform.quality.results import Result, combined
from mlb_data_platform.quality.rules import checks


def test_rules_become_conditions_that_are_never_unknown() -> None:
    assert {check.name: check.condition for check in checks(rules_mapping(), "things")} == {
        "key_complete": "game_pk IS NOT NULL AND number IS NOT NULL",
        "key_unique": None,
        "base_complete": "base IS NOT NULL",
        "low_complete": "low IS NOT NULL",
        "speed_between": "(speed >= 0.1 AND speed <= 120) IS NOT FALSE",
        "speed_between_2": "(speed >= 40) IS NOT FALSE",
        "base_one_of": "(base IN ('1B', 'top half')) IS NOT FALSE",
        "low_is_low": "(low <= high) IS NOT FALSE",
    }


def test_levels_are_those_of_the_mapping_and_errors_for_the_key() -> None:
    levels = {check.name: check.level for check in checks(rules_mapping(), "things")}
    assert {name for name, level in levels.items() if level == "warning"} == {
        "base_complete",
        "low_complete",
        "speed_between_2",
    }


def test_key_is_unique_within_a_response_and_includes_its_nullable_columns() -> None:
    (unique,) = (check for check in checks(rules_mapping(), "things") if check.condition is None)
    assert unique.columns == ("raw_id", "game_pk", "number", "place")


def test_numbers_are_compared_with_numbers_and_text_with_text() -> None:
    quality = [
        {"rule": "one_of", "column": "low", "values": [1, 2]},
        {"rule": "one_of", "column": "base", "values": [1, 2]},
    ]
    conditions = [check.condition for check in checks(rules_mapping(quality=quality), "things")]
    assert conditions[-2:] == ["(low IN (1, 2)) IS NOT FALSE", "(base IN ('1', '2')) IS NOT FALSE"]


@pytest.mark.parametrize("value", ["it's", "back\\slash"])
def test_values_that_the_engines_read_differently_are_refused(value: str) -> None:
    mapping = rules_mapping(quality=[{"rule": "one_of", "column": "base", "values": [value]}])
    with pytest.raises(BadInputError, match="do not read quotes and backslashes alike"):
        checks(mapping, "things")


@pytest.mark.parametrize("path", mapping_files(), ids=lambda path: path.stem)
def test_names_of_checks_are_unique_in_each_table_of_our_mappings(path: Any) -> None:
    mapping = load_mapping_file(path)
    for table in mapping.tables:
        names = [check.name for check in checks(mapping, table)]
        assert len(names) == len(set(names))


def test_results_of_batches_add_up() -> None:
    parts = [
        Result("plays", "inning_between", "error", 10, 1),
        Result("plays", "key_unique", "error", 10, 0),
        Result("plays", "inning_between", "error", 5, 2),
    ]
    assert combined(parts) == [
        Result("plays", "inning_between", "error", 15, 3),
        Result("plays", "key_unique", "error", 10, 0),
    ]


def test_only_broken_errors_refuse() -> None:
    assert Result("plays", "inning_between", "error", 10, 1).refuses
    assert not Result("plays", "inning_between", "error", 10, 0).refuses
    assert not Result("plays", "inning_between", "warning", 10, 1).refuses
