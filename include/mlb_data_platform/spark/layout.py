"""How the rows of all tables of a mapping fit into one frame, which Spark then audits once.

A query of Spark costs much before it has seen a row, so 27 tables must not be 27 queries. The frame has a column for
the table, by number, and slots: columns of a type that each table uses for columns of its own. As many slots are
needed as the widest table has columns, not as all have together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import stamp_columns
from mlb_data_platform.quality.rules import Check, checks

TABLE = "staged_table"
COPIES = "copies"  # how many rows of the table have the key of this one, itself included
_LITERAL_FUNCTION_OR_NAME = re.compile(r"'[^']*'|\w+\s*\(|\w+")


class Layout:
    """Which slot holds which column: of the columns that the checks of each table read, and no others."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._numbers = {table: number for number, table in enumerate(mapping.tables)}
        self._slots = {table: dict(_placed(mapping, table)) for table in mapping.tables}
        self.types = {
            slot: column_types(mapping, table)[name]
            for table, slots in self._slots.items()
            for name, slot in slots.items()
        }
        """PostgreSQL's type of each slot, in the order of the frame's columns."""

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of `table` that a check reads, by their slots."""
        return {slot: name for name, slot in self._slots[table].items()}

    def number(self, table: str) -> int:
        """Return what stands in the column TABLE of rows of `table`."""
        return self._numbers[table]

    def is_of(self, table: str) -> str:
        """Return the condition that a row of the frame is one of `table`."""
        return f"{TABLE} = {self._numbers[table]}"

    def condition(self, check: Check) -> str:
        """Return the condition of `check` for rows of its table in the frame."""
        if check.condition is None:
            return f"{COPIES} = 1"
        slots = self._slots[check.table]
        return _LITERAL_FUNCTION_OR_NAME.sub(lambda word: slots.get(word[0], word[0]), check.condition)


def column_types(mapping: Mapping, table: str) -> dict[str, str]:
    """Return PostgreSQL's type of each column of `table` that whoever writes a row fills in."""
    return {name: column.type for name, column in mapping.columns(table).items()} | stamp_columns(mapping, table)


def _placed(mapping: Mapping, table: str) -> Iterator[tuple[str, str]]:
    """Each column that a condition reads, with its slot."""
    types, taken = column_types(mapping, table), Counter[str]()
    conditions = [check for check in checks(mapping, table) if check.condition is not None]
    for name in dict.fromkeys(name for check in conditions for name in check.columns):
        kind = re.sub(r"\W", "_", types[name])
        yield name, f"{kind}_{taken[kind]}"
        taken[kind] += 1
