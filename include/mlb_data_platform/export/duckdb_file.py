"""All tables, and the rows of the views, as one file of DuckDB that opens anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from mlb_data_platform.errors import BadInputError, TransientError, one_line
from mlb_data_platform.export.arrow_session import ArrowSession
from mlb_data_platform.export.changes import Change, changes
from mlb_data_platform.export.divisions import divisions
from mlb_data_platform.export.duckdb_sql import comments, identifier, literal
from mlb_data_platform.export.manifest import Column, Table, table_of
from mlb_data_platform.export.relations import views
from mlb_data_platform.export.rows import read
from mlb_data_platform.export.schemas import duckdb_type
from mlb_data_platform.export.snapshot import Snapshot, snapshot
from mlb_data_platform.mapping.load import all_mappings
from mlb_data_platform.storage.advisory_locks import take
from mlb_data_platform.storage.executions import Execution

Progress = Callable[[int, int], None]

_ATTACHED = "the_export"
_MARK = ("metadata", "export")  # the table that says that a file was made here, and of what


def export(file: Path, execution: Execution, report: Progress) -> int:
    """Make `file`, or replace one that was made here; return how many rows it has.

    It is there whole or as it was. Raises BadInputError where there is something else, or it cannot be written,
    TransientError where somebody else writes to it.
    """
    _check(file)
    with snapshot() as state:
        name = f"export {file.resolve()}"
        if not take(state.connection, name):  # else both would write to one draft
            raise TransientError(f"another {name} is under way: try again when it has ended")
        with _draft(file) as draft, closing(state.session()) as session, duckdb.connect() as database:
            # By its own name it could be called as one of its schemas is, and none of that could be named.
            database.execute(f"ATTACH {literal(str(draft))} AS {_ATTACHED} (STORAGE_VERSION 'v1.0.0'); USE {_ATTACHED}")
            rows = _File(database, session).write(state, execution, report)
            database.execute(f"USE memory; DETACH {_ATTACHED}")
    return rows


@contextmanager
def _draft(file: Path) -> Iterator[Path]:
    """Give the block a file beside `file`, which takes its place at the end of it; else nothing is left of it.

    Raises BadInputError where it cannot be written.
    """
    draft = file.with_name(f".{file.name}.new")
    try:
        draft.unlink(missing_ok=True)
        yield draft
        draft.replace(file)
    except (OSError, duckdb.Error) as error:
        raise BadInputError(f"{file}: cannot be written: {one_line(error)}") from None
    finally:
        for left in (draft, draft.with_name(f"{draft.name}.wal")):
            left.unlink(missing_ok=True)


class _File:
    """A file of DuckDB that is being filled."""

    def __init__(self, database: duckdb.DuckDBPyConnection, session: ArrowSession) -> None:
        self._database = database
        self._session = session

    def write(self, state: Snapshot, execution: Execution, report: Progress) -> int:
        """Write all of one state of the database; return how many rows that are."""
        found = changes(state.connection, divisions(all_mappings()), None, state.database)
        schemas = list(dict.fromkeys(change.division.mapping.endpoint for change in found))
        tables = {
            name: table_of(change.division, table, ())
            for change in found
            for name, table in change.division.full_names.items()
        }
        sides = {(name.partition(".")[0], side) for name, table in tables.items() for side in table.views}
        shown = [view for view in views(state.connection, schemas) if (view.schema, view.name) not in sides]
        execution.asked = len(tables) + len(shown)
        for schema in (*schemas, _MARK[0]):
            self._database.execute(f"CREATE SCHEMA {identifier(schema)}")
        rows = 0
        for change in found:
            for name, table in change.division.full_names.items():
                rows += self._table(change, name, table, tables[name])
                execution.done += 1
                report(execution.done, execution.asked)
        for view in shown:
            relation = identifier(view.schema, view.name)
            self._create(relation, view.description, view.columns)
            with view.rows(self._session) as found_rows:  # as they come: a view may be the largest table of all
                rows += self._insert(relation, found_rows)
            execution.done += 1
            report(execution.done, execution.asked)
        self._database.execute(
            f"CREATE TABLE {identifier(*_MARK)} AS SELECT now() AS exported_at,"
            f" {literal(state.visible)} AS snapshot, {literal(state.database)} AS database"
        )
        return rows

    def _table(self, change: Change, name: str, table: str, said: Table) -> int:
        relation = identifier(*name.split("."))
        self._create(relation, said.description, said.columns)
        for side, condition in said.views.items():
            view = identifier(change.division.mapping.endpoint, side)
            self._database.execute(f"CREATE VIEW {view} AS SELECT * FROM {relation} WHERE {condition}")  # nosec B608
        return sum(
            self._insert(relation, rows)
            for parts in change.batches()
            for _, rows in read(self._session, change.division, table, parts)
        )

    def _create(self, relation: str, description: str, columns: Mapping[str, Column]) -> None:
        definitions = ", ".join(f"{identifier(name)} {duckdb_type(each.type)}" for name, each in columns.items())
        self._database.execute(f"CREATE TABLE {relation} ({definitions})")
        for statement in comments("TABLE", relation, description, columns):
            self._database.execute(statement)

    def _insert(self, relation: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        self._database.register("rows_of_arrow", rows)
        try:
            inserted = self._database.execute(f"INSERT INTO {relation} SELECT * FROM rows_of_arrow").fetchone()  # nosec B608
        except duckdb.InvalidInputException as error:  # what DuckDB makes of it that rows which come do not go on
            raise TransientError(f"PostgreSQL, rows of {relation}: {one_line(error)}") from None
        self._database.unregister("rows_of_arrow")
        return int(inserted[0]) if inserted else 0


def _check(file: Path) -> None:
    """Raise BadInputError where there is something that was not made here, or nothing can be.

    TransientError where somebody writes to it.
    """
    try:
        is_there, is_written_to = file.exists(), file.with_name(f"{file.name}.wal").exists()
    except OSError as error:
        raise BadInputError(f"{file}: cannot be written: {one_line(error)}") from None
    if not file.absolute().parent.is_dir():
        raise BadInputError(f"{file}: there is no folder {file.parent}")
    if is_there and not is_export(file):
        raise BadInputError(f"{file} is there, and is no export: it is left alone; take another name")
    if is_written_to:  # and would be applied to the new file by whoever opens it
        raise BadInputError(f"{file}.wal has what somebody wrote to an export: remove it, or take another name")


def is_export(file: Path) -> bool:
    """Whether what is there was made here. Raises TransientError where somebody writes to it."""
    try:
        with duckdb.connect(str(file), read_only=True) as database:
            database.execute(f"SELECT snapshot, database FROM {identifier(*_MARK)}")  # nosec B608
    except (duckdb.Error, OSError) as error:
        if "Conflicting lock" in str(error):
            raise TransientError(f"somebody has opened {file} to write to it: {one_line(error)}") from None
        return False
    return True
