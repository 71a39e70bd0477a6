"""The shape of a mapping in the database: what the snapshot keeps, which the next migration is made from."""

from __future__ import annotations

import re

from pydantic import RootModel

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import NaturalKeyColumn, RawEndpoint
from mlb_data_platform.yaml_models import StrictModel


class TableShape(StrictModel):
    """One table: its columns by type, its key, its indexes, and its views with the rows they show.

    Each of the columns that are `searched` has an index of its own.
    """

    columns: dict[str, str]
    key: list[str]
    nullable_key: list[str]
    indexes: list[list[str]]
    searched: list[str] = []
    views: dict[str, str]


class Shape(StrictModel):
    """The raw table's columns of the natural key, the raw table of patches and the tables, of one mapping.

    `history` says that what is superseded of the tables is kept.
    """

    natural_key: dict[str, str]
    version_table: str
    patches: str | None = None
    history: bool = False
    tables: dict[str, TableShape]


class Snapshot(RootModel[dict[str, Shape]]):
    """The shapes by mapping (`ENDPOINT.METHOD`)."""


def shape(mapping: Mapping) -> Shape:
    """Return what `mapping` asks for."""
    return Shape(
        natural_key=natural_key_columns(mapping),
        version_table=mapping.version_table,
        patches=mapping.patches.method if mapping.patches else None,
        history=True,
        tables={name: _table_shape(mapping, name) for name in mapping.tables},
    )


def natural_key_columns(endpoint: RawEndpoint) -> dict[str, str]:
    """Return the columns of the natural key in the raw table, each with what defines it."""
    return {column: _definition(key) for column, key in endpoint.natural_key.items()}


def index_name(table: str, columns: list[str]) -> str:
    """Return the name of the index of `table` on these columns."""
    return f"{table}_{'_'.join(columns)}"


def search_index_name(table: str, column: str) -> str:
    """Return the name of the index by which it is found how the texts of this column begin."""
    return f"{table}_{column}_searched"


def search_key(column: str) -> str:
    """Return what that index is made of, in SQL."""
    return f"metadata.searched({column}) text_pattern_ops"


def views(mapping: Mapping, table: str) -> dict[str, str]:
    """Return the views that `views_by` makes of `table`, each with the condition on its rows."""
    model = mapping.tables[table]
    prefix = re.sub(r"_v\d+$", "", mapping.method)
    return {
        f"{prefix}_{value}{table.removeprefix(prefix)}": f"{model.views_by} = '{value}'" for value in model.view_values
    }


def _definition(key: NaturalKeyColumn) -> str:
    if key.generated:
        return f"{key.type} GENERATED ALWAYS AS ((request_params ->> '{key.parameter}')::{key.type}) STORED"
    return f"{key.type} NOT NULL"


def _table_shape(mapping: Mapping, name: str) -> TableShape:
    table = mapping.tables[name]
    return TableShape(
        columns={column: model.type for column, model in mapping.columns(name).items()},
        key=list(mapping.key(name)),
        nullable_key=table.nullable_key,
        indexes=table.indexes,
        searched=table.searched,
        views=views(mapping, name),
    )
