"""DDL from a mapping: the raw table, the tables with keys, indexes and comments, and the views."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Column, Mapping, Source, Table
from mlb_data_platform.mapping.paths import Key, Members, Path

_BODY = "The exact decoded bytes, compressed by zstd; data is read where it is NULL, as in a row inserted without it."
_XACT = "The transaction that added the row: what follows the table compares it with pg_snapshot."

Shape = dict[str, dict[str, str]]  # table: column: type


def shape(mapping: Mapping) -> Shape:
    """Return the tables and columns a mapping asks for, as the snapshot of the migrations keeps them."""
    return {table: {name: column.type for name, column in mapping.columns(table).items()} for table in mapping.tables}


def create(mapping: Mapping) -> str:
    """Return the SQL that creates everything of a mapping that no migration has created yet."""
    return "\n".join(
        [f"CREATE SCHEMA IF NOT EXISTS {mapping.endpoint};\n", *_raw_table(mapping), *_tables(mapping, mapping.tables)]
    )


def extend(mapping: Mapping, known: Shape) -> str:
    """Return the SQL that brings the tables of `known` to what the mapping asks for; "" if they are that already.

    Raises BadInputError where the mapping takes something away or changes a type: such a migration is a decision
    about stored rows, so a person writes it.
    """
    wanted = shape(mapping)
    for table, columns in known.items():
        for column, type_ in columns.items():
            now = wanted.get(table, {}).get(column, "gone")
            if now != type_:
                raise BadInputError(
                    f"{mapping.name}: {table}.{column} was {type_} and is {now} now:"
                    " write that migration by hand, then run `mlb-etl schema generate --accept`"
                )
    added = [
        statement
        for table, columns in wanted.items()
        if table in known
        for name in columns
        if name not in known[table]
        for statement in _added_column(mapping, table, name)
    ]
    return "\n".join([*added, *_tables(mapping, [table for table in wanted if table not in known])])


def _raw_table(mapping: Mapping) -> Iterator[str]:
    name = f"{mapping.endpoint}.{mapping.method}"
    keys = []
    for key, natural in mapping.natural_key.items():
        if natural.generated:
            value = f"(request_params ->> '{natural.parameter}')::{natural.type}"
            keys.append(f"    {key} {natural.type} GENERATED ALWAYS AS ({value}) STORED,")
        else:
            keys.append(f"    {key} {natural.type} NOT NULL,")
    natural_keys = "\n".join(keys)
    yield f"""\
CREATE TABLE {name} (
    id bigint NOT NULL DEFAULT nextval('metadata.raw_id_seq'),
{natural_keys}
    captured_at timestamptz NOT NULL,
    ingested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    schema_version integer,
    source_url text,
    request_params jsonb,
    status_code integer,
    content_sha256 text,
    object_key text,
    data jsonb NOT NULL,
    body bytea,
    xact xid8 DEFAULT pg_current_xact_id(),
    PRIMARY KEY (id, captured_at)
) PARTITION BY RANGE (captured_at);
COMMENT ON TABLE {name} IS {_text(f"Raw responses, kept whole and for ever: {mapping.description}")};
COMMENT ON COLUMN {name}.captured_at IS 'When the request was about to be sent (UTC).';
COMMENT ON COLUMN {name}.body IS {_text(_BODY)};
COMMENT ON COLUMN {name}.content_sha256 IS 'Of the exact decoded bytes, which object_key holds.';
COMMENT ON COLUMN {name}.xact IS {_text(_XACT)};
CREATE INDEX {mapping.method}_natural_key ON {name} ({", ".join(mapping.natural_key)}, captured_at DESC);
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


def _tables(mapping: Mapping, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from _table(mapping, name, mapping.tables[name])


def _table(mapping: Mapping, name: str, table: Table) -> Iterator[str]:
    target = f"{mapping.endpoint}.{name}"
    key = mapping.key(name)
    required = set(key) - set(table.nullable_key) | set(mapping.unit)
    lines = [
        f"    {column} {model.type}{' NOT NULL' if column in required else ''}"
        for column, model in mapping.columns(name).items()
    ]
    lines += ["    captured_at timestamptz NOT NULL", "    raw_id bigint NOT NULL"]
    if name == mapping.version_table:
        lines += ["    content_sha256 text", "    mapping_sha256 text"]
        lines.append("    published_xid xid8 DEFAULT pg_current_xact_id()")
    kind = "UNIQUE NULLS NOT DISTINCT" if table.nullable_key else "PRIMARY KEY"
    lines.append(f"    {kind} ({', '.join(key)})")
    yield f"CREATE TABLE {target} (\n" + ",\n".join(lines) + "\n);"
    yield f"COMMENT ON TABLE {target} IS {_text(table.description)};"
    for column, model in mapping.columns(name).items():
        yield _comment(target, column, model)
    for index in table.indexes:
        yield f"CREATE INDEX {name}_{'_'.join(index)} ON {target} ({', '.join(index)});"
    yield from _views(mapping, name, table)
    yield ""


def _views(mapping: Mapping, name: str, table: Table) -> Iterator[str]:
    if table.views_by is None:
        return
    prefix = re.sub(r"_v\d+$", "", mapping.method)
    for value in _values(table, table.views_by):
        view = f"{mapping.endpoint}.{prefix}_{value}{name.removeprefix(prefix)}"
        rows = f"{mapping.endpoint}.{name} WHERE {table.views_by} = {_text(value)}"
        yield f"CREATE VIEW {view} AS SELECT * FROM {rows};"  # nosec B608


def _values(table: Table, column: str) -> tuple[str, ...]:
    """The keys that a column taken from the members of an object can have: those its rows' path names."""
    for source in table.row_sources:
        steps = Path.parse(source.rows).steps
        label = source.columns.get(column, table.columns[column]).member
        for step, following in pairwise(steps):
            if step == Key(label or "") and isinstance(following, Members):
                return following.names
    raise BadInputError(f"views_by: {column} is not the key of an object whose members the path names")


def _added_column(mapping: Mapping, table: str, name: str) -> Iterator[str]:
    target = f"{mapping.endpoint}.{table}"
    column = mapping.columns(table)[name]
    yield f"ALTER TABLE {target} ADD COLUMN {name} {column.type};"
    yield _comment(target, name, column)


def _comment(target: str, name: str, column: Column) -> str:
    text = ". ".join(part for part in (origin(column), column.description) if part)
    return f"COMMENT ON COLUMN {target}.{name} IS {_text(text)};"


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
    return text


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"
