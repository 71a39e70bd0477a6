"""What a database really has of a mapping: the difference that no migration explains."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import Connection

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.staging import added_columns


def differences(connection: Connection, mapping: Mapping) -> list[str]:
    """Return one line for each column, type or key in which the database differs from `mapping`; [] if it does not."""
    found = {mapping.method: _raw_table(connection, mapping)}
    for table in mapping.tables:
        wanted = {name: column.type for name, column in mapping.columns(table).items()} | added_columns(mapping, table)
        found[table] = list(_table(connection, f"{mapping.endpoint}.{table}", wanted, mapping.key(table)))
    return [f"{mapping.endpoint}.{table}{line}" for table, lines in found.items() for line in lines]


def _raw_table(connection: Connection, mapping: Mapping) -> list[str]:
    columns = _columns(connection, mapping.name)
    if not columns:
        return [": is missing in the database"]
    return [f".{name}: is missing in the database" for name in mapping.natural_key if name not in columns]


def _table(connection: Connection, name: str, wanted: dict[str, str], key: tuple[str, ...]) -> Iterator[str]:
    columns = _columns(connection, name)
    if not columns:
        yield ": is missing in the database"
        return
    types = _spelled(connection, wanted)
    for column, type_ in types.items():
        if column not in columns:
            yield f".{column}: is missing in the database"
        elif columns[column] != type_:
            yield f".{column}: is {columns[column]} in the database, {type_} in the mapping"
    for column in columns.keys() - types.keys():
        yield f".{column}: is in the database only"
    if set(key) not in _unique_keys(connection, name):
        yield f": has no unique key ({', '.join(key)}) in the database"


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


def _unique_keys(connection: Connection, table: str) -> list[set[str]]:
    rows = connection.execute(
        """
        SELECT array_agg(a.attname::text) FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
        WHERE i.indrelid = to_regclass(%s) AND i.indisunique GROUP BY i.indexrelid
        """,
        (table,),
    )
    return [set(names) for (names,) in rows]
