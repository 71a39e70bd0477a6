"""All tables, and the rows of the views, as one file of DuckDB that opens anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from mlb_data_platform.errors import BadInputError, one_line
from mlb_data_platform.export.changes import Change, changes
from mlb_data_platform.export.divisions import divisions
from mlb_data_platform.export.duckdb_sql import comments, identifier, literal
from mlb_data_platform.export.manifest import Column, table_of
from mlb_data_platform.export.relations import views
from mlb_data_platform.export.rows import read
from mlb_data_platform.export.schemas import duckdb_type
from mlb_data_platform.export.snapshot import Snapshot, snapshot
from mlb_data_platform.mapping.load import all_mappings
from mlb_data_platform.storage.executions import Execution

Progress = Callable[[int, int], None]

_MARK = ("metadata", "export")  # the table that says that a file was made here, and of what


def export(file: Path, execution: Execution, report: Progress) -> int:
    """Make `file`, or replace one that was made here; return how many rows it has.

    It is there whole or as it was. Raises BadInputError where there is something else, or it cannot be written.
    """
    _check(file)
    draft = file.with_name(f".{file.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with snapshot() as state, duckdb.connect(str(draft)) as database:
            rows = _File(database).write(state, execution, report)
        draft.replace(file)
    except (OSError, duckdb.IOException) as error:
        raise BadInputError(f"{file}: cannot be written: {one_line(error)}") from None
    finally:
        for left in (draft, draft.with_name(f"{draft.name}.wal")):
            left.unlink(missing_ok=True)
    return rows


class _File:
    """A file of DuckDB that is being filled."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def write(self, state: Snapshot, execution: Execution, report: Progress) -> int:
        """Write all of one state of the database; return how many rows that are."""
        found = changes(state.connection, divisions(all_mappings()), None, state.database)
        schemas = list(dict.fromkeys(change.division.mapping.endpoint for change in found))
        sides = {
            (change.division.mapping.endpoint, view): condition
            for change in found
            for table in change.division.tables
            for view, condition in table_of(change.division, table, ()).views.items()
        }
        shown = [view for view in views(state.connection, schemas) if (view.schema, view.name) not in sides]
        execution.asked = sum(len(change.division.tables) for change in found) + len(shown)
        for schema in (*schemas, _MARK[0]):
            self._database.execute(f"CREATE SCHEMA {identifier(schema)}")
        rows = 0
        for change in found:
            rows += self._tables(change, state)
            execution.done += len(change.division.tables)
            report(execution.done, execution.asked)
        for view in shown:
            name = identifier(view.schema, view.name)
            self._create(name, view.description, view.columns)
            rows += self._insert(name, view.rows(state.connection))
            execution.done += 1
            report(execution.done, execution.asked)
        self._mark(state)
        return rows

    def _tables(self, change: Change, state: Snapshot) -> int:
        division, rows = change.division, 0
        for table in division.tables:
            said = table_of(division, table, ())
            name = identifier(division.mapping.endpoint, table)
            self._create(name, said.description, said.columns)
            for view, condition in said.views.items():
                own = identifier(division.mapping.endpoint, view)
                self._database.execute(f"CREATE VIEW {own} AS SELECT * FROM {name} WHERE {condition}")
        for table, parts in change.work():
            name = identifier(division.mapping.endpoint, table)
            for _, found in read(state.connection, division, table, parts):
                rows += self._insert(name, found)
        return rows

    def _create(self, name: str, description: str, columns: Mapping[str, Column]) -> None:
        definitions = ", ".join(f"{identifier(each)} {duckdb_type(column.type)}" for each, column in columns.items())
        self._database.execute(f"CREATE TABLE {name} ({definitions})")
        for statement in comments("TABLE", name, description, columns):
            self._database.execute(statement)

    def _insert(self, name: str, rows: pa.Table) -> int:
        self._database.register("rows_of_arrow", rows)
        self._database.execute(f"INSERT INTO {name} SELECT * FROM rows_of_arrow")
        self._database.unregister("rows_of_arrow")
        return int(rows.num_rows)

    def _mark(self, state: Snapshot) -> None:
        self._database.execute(
            f"CREATE TABLE {identifier(*_MARK)} AS SELECT now() AS exported_at,"
            f" {literal(state.visible)} AS snapshot, {literal(state.database)} AS database"
        )


def _check(file: Path) -> None:
    """Raise BadInputError where there is something that was not made here."""
    if not file.exists():
        if not file.absolute().parent.is_dir():
            raise BadInputError(f"{file}: there is no folder {file.parent}")
        return
    try:
        with duckdb.connect(str(file), read_only=True) as database:
            database.execute(f"SELECT snapshot, database FROM {identifier(*_MARK)}")
    except (duckdb.Error, OSError):
        raise BadInputError(f"{file} is there, and is no export: it is left alone; take another name") from None
