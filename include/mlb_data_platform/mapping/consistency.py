"""What the parts of one mapping say of one another: wrong is told when a mapping is loaded, not by a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from mlb_data_platform.errors import nearest
from mlb_data_platform.mapping import corrections_view, serve_names
from mlb_data_platform.mapping.models import ARRAYS, KEPT_WHOLE, Mapping, Table
from mlb_data_platform.mapping.paths import Each, Every, Key, Members, Path, Step, Steps, text
from mlb_data_platform.mapping.places import ANYWHERE, readings
from mlb_data_platform.mapping.provenance import PATCH_COLUMNS, RAW_COLUMNS, STAMP, VALID, VERSION_STAMP
from mlb_data_platform.mapping.quality_rules import Between, Complete, Expression, OneOf
from mlb_data_platform.mapping.shape import index_name, search_index_name, views
from mlb_data_platform.yaml_models import Location

Found = tuple[Location, str]  # where something wrong stands, and what it is

_LONGEST_NAME = 63  # of a relation in PostgreSQL, which cuts what is longer
_NUMBERS = ("bigint", "integer", "numeric", "double precision")
# What may stand in an expression and is no column.
_SQL = frozenset(
    """
    and or not is null true false unknown in between like distinct from case when then else end cast as date timestamp
    interval bigint integer int double precision numeric decimal text string boolean
    """.split()  # noqa: SIM905 - one word per line would be a page
)
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w|\s*\()")
_LITERAL = re.compile(r"'[^']*'")


def problems(mapping: Mapping) -> Iterator[Found]:
    """Return everything that is wrong with `mapping`, although each of its parts is as its model wants it."""
    if mapping.version_table not in mapping.tables:
        hint = nearest(mapping.version_table, list(mapping.tables))
        yield ("version_table",), f"there is no table '{mapping.version_table}'{hint}"
        return
    of_tables = [
        (("tables", name, *location), message)
        for name, table in mapping.tables.items()
        for location, message in _table_problems(mapping, name, table)
    ]
    yield from of_tables
    yield from serve_names.unknown_names(mapping)
    yield from corrections_view.unknown_names(mapping)
    yield from _export_problems(mapping)
    for column, key in mapping.natural_key.items():
        if column in RAW_COLUMNS | PATCH_COLUMNS:
            yield ("natural_key", column), "every raw table has a column of this name"
        if key.many is not None and key.many not in mapping.unit:
            hint = nearest(key.many, list(mapping.unit))
            yield ("natural_key", column, "many"), f"{key.many} is no column of {mapping.version_table}'s key{hint}"
    for name, location in relations(mapping):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            yield location, f"makes the name {name}, which is not in snake_case"
        if len(name) > _LONGEST_NAME:
            yield location, f"makes the name {name}, which has more than {_LONGEST_NAME} characters"
    if not of_tables:  # else a path may start nowhere
        yield from _conflicts(mapping)


def relations(mapping: Mapping) -> Iterator[tuple[str, Location]]:
    """Return the names of all tables, views and indexes of a mapping in its schema, each with what asks for it."""
    methods: list[tuple[str, Location]] = [(mapping.method, ("method",))]
    if mapping.patches:
        methods.append((mapping.patches.method, ("patches", "method")))
    for method, location in methods:
        for name in (method, f"{method}_default", f"{method}_natural_key"):
            yield name, location
    for name, table in mapping.tables.items():
        yield name, ("tables", name)
        for position, index in enumerate(table.indexes):
            yield index_name(name, index), ("tables", name, "indexes", position)
        for position, column in enumerate(table.searched):
            yield search_index_name(name, column), ("tables", name, "searched", position)
        for view in views(mapping, name):
            yield view, ("tables", name, "views_by")


def _table_problems(mapping: Mapping, name: str, table: Table) -> Iterator[Found]:
    columns = mapping.columns(name)
    for column in table.columns:
        if column in mapping.common:
            yield ("columns", column), "duplicate column: it is a common one"
        if column in (*STAMP, *VERSION_STAMP, VALID):
            yield ("columns", column), "every table, version table or table of history has a column of this name"
    if missing := [column for column in mapping.unit if column not in columns]:
        yield ("columns",), f"has no {', '.join(missing)}, the unit of replacement"
    elif table.across_units is None and (missing := [each for each in mapping.unit if each not in mapping.key(name)]):
        message = "a row of one unit would replace that of another; where none can, say why under 'across_units'"
        yield ("key",), f"lacks {', '.join(missing)} of the unit ({', '.join(mapping.unit)}): {message}"
    if not mapping.key(name):
        yield ("key",), "give at least one column"
    if len(set(mapping.key(name))) < len(mapping.key(name)):
        yield ("key",), "names a column twice"
    for column in mapping.key(name):
        if column in columns and columns[column].type in (KEPT_WHOLE, *ARRAYS):
            yield ("key",), f"{column} is {columns[column].type}: only a single value names a row"
    for position, column in enumerate(table.searched):
        if column in columns and columns[column].type != "text":
            yield ("searched", position), f"{column} is {columns[column].type}: only a text begins with letters"
    if table.views_by and not table.view_values:
        yield ("views_by",), f"{table.views_by} is not the key of an object whose members the path of the rows names"
    for location, named in _named_columns(table):
        for column in named:
            if column not in columns:
                yield location, f"no such column: {column}{nearest(column, list(columns))}"
    yield from _rule_problems(mapping, name, table)
    yield from _label_problems(mapping, table)


def _named_columns(table: Table) -> Iterator[tuple[Location, list[str]]]:
    """Where a table names columns, and which."""
    yield ("key",), table.key
    for position, index in enumerate(table.indexes):
        yield ("indexes", position), index
    yield ("searched",), table.searched
    for position, rule in enumerate(table.quality):
        match rule:
            case Complete():
                yield ("quality", position), rule.columns
            case Between() | OneOf():
                yield ("quality", position), [rule.column]
            case Expression():
                words = {word.lower() for word in _WORD.findall(_LITERAL.sub("''", rule.expression))}
                yield ("quality", position), sorted(words - _SQL)


def _rule_problems(mapping: Mapping, name: str, table: Table) -> Iterator[Found]:
    """What PostgreSQL and Spark would refuse, or not read alike."""
    types = {column: model.type for column, model in mapping.columns(name).items()}
    for position, rule in enumerate(table.quality):
        match rule:
            case Between(column=column) if types.get(column, _NUMBERS[0]) not in _NUMBERS:
                yield ("quality", position), f"{column} is {types[column]}: only a number has limits"
            case OneOf(column=column, values=values):
                for value in values:
                    if re.search(r"['\\]", str(value)):
                        yield (
                            ("quality", position),
                            f"{value!r}: quotes and backslashes are not read alike everywhere",
                        )
                    elif types.get(column) in _NUMBERS and not isinstance(value, int):
                        yield ("quality", position), f"{value!r} is no value of {column}, which is {types[column]}"


def _export_problems(mapping: Mapping) -> Iterator[Found]:
    """Columns that cannot divide the tables, which are not there or of another type."""
    version = mapping.columns(mapping.version_table)
    for column, type_ in mapping.export.columns.items():
        if column not in version:
            yield ("export",), f"no such column of {mapping.version_table}: {column}{nearest(column, list(version))}"
        elif version[column].type != type_:
            yield ("export",), f"{column} is {version[column].type}, not {type_}"


def _label_problems(mapping: Mapping, table: Table) -> Iterator[Found]:
    """Common columns that a place of rows cannot give; of its own columns the table has seen to it itself."""
    for location, source in table.located_sources:
        for column, model in mapping.common.items():
            if misnamed := source.columns.get(column, model).misnamed(Path.parse(source.rows)):
                yield (*location, "rows"), f"the common column '{column}': {misnamed}"


def _conflicts(mapping: Mapping) -> Iterator[Found]:
    """Places that the mapping takes for two different things: an object here and an array there."""
    paths = [(reading.location, reading.steps, reading.type) for reading in readings(mapping)]
    for position, ignored in enumerate(mapping.ignore):
        if not ignored.path.startswith(ANYWHERE):
            paths.append((("ignore", position), Path.parse(ignored.path).steps, ""))
    first: dict[Steps, tuple[str, Location]] = {}
    reported: set[Steps] = set()
    for location, steps, type_ in paths:
        for place, kind in _kinds(steps, type_):
            before, where = first.setdefault(place, (kind, location))
            if kind != before and place not in reported:
                reported.add(place)
                yield location, f"{text(place)} is {kind} here, and {before} in {'.'.join(map(str, where))}"


def _kinds(steps: Steps, type_: str) -> Iterator[tuple[Steps, str]]:
    """What a path says of the places on its way, and of its end where something of this type is read there."""
    wholes = {KEPT_WHOLE: "kept whole", **dict.fromkeys(ARRAYS, "an array of values")}
    for alone in product(*map(_each_alone, steps)):
        for position, step in enumerate(alone):
            kind = "an array" if isinstance(step, Each) else "a map" if isinstance(step, Every) else "an object"
            yield alone[:position], kind
        if type_ not in ("", "presence"):
            yield alone, wholes.get(type_, "a single value")


def _each_alone(step: Step) -> list[Step]:
    return [Key(name) for name in step.names] if isinstance(step, Members) else [step]
