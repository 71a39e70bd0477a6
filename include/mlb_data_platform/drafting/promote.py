"""A new path of responses becomes a column: one line in the mapping, which else stays as it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from psycopg import Connection
from psycopg.sql import SQL
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from mlb_data_platform.drafting.shape import Shape
from mlb_data_platform.errors import BadInputError, nearest
from mlb_data_platform.mapping import paths
from mlb_data_platform.mapping.coverage import Leaves
from mlb_data_platform.mapping.models import ColumnType, Mapping
from mlb_data_platform.mapping.paths import SELF, Each, Key, Members, Path, Step, Steps, spelled
from mlb_data_platform.mapping.shorthand import as_in_the_feed
from mlb_data_platform.storage.raw import raw_table

_VALUES_LOOKED_AT = 10_000


def promoted(text: str, mapping: Mapping, path: str, table: str, column: str, type_: ColumnType) -> str:
    """Return the text that a mapping is written as with what stands at `path` as a column of a table.

    Raises BadInputError where the mapping knows the path already, or the table cannot have it.
    """
    steps = _parsed(path)
    if table not in mapping.tables:
        raise BadInputError(f"{mapping.name} has no table '{table}'{nearest(table, list(mapping.tables))}")
    if column in mapping.columns(table):
        raise BadInputError(f"{mapping.endpoint}.{table} has a column {column} already")
    if Leaves(mapping).is_known(paths.text(steps)):
        raise BadInputError(f"{mapping.name} knows {path}: a column has it, or 'ignore' leaves it out with a reason")
    source = _source(mapping, table, steps)
    return _with_column(text, table, _written(column, type_, source))


def adds_only(before: Mapping, after: Mapping, table: str, column: str) -> bool:
    """Return whether a mapping differs from the one before it in that a table has this column too, and in nothing."""
    content = after.model_dump()
    return bool(content["tables"][table]["columns"].pop(column, None)) and content == before.model_dump()


def type_in_raw_tier(connection: Connection, mapping: Mapping, path: str) -> ColumnType:
    """Return the narrowest type that holds what captured responses have at a path.

    Raises BadInputError where none of them has a value there, or it is an object.
    """
    query = SQL("SELECT jsonb_path_query(data, %s::jsonpath) FROM {} ORDER BY captured_at DESC LIMIT %s").format(
        raw_table(mapping)
    )
    shape = Shape()
    for (value,) in connection.execute(query, (_as_jsonpath(_parsed(path)), _VALUES_LOOKED_AT)):
        shape.observe(value)
    if shape.seen == shape.nulls:
        raise BadInputError(f"no capture of {mapping.name} has a value at {path}: give its --type")
    if not shape.is_column:
        raise BadInputError(
            f"{path} is an object, or an array of such: name what stands in it, keep it whole with --type jsonb,"
            " or write a table for it"
        )
    return shape.type


def _parsed(path: str) -> Steps:
    try:
        found = Path.parse(path)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    if not found.absolute or not found.steps:
        raise BadInputError(f"'{path}' must start at the response: $.teams[*].name, as `mlb-etl schema drift` has it")
    if odd := [name for step in found.steps if isinstance(step, Members) for name in step.names]:
        raise BadInputError(f"no column can have what stands under '{odd[0]}': name a member as in $.teams.home.name")
    return found.steps[:-1] if found.steps[-1] == Each() else found.steps  # an array of values is one value


def _source(mapping: Mapping, table: str, steps: Steps) -> dict[str, str]:
    """How a column of the table reaches a path: from its row, from what its row lies in, or from the response."""
    sources = mapping.tables[table].row_sources
    if len(sources) > 1:
        raise BadInputError(f"{mapping.endpoint}.{table} has rows of several places: write the column by hand")
    rows = Path.parse(sources[0].rows)
    if _lead(rows.steps, steps) and (below := _named(steps[len(rows.steps) :])) is not None:
        return {"path": below or SELF}
    for end, label in sorted(rows.labels.items(), reverse=True):
        if _lead(rows.steps[:end], steps) and (below := _named(steps[end:])) is not None:
            return {"path": below or SELF, "of": label}
    sides = {name for step in rows.steps if isinstance(step, Members) for name in step.names}
    if (below := _named(steps)) is not None and not sides & set(below.split(".")):  # what one of them has is not both's
        return {"path": f"$.{below}"}
    raise BadInputError(
        f"a row of {mapping.endpoint}.{table} has several of it, or none: its rows are {rows};"
        " another table has one of each, or it needs one of its own"
    )


def _lead(rows: Steps, steps: Steps) -> bool:
    """Whether a path goes through the rows."""
    return len(steps) >= len(rows) and all(map(_same, rows, steps))


def _same(row: Step, step: Step) -> bool:
    return row == step or (isinstance(row, Members) and isinstance(step, Key) and step.name in row.names)


def _named(steps: Steps) -> str | None:
    """The path of these members, None where they go through an array or a map."""
    if not all(isinstance(step, Key) for step in steps):
        return None
    return "".join(spelled(step.name) for step in steps if isinstance(step, Key)).removeprefix(".")


def _as_jsonpath(steps: Steps) -> str:
    def written(step: Step) -> str:
        if isinstance(step, Key):
            return f".{json.dumps(step.name)}"
        return "[*]" if step == Each() else ".*"

    return "$" + "".join(map(written, steps))


def _written(column: str, type_: ColumnType, source: dict[str, str]) -> str:
    """The column as one would write it."""
    type_text = f'"{type_}"' if "[" in type_ else type_
    if source == {"path": as_in_the_feed(column)}:
        return f"{column}: {type_text}"
    others = ", ".join(f"{name}: {_scalar(value)}" for name, value in source.items())
    return f"{column}: {{type: {type_text}, {others}}}"


def _scalar(text: str) -> str:
    is_plain = re.fullmatch(r"[$\w.]+", text) and YAML(typ="safe", pure=True).load(text) == text
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _with_column(text: str, table: str, written: str) -> str:
    """The text of a mapping with one more column at the end of a table's."""
    columns = _node(YAML(typ="safe", pure=True).compose(text), "tables", table, "columns")
    if columns.flow_style:
        end = columns.end_mark.index - 1
        comma = ", " if columns.value and not text[:end].rstrip().endswith(",") else ""
        return f"{text[:end]}{comma}{written}{text[end:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [line if line.endswith("\n") else line + newline for line in text.splitlines(keepends=True)]
    last = max(node.end_mark.line - (node.end_mark.column == 0) for node in _ends(columns))
    indent = " " * columns.value[0][0].start_mark.column
    return "".join([*lines[: last + 1], f"{indent}{written}{newline}", *lines[last + 1 :]])


def _node(root: Node, *keys: str) -> MappingNode:
    node = root
    for key in keys:
        node = next(value for name, value in node.value if name.value == key)
    assert isinstance(node, MappingNode)  # nosec B101: the file is a mapping, as it was loaded
    return node


def _ends(node: Node) -> Iterator[Node]:
    """What stands in a block at its end: blocks themselves reach to what follows them."""
    if not isinstance(node, MappingNode | SequenceNode) or node.flow_style:
        yield node
        return
    for child in [value for _, value in node.value] if isinstance(node, MappingNode) else node.value:
        yield from _ends(child)
