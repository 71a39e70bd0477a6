"""The tables, columns and kinds that `serve` of a mapping names, and which of them there are."""

from __future__ import annotations

from collections.abc import Iterator

from mlb_data_platform.errors import nearest
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import STAMP
from mlb_data_platform.mapping.serve import Kind, Serve, named
from mlb_data_platform.yaml_models import Location

Asked = tuple[Location, str, list[str], list[str]]  # where names stand, what they name, they, and those there are


def unknown_names(mapping: Mapping) -> Iterator[tuple[Location, str]]:
    """Return what `serve` names that is not there, each with where it stands."""
    if mapping.serve is None:
        return
    if mapping.patches is None:
        yield ("serve",), "goes with patches, which say when a unit is settled"
    for location, what, names, known in _asked(mapping, mapping.serve):
        for name in names:
            if name not in known:
                yield location, f"there is no {what} '{name}'{nearest(name, known)}"


def _asked(mapping: Mapping, serve: Serve) -> Iterator[Asked]:
    version = _columns(mapping, mapping.version_table)
    yield ("serve", "state"), "column of the unit", named([serve.state]), list(mapping.unit)
    yield ("serve", "served"), "column of the unit", named([serve.served]), list(mapping.unit)
    yield ("serve", "title"), "column", named(serve.title), version
    for name, kind in serve.kinds.items():
        at: Location = ("serve", "kinds", name)
        yield (*at, "table"), "table", [kind.table] if kind.table else [], list(mapping.tables)
        yield (*at, "columns"), "column", kind.columns, version
        yield (*at, "line"), "column", named(kind.line), [*version, *_of_rows(mapping, serve, kind)]
        if kind.table in mapping.tables:
            yield from _asked_of_rows(mapping, serve, kind, at)


def _asked_of_rows(mapping: Mapping, serve: Serve, kind: Kind, at: Location) -> Iterator[Asked]:
    own = _columns(mapping, kind.table)
    single = [table for table, model in mapping.tables.items() if len(model.key) == 1]
    for name, looked_up in kind.names.items():
        of_table = _columns(mapping, looked_up.table)
        yield (*at, "names", name), "table with a single key column", [looked_up.table], single
        yield (*at, "names", name), f"column of {kind.table}", [looked_up.by], own
        yield (*at, "names", name), f"column of {looked_up.table}", [looked_up.column], of_table
    if kind.of:
        with_rows = [name for name, each in serve.kinds.items() if each.table]
        yield (*at, "of"), "kind with a table", [kind.of], with_rows
        if (table := serve.kinds[kind.of].table if kind.of in serve.kinds else None) in mapping.tables:
            yield (*at, "of"), f"column of {kind.table}", list(mapping.key(table or "")), own


def _of_rows(mapping: Mapping, serve: Serve, kind: Kind) -> list[str]:
    """What the line of a kind can name of its rows, and of those that they belong to."""
    parent = serve.kinds.get(kind.of or "")
    return [name for each in (parent, kind) if each for name in (*_columns(mapping, each.table), *each.names)]


def _columns(mapping: Mapping, table: str | None) -> list[str]:
    return [*mapping.columns(table), *STAMP] if table and table in mapping.tables else []
