"""How the columns of all tables share the columns of one frame, and what Arrow makes of rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.quality_mapping import rules_mapping

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.spark.audited_rows import audited_rows, schema, unpacked_rows
from mlb_data_platform.spark.layout import Layout
from mlb_data_platform.storage.tables import Lines, Rows

GAME = load_mapping("game.live_game_v1")
LAYOUT = Layout(rules_mapping())


def test_conditions_read_the_slots_of_their_table() -> None:
    conditions = {check.name: LAYOUT.condition(check) for check in checks(rules_mapping(), "things")}
    assert LAYOUT.is_of("things") == "staged_table = 1"
    assert conditions["key_complete"] == "bigint_0 IS NOT NULL AND integer_0 IS NOT NULL"
    assert conditions["key_unique"] == "copies = 1"
    assert conditions["base_one_of"] == "(text_0 IN ('1B', 'top half')) IS NOT FALSE"
    assert conditions["low_is_low"] == "(integer_1 <= integer_2) IS NOT FALSE"


def test_text_and_functions_that_are_named_as_columns_stay_as_they_are() -> None:
    check = Check("things", "odd", "error", ("base", "low"), "base = 'the base''s low' AND low (low) > high(high)")
    assert LAYOUT.condition(check) == "text_0 = 'the base''s low' AND low (integer_1) > high(integer_2)"


def test_two_tables_share_slots_and_two_columns_of_a_table_do_not() -> None:
    layout = Layout(GAME)
    columns = [layout.columns(table) for table in GAME.tables]
    assert [len(set(of_table.values())) for of_table in columns] == [len(of_table) for of_table in columns]
    assert len(layout.types) < 30 < sum(map(len, columns))


def test_only_columns_that_a_condition_reads_are_read() -> None:
    quality = [{"rule": "expression", "name": "short", "expression": "length(base) < 3"}]
    layout = Layout(rules_mapping(quality=quality))
    assert list(layout.columns("things").values()) == ["game_pk", "number", "base"]


def test_rows_of_all_tables_lie_in_one_frame() -> None:
    rows = _rows('1,1,null,"1B",90.5,1,2', '1,1,null,"a \\"b\\"\\n",null,null,null', '1,2,null,"null",1e1,1,2')
    rows.add("groups", Lines(b"2026-07-01T00:00Z,101,", b'"sha","sha",2026-07-01T00:00Z,1,"A group"', 1))
    found = pa.Table.from_batches(unpacked_rows(audited_rows(LAYOUT, rows)))
    assert found.schema == schema(LAYOUT)
    assert found["staged_table"].to_pylist() == [1, 1, 1, 0]
    assert found["copies"].to_pylist() == [2, 2, 1, 1]
    assert found["text_0"].to_pylist() == ["1B", 'a "b"\n', "null", None]
    assert found["double_precision_0"].to_pylist() == [90.5, None, 10.0, None]


@pytest.mark.parametrize(
    "row",
    [
        '1,"one",null,"1B",1,1,2',
        '1,99999999999,null,"1B",1,1,2',
        '1,1,null,"1B","fast",1,2',
        '1,1,null,"\\u0000",1,1,2',
    ],
)
def test_what_arrow_does_not_read_is_left_to_postgresql(row: str) -> None:
    with pytest.raises(pa.ArrowInvalid):
        audited_rows(LAYOUT, _rows(row))


def _rows(*lines: str) -> Rows:
    """Rows of things."""
    stamp = f"{datetime(2026, 7, 1, tzinfo=UTC).isoformat()},101,".encode()
    rows = Rows()
    rows.add("things", Lines(stamp, "\n".join(lines).encode(), len(lines)))
    return rows


def test_values_of_any_type_lie_in_the_frame_where_a_check_reads_them() -> None:
    types = {
        "number": "integer",
        "place": "integer",
        "pct": "numeric",
        "tags": "text[]",
        "more": "jsonb",
        "gone": "jsonb",
    }
    columns = {name: {"type": type_, "path": name} for name, type_ in types.items()}
    names = ["pct", "tags", "more"]
    quality = [{"rule": "between", "column": "pct", "low": 0, "high": 1}, {"rule": "complete", "columns": names}]
    layout = Layout(rules_mapping(columns=columns, quality=quality))
    found = pa.Table.from_batches(unpacked_rows(audited_rows(layout, _rows('1,1,null,".512","{\\"a\\"}","[1]","{}"'))))
    assert {name: found[slot][0].as_py() for slot, name in layout.columns("things").items() if name in names} == {
        "pct": Decimal(".512"),
        "tags": '{"a"}',
        "more": "[1]",
    }
