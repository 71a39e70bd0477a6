"""DDL from a mapping: the raw table, the tables with keys, indexes and comments, and the views."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Column, Mapping, Source, Table
from mlb_data_platform.mapping.provenance import PATCH_COLUMNS, RAW_COLUMNS, added_columns
from mlb_data_platform.mapping.raw_endpoint import PatchEndpoint, RawEndpoint
from mlb_data_platform.mapping.shape import (
    Shape,
    TableShape,
    index_name,
    natural_key_columns,
    search_index_name,
    search_key,
    shape,
    views,
)

_DATA = "The response; NULL in a row whose content is in the archive alone, under object_key."
_BODY = "The exact decoded bytes, compressed by zstd; data is read where it is NULL, as in a row inserted without it."
_MOMENT = "captured_at >= '1876-01-01Z' AND captured_at < '9999-01-01Z'"  # infinity and BC are no date in Python
_XACT = "The transaction that added the row: what follows the table compares it with pg_snapshot."


def create(mapping: Mapping) -> str:
    """Return the SQL that creates everything of a mapping that no migration has created yet."""
    return "\n".join(
        [
            f"CREATE SCHEMA IF NOT EXISTS {mapping.endpoint};\n",
            *_raw_table(mapping),
            *_patch_table(mapping),
            *_tables(mapping, mapping.tables),
        ]
    )


def extend(mapping: Mapping, known: Shape) -> str:
    """Return the SQL that brings what is `known` to what the mapping asks for; "" if it is that already.

    Raises BadInputError where the mapping takes a column away, or changes a type or a key: such a migration is a
    decision about stored rows, so a person writes it.
    """
    wanted = shape(mapping)
    for what, was, now in _decisions(known, wanted):
        raise BadInputError(
            f"{mapping.name}: {what} was {was} and is {now} now: write that migration by hand, then run"
            " `mlb-etl schema generate --accept` (it may empty tables: rows come from the raw tier again)"
        )
    statements = [
        statement
        for table, before in known.tables.items()
        for statement in _changes(mapping, table, before, wanted.tables[table])
    ]
    if known.patches is None:
        statements += _patch_table(mapping)
    if not known.history:
        statements += [_history(mapping, table) for table in known.tables]
    return "\n".join([*statements, *_tables(mapping, [table for table in wanted.tables if table not in known.tables])])


def _decisions(known: Shape, wanted: Shape) -> Iterator[tuple[str, Any, Any]]:
    """What differs that no migration can be generated for: what it is, what it was, what it is now."""
    pairs: list[tuple[str, Any, Any]] = [("the natural key", _listed(known.natural_key), _listed(wanted.natural_key))]
    pairs.append(("version_table", known.version_table, wanted.version_table))
    if known.patches is not None:
        pairs.append(("the method of patches", known.patches, wanted.patches))
    for table, before in known.tables.items():
        now = wanted.tables.get(table)
        columns = now.columns if now else {}
        pairs += [(f"{table}.{name}", type_, columns.get(name, "gone")) for name, type_ in before.columns.items()]
        if now:
            pairs.append((f"the key of {table}", _key_of(before), _key_of(now)))
    return ((what, was, now) for what, was, now in pairs if was != now)


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{name} {definition}" for name, definition in sorted(columns.items()))


def _key_of(table: TableShape) -> str:
    nullable = f", of which {', '.join(table.nullable_key)} may be NULL" if table.nullable_key else ""
    return f"({', '.join(table.key)}){nullable}"


def _changes(mapping: Mapping, table: str, before: TableShape, now: TableShape) -> Iterator[str]:
    """What can be done to a table without touching a row: views and indexes come and go, columns come."""
    for view in sorted(before.views.keys() - now.views.keys()):
        yield f"DROP VIEW {mapping.endpoint}.{view};"
    for index in before.indexes:
        if index not in now.indexes:
            yield f"DROP INDEX {mapping.endpoint}.{index_name(table, index)};"
    for column in before.searched:
        if column not in now.searched:
            yield f"DROP INDEX {mapping.endpoint}.{search_index_name(table, column)};"
    added = [name for name in now.columns if name not in before.columns]
    for name in added:
        yield from _added_column(mapping, table, name)
    if added:
        yield _history(mapping, table)
    for index in now.indexes:
        if index not in before.indexes:
            yield _index(mapping, table, index)
    for column in now.searched:
        if column not in before.searched:
            yield _search_index(mapping, table, column)
    for view, condition in now.views.items():
        if added or before.views.get(view) != condition:  # `*` was read when the view was made
            yield _view(mapping, table, view, replace=view in before.views)


def _patch_table(mapping: Mapping) -> Iterator[str]:
    if mapping.patch_endpoint:
        yield from _raw_table(mapping.patch_endpoint)


def _raw_table(mapping: RawEndpoint) -> Iterator[str]:
    name = mapping.name
    further = PATCH_COLUMNS if isinstance(mapping, PatchEndpoint) else {}
    definitions = {"id": RAW_COLUMNS["id"], **natural_key_columns(mapping), **further, **RAW_COLUMNS}
    columns = "\n".join(f"    {column} {definition}," for column, definition in definitions.items())
    yield f"""\
CREATE TABLE {name} (
{columns}
    PRIMARY KEY (id, captured_at),
    CONSTRAINT captured_at_in_1876_to_9998 CHECK ({_MOMENT}),
    CONSTRAINT content_here_or_archived CHECK (data IS NOT NULL OR object_key IS NOT NULL)
) PARTITION BY RANGE (captured_at);
COMMENT ON TABLE {name} IS {_text(f"Raw responses, kept whole and for ever: {mapping.description}")};
COMMENT ON COLUMN {name}.captured_at IS 'When the request was about to be sent (UTC).';
COMMENT ON COLUMN {name}.data IS {_text(_DATA)};
COMMENT ON COLUMN {name}.body IS {_text(_BODY)};
COMMENT ON COLUMN {name}.content_sha256 IS 'Of the exact decoded bytes, which object_key holds.';
COMMENT ON COLUMN {name}.object_key IS 'The object of the archive that holds this response; NULL: not archived yet.';
COMMENT ON COLUMN {name}.xact IS {_text(_XACT)};
CREATE INDEX {mapping.method}_natural_key ON {name} ({", ".join(mapping.natural_key)}, captured_at DESC);
CREATE INDEX {mapping.method}_not_archived ON {name} (captured_at) WHERE object_key IS NULL;
CREATE INDEX {mapping.method}_xact ON {name} (xact);
ALTER TABLE {name} ALTER COLUMN body SET STORAGE EXTERNAL;
DO $$ BEGIN
    ALTER TABLE {name} ALTER COLUMN data SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;  -- a server built without lz4 keeps pglz
END $$;
CREATE TABLE {name}_default PARTITION OF {name} DEFAULT;
CREATE TRIGGER forget_raw_body BEFORE UPDATE OF data ON {name}
    FOR EACH ROW EXECUTE FUNCTION metadata.forget_raw_body();
"""


def _tables(mapping: Mapping, names: Collection[str]) -> Iterator[str]:
    for name in names:
        yield from _table(mapping, name, mapping.tables[name])
    for name in names:  # once the version table is there
        yield _history(mapping, name)


def _table(mapping: Mapping, name: str, table: Table) -> Iterator[str]:
    target = f"{mapping.endpoint}.{name}"
    key = mapping.key(name)
    required = set(key) - set(table.nullable_key) | set(mapping.unit)
    lines = [
        f"    {column} {model.type}{' NOT NULL' if column in required else ''}"
        for column, model in mapping.columns(name).items()
    ]
    stamp = added_columns(mapping, name)
    lines += [f"    {column} {definition}" for column, definition in stamp.items()]
    kind = "UNIQUE NULLS NOT DISTINCT" if table.nullable_key else "PRIMARY KEY"
    lines.append(f"    {kind} ({', '.join(key)})")
    yield f"CREATE TABLE {target} (\n" + ",\n".join(lines) + "\n);"
    yield f"COMMENT ON TABLE {target} IS {_text(table.description)};"
    for column, model in mapping.columns(name).items():
        yield _comment(target, column, model)
    for index in table.indexes:
        yield _index(mapping, name, index)
    for column in table.searched:
        yield _search_index(mapping, name, column)
    for view in views(mapping, name):
        yield _view(mapping, name, view)
    yield ""


def _history(mapping: Mapping, table: str) -> str:
    unit = ",".join(mapping.unit)
    published, version_table = f"{mapping.endpoint}.{table}", f"{mapping.endpoint}.{mapping.version_table}"
    return f"SELECT metadata.keep_history('{published}', '{version_table}', '{{{unit}}}');"  # nosec B608


def _index(mapping: Mapping, table: str, columns: list[str]) -> str:
    return f"CREATE INDEX {index_name(table, columns)} ON {mapping.endpoint}.{table} ({', '.join(columns)});"


def _search_index(mapping: Mapping, table: str, column: str) -> str:
    name = search_index_name(table, column)
    return f"CREATE INDEX {name} ON {mapping.endpoint}.{table} ({search_key(column)});"


def _view(mapping: Mapping, table: str, view: str, *, replace: bool = False) -> str:
    create = "CREATE OR REPLACE VIEW" if replace else "CREATE VIEW"
    rows = f"{mapping.endpoint}.{table} WHERE {views(mapping, table)[view]}"
    return f"{create} {mapping.endpoint}.{view} AS SELECT * FROM {rows};"  # nosec B608


def _added_column(mapping: Mapping, table: str, name: str) -> Iterator[str]:
    target = f"{mapping.endpoint}.{table}"
    column = mapping.columns(table)[name]
    yield f"ALTER TABLE {target} ADD COLUMN {name} {column.type};"
    yield _comment(target, name, column)


def _comment(target: str, name: str, column: Column) -> str:
    return f"COMMENT ON COLUMN {target}.{name} IS {_text(comment(column))};"


def comment(column: Column) -> str:
    """Return what is said of a column: where it comes from, and its description."""
    return ". ".join(part for part in (origin(column), column.description) if part)


def origin(source: Source) -> str:
    """Return in words where a column comes from."""
    if source.paths:
        text = " or ".join(path.text for path in source.paths)
        text = f"{text} of {source.of}" if source.of else text
    elif source.position:
        text = f"position in {source.position}" + (f" + {source.plus}" if source.plus else "")
    elif source.member:
        text = f"key in {source.member}"
    elif source.parameter:
        text = f"parameter {source.parameter} of the request"
    else:
        text = "" if source.value is None else f"{source.value}"
    for sign, number in (("/", source.divide_by), ("modulo", source.modulo)):
        text += f" {sign} {number}" if number else ""
    if isinstance(source, Column) and source.null_if:
        text += f" unless {' or '.join(map(repr, source.null_if))}"
    return text


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"
