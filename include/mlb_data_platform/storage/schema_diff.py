"""What a database really has of a mapping: the difference that no migration explains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psycopg import Connection

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import PATCH_COLUMNS, added_types
from mlb_data_platform.mapping.raw_endpoint import PatchEndpoint, RawEndpoint
from mlb_data_platform.mapping.shape import TableShape, search_key, shape


def schema_differences(connection: Connection, mapping: Mapping) -> list[str]:
    """Return one line for each table, view, column, type, key or index in which the database differs from `mapping`."""
    wanted = shape(mapping)
    lines = [f"{each.name}{line}" for each in mapping.raw_endpoints for line in _raw_table(connection, each)]
    for name, table in wanted.tables.items():
        types = table.columns | added_types(mapping, name)
        lines += [f"{mapping.endpoint}.{name}{line}" for line in _table(connection, mapping, name, table, types)]
        for view in table.views:
            found = _columns(connection, f"{mapping.endpoint}.{view}")
            lines += [f"{mapping.endpoint}.{view}{line}" for line in _missing(found, types)]
    return lines


def _raw_table(connection: Connection, mapping: RawEndpoint) -> Iterator[str]:
    columns = _columns(connection, mapping.name)
    further = PATCH_COLUMNS if isinstance(mapping, PatchEndpoint) else {}
    yield from _missing(columns, [*mapping.natural_key, *further])
    generated = _generated_columns(connection, mapping.name)
    for column, key in mapping.natural_key.items():
        if column in columns and key.generated != (column in generated):
            kinds = ("generated from the request", "a plain column")
            now, wanted = kinds if column in generated else reversed(kinds)
            yield f".{column}: is {now} in the database, {wanted} in the mapping"


def _table(
    connection: Connection, mapping: Mapping, table: str, wanted: TableShape, columns: dict[str, str]
) -> Iterator[str]:
    name = f"{mapping.endpoint}.{table}"
    found = _columns(connection, name)
    yield from _missing(found, columns)
    if not found:
        return
    types = _spelled(connection, columns)
    for column, type_ in types.items():
        if found.get(column, type_) != type_:
            yield f".{column}: is {found[column]} in the database, {type_} in the mapping"
    for column in sorted(found.keys() - types.keys()):
        yield f".{column}: is in the database only"
    indexes = _indexes(connection, name)
    if not any(set(columns) == set(wanted.key) and unique for columns, unique in indexes):
        yield f": has no unique key ({', '.join(wanted.key)}) in the database"
    for index in wanted.indexes:
        if (tuple(index), False) not in indexes:
            yield f": has no index ({', '.join(index)}) in the database"
    searched = _searched(connection, name)
    for column in wanted.searched:
        if column not in searched:
            yield f": has no index ({search_key(column)}) in the database"


def _missing(found: dict[str, str], wanted: Iterable[str]) -> Iterator[str]:
    if not found:
        yield ": is missing in the database"
        return
    for column in wanted:
        if column not in found:
            yield f".{column}: is missing in the database"


def _columns(connection: Connection, table: str) -> dict[str, str]:
    rows = connection.execute(
        """
        SELECT attname, atttypid::regtype::text FROM pg_attribute
        WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """,
        (table,),
    )
    return dict(rows.fetchall())


def _spelled(connection: Connection, types: dict[str, str]) -> dict[str, str]:
    """The same types as PostgreSQL spells them: timestamptz is `timestamp with time zone`."""
    rows = connection.execute("SELECT t, t::regtype::text FROM unnest(%s::text[]) AS t", (list(set(types.values())),))
    spelled: dict[str, str] = dict(rows.fetchall())
    return {name: spelled[type_] for name, type_ in types.items()}


def _generated_columns(connection: Connection, table: str) -> set[str]:
    rows = connection.execute(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attgenerated <> ''", (table,)
    )
    return {name for (name,) in rows}


def _indexes(connection: Connection, table: str) -> set[tuple[tuple[str, ...], bool]]:
    """The columns of each whole index in order, and whether they are unique, NULLs included."""
    rows = connection.execute(
        """
        SELECT array_agg(a.attname::text ORDER BY k.position),
               i.indisunique AND (i.indnullsnotdistinct OR bool_and(a.attnotnull))
        FROM pg_index i
        CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = to_regclass(%s) AND i.indpred IS NULL AND i.indisvalid
        GROUP BY i.indexrelid
        """,
        (table,),
    )
    return {(tuple(names), unique) for names, unique in rows}


def _searched(connection: Connection, table: str) -> set[str]:
    """The columns that have an index by which it is found how texts begin, in whatever case and with any accents."""
    rows = connection.execute(
        """
        SELECT a.attname::text
        FROM pg_index i
        JOIN pg_opclass o ON o.oid = i.indclass[0] AND o.opcname = 'text_pattern_ops'
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND NOT a.attisdropped
            AND pg_get_indexdef(i.indexrelid, 1, true) = format('metadata.searched(%%I)', a.attname)
        WHERE i.indrelid = to_regclass(%s) AND i.indnatts = 1 AND i.indpred IS NULL AND i.indisvalid
        """,
        (table,),
    )
    return {column for (column,) in rows}
