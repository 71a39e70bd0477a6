"""How the staged rows of all tables of a mapping fit into one frame, which Spark then reads and audits once.

A query of Spark costs much before it has seen a row, so 27 tables must not be 27 queries. The frame has a column for
the table, by number, and slots: columns of a type that each table uses for columns of its own. As many slots are
needed as the widest table has columns, not as all have together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import stamp_columns
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.storage.tables import StagingTables

TABLE = "staged_table"
_LITERAL_FUNCTION_OR_NAME = re.compile(r"'[^']*'|\w+\s*\(|\w+")


class Layout:
    """Which slot holds which column: of the columns that the checks of each table read, and no others."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._numbers = {table: number for number, table in enumerate(mapping.tables)}
        self._slots = {table: dict(_placed(mapping, table)) for table in mapping.tables}
        self._types = {
            slot: _type(mapping, table, name) for table, slots in self._slots.items() for name, slot in slots.items()
        }

    @property
    def key_slots(self) -> list[str]:
        """The slots of what is unique in a table; with the table's number, no two rows have the same values there."""
        return [slot for slot in self._types if slot.startswith("key_")]

    def slots(self, names: Iterable[str], table: str) -> list[str]:
        """Return the slots of columns of `table`."""
        return [self._slots[table][name] for name in names]

    def number(self, table: str) -> int:
        """Return what stands in the column TABLE of rows of `table`."""
        return self._numbers[table]

    def is_of(self, table: str) -> str:
        """Return the condition that a row of the frame is one of `table`."""
        return f"{TABLE} = {self._numbers[table]}"

    def condition(self, check: Check) -> str:
        """Return the condition of `check` for all rows of the frame: those of other tables keep it."""
        slots = self._slots[check.table]
        text = _LITERAL_FUNCTION_OR_NAME.sub(lambda word: slots.get(word[0], word[0]), check.condition or "true")
        return f"NOT {self.is_of(check.table)} OR ({text})"

    def query(self, staging: StagingTables, table: str) -> Composed:
        """Return the query for the rows of a staged table as rows of the frame."""
        columns = {slot: name for name, slot in self._slots[table].items()}
        values = [
            SQL("{} AS {}").format(
                Identifier(columns[slot]) if slot in columns else SQL("NULL::{}").format(SQL(type_)), Identifier(slot)
            )
            for slot, type_ in self._types.items()
        ]
        return SQL("SELECT {} AS {}, {} FROM {}").format(
            self._numbers[table], Identifier(TABLE), SQL(", ").join(values), staging.identifier(table)
        )


def _placed(mapping: Mapping, table: str) -> Iterator[tuple[str, str]]:
    """Each column that a check reads, with its slot; what is unique has slots of its own, the same in all tables."""
    found = checks(mapping, table)
    in_key = dict.fromkeys(name for check in found if check.condition is None for name in check.columns)
    read = dict.fromkeys(name for check in found for name in check.columns)
    taken = Counter[str]()
    for name in {**in_key, **read}:
        kind = ("key_" if name in in_key else "") + re.sub(r"\W", "_", _type(mapping, table, name))
        yield name, f"{kind}_{taken[kind]}"
        taken[kind] += 1


def _type(mapping: Mapping, table: str, name: str) -> str:
    mapped = mapping.columns(table).get(name)
    return mapped.type if mapped else stamp_columns(mapping, table)[name]
