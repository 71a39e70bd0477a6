"""What a mapping says of a response, read the plain way: each column of each row by its own walk through JSON.

It shares the models and paths of mappings with the platform, and nothing of what decodes, generates or writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mlb_data_platform.mapping.models import Column, Condition, Mapping, Source
from mlb_data_platform.mapping.paths import Each, Every, Key, Members, Path, Steps
from mlb_data_platform.mapping.places import Place, places


class Refused(Exception):
    """The response has a value that a column cannot take."""


class _Point(str):
    """A number with a point or an exponent, as it is written."""


Trail = tuple[tuple[Any, Any], ...]
"""The nodes that lead to a row, one for each step of its path and one for the response, each with its label."""


def plain_rows(mapping: Mapping, body: bytes, parameters: dict[str, Any]) -> dict[str, list[list[Any]]]:
    """Return the rows of each table that has any, in document order, source by source. Raises Refused."""
    document = json.loads(body, parse_float=_Point)
    root = places(mapping)
    found: dict[str, list[list[Any]]] = {}
    for table, model in mapping.tables.items():
        for source in model.row_sources:
            path, columns = Path.parse(source.rows), mapping.columns(table)
            for trail in _trails(document, path.steps, root):
                if all(_holds(each, trail, path.steps, root) for each in source.where):
                    row = [
                        _column(columns[name], source.columns.get(name, columns[name]), path, trail, parameters)
                        for name in mapping.copy_order(table)
                    ]
                    found.setdefault(table, []).append(row)
    return found


def _trails(document: Any, steps: Steps, root: Place) -> Iterator[Trail]:
    """Return the trail of each element that `steps` lead to."""
    trails: list[Trail] = [((document, None),)]
    for position, step in enumerate(steps):
        place = root.below(steps[: position + 1])[0]
        trails = [(*trail, found) for trail in trails for found in _found(trail[-1][0], step, place)]
    for trail in trails:
        if not steps or not isinstance(steps[-1], Key) or _has_content(trail[-1][0], root.below(steps)[0]):
            yield trail


def _found(node: Any, step: Any, place: Place) -> list[tuple[Any, Any]]:
    match step:
        case Key(name):
            return [(_member(node, name), None)]
        case Members(names):
            members = ((_member(node, name), name) for name in names)
            return [(value, name) for value, name in members if _has_content(value, place)]
        case Each():
            return [(value, index) for index, value in enumerate(node or []) if value is not None]
        case Every():
            return [(value, name) for name, value in (node or {}).items() if value is not None]
    raise TypeError(step)


def _column(column: Column, source: Source, rows: Path, trail: Trail, parameters: dict[str, Any]) -> Any:
    value, type_ = _plain(column, source, rows, trail, parameters), column.type
    if type_ == "jsonb":
        return None if value is None else json.dumps(_numbers(value))
    if type_.endswith("[]") and value not in (None, ""):
        return _array(value)
    if isinstance(value, dict | list):
        raise Refused(f"{value} is no single value")
    if value is not None and (source.plus or source.divide_by or source.modulo):
        try:
            value = (int(_text(value)) + source.plus) // (source.divide_by or 1)
        except ValueError:
            raise Refused(f"{value} is no whole number") from None
        value = value % source.modulo if source.modulo else value
    if value == "" and type_ != "text":
        return None
    if type_ == "double precision" and isinstance(value, _Point):
        return float(value)
    return _text(value)


def _text(value: Any) -> Any:
    """What no column holds as a number stays the text it is in the response; 5.0 is the integer 5."""
    return str(value).removesuffix(".0") if isinstance(value, _Point) else value


def _array(value: Any) -> str:
    """The text of PostgreSQL's array."""
    if not isinstance(value, list) or any(isinstance(each, list | dict) for each in value):
        raise Refused(f"{value} is no list of single values")
    texts = [each if isinstance(each, str) else json.dumps(each) for each in map(_text, value)]
    quoted = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]
    return "{" + ",".join("NULL" if each is None else text for each, text in zip(value, quoted, strict=True)) + "}"


def _numbers(value: Any) -> Any:
    """The same with numbers again where they are kept as they were written."""
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return float(value) if isinstance(value, _Point) else value


def _plain(column: Column, source: Source, rows: Path, trail: Trail, parameters: dict[str, Any]) -> Any:
    for path in source.paths:
        start = 0 if path.absolute else rows.elements_of(source.of) if source.of else len(rows.steps)
        node = trail[start][0]
        for key in path.keys:
            node = _member(node, key)
        if node is not None and _text(node) not in column.null_if:
            return node
    if label := source.position or source.member:
        return trail[rows.elements_of(label)][1]
    if source.parameter is not None:
        return parameters.get(source.parameter, source.default)
    return source.value


def _holds(condition: Condition, trail: Trail, rows: Steps, root: Place) -> bool:
    if condition.path is None:
        return any(_holds(each, trail, rows, root) for each in condition.alternatives or ())
    absolute = Path.parse(condition.path).absolute
    node, place = (trail[0][0], root) if absolute else (trail[-1][0], root.below(rows)[0])
    for step in Path.parse(condition.path).steps:
        node, place = _member(node, step.name), place.below((step,))[0]  # type: ignore[union-attr]
    if condition.present is not None:
        return _has_content(node, place) is condition.present
    if condition.one_of is not None:
        return _text(node) in condition.one_of
    if condition.equals is not None:
        return bool(_text(node) == condition.equals)
    return bool(_text(node) != condition.differs)


def _member(node: Any, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None


def _has_content(value: Any, place: Place) -> bool:
    """Whether there is anything: an object with nothing but nulls where single values stand has no content."""
    if isinstance(value, dict) and place.members:
        return any(
            member is not None or bool(place.members[name].members)
            for name, member in value.items()
            if name in place.members
        )
    return bool(value) if isinstance(value, list | dict | str) else value is not None
