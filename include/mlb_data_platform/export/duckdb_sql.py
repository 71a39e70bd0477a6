"""Names, texts and comments in the SQL of DuckDB, which takes no parameters where something is defined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlb_data_platform.export.manifest import Column


def identifier(*names: str) -> str:
    """Return a name, such as a schema's and a table's, as SQL."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def comments(kind: str, name: str, description: str, columns: Mapping[str, Column]) -> Iterator[str]:
    """Yield what says of a relation (`kind`: TABLE or VIEW, `name`: as SQL) and its columns what is said of them."""
    if description:
        yield f"COMMENT ON {kind} {name} IS {literal(description)}"
    for column, each in columns.items():
        if each.description:
            yield f"COMMENT ON COLUMN {name}.{identifier(column)} IS {literal(each.description)}"
