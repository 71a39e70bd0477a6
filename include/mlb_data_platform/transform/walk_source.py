"""The source of the function that walks the decoded responses of one mapping and writes the rows of all its tables.

Tables that share a way through the response share its loops. Each row is written as soon as its values are read, as a
JSON array without its brackets: its `[` goes over the `]` of the row before, and is then made a newline.
The text of the source consists of attributes (see `attribute`), of names that the mapping's models have checked and of
the repr of constants: nothing that stands in a mapping becomes code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile

from mlb_data_platform.mapping.models import ARRAYS, KEPT_WHOLE, Column, Condition, Mapping, RowSource, Source
from mlb_data_platform.mapping.paths import Each, Every, Key, Members, Path, Steps
from mlb_data_platform.mapping.places import places
from mlb_data_platform.transform.code_blocks import Block, Names
from mlb_data_platform.transform.decoded_objects import attribute
from mlb_data_platform.transform.walk_runtime import GLOBALS

FUNCTION = "walk"
_HEADER = '''"""The rows of {}: for each table JSON arrays without their brackets, a line each.

`no_…` are empty objects, which stand where the response has null; `decoded_…` decode an element that is not yet.
"""'''
_LOCALS = ("response", "parameters", "row", "end", "bytearray", "enumerate", "len", "map", "zip")


@dataclass(frozen=True)
class WalkSource:
    """The source of `walk(response, parameters)`, which returns the text of rows for each entry of `tables`.

    A text starts with a newline and, where it has rows, ends with a bracket. The source reads global names besides
    GLOBALS: of `empties` each is the empty object that stands in for null at a place, of `parts` each is the function
    that decodes what stands there, which `response` leaves as it is.
    """

    text: str
    tables: list[str]
    empties: dict[str, Steps]
    parts: dict[str, Steps]


def walk_source(mapping: Mapping) -> WalkSource:
    """Return the source for `mapping`: the same text for the same mapping."""
    return _Writer(mapping).written()


def _accepted_by(mapping: Mapping) -> list[str]:
    """The paths that decide whether a response is accepted."""
    return [*mapping.require, *(key.path for key in mapping.natural_key.values() if key.path is not None)]


@dataclass
class _Element:
    """What rows and columns start from: the response, an element of an array or map, or an object that has content.

    It is `name` in its block. Its `label` (position or key) is there once it was asked for.
    """

    block: Block
    name: str
    steps: Steps
    label: str = ""
    labelled_opening: str = ""
    inner: dict[Steps, _Element] = field(default_factory=dict)

    def asked_label(self) -> str:
        """Return the variable of its position or key, which the loop has from now on."""
        self.block.opening = self.labelled_opening
        return self.label

    def wish(self, keys: tuple[str, ...]) -> str:
        """Return what a variable of what stands at `keys` below should be called."""
        return "_".join([self.name] * bool(self.steps) + [attribute(key) for key in keys])


@dataclass(frozen=True)
class _Row:
    """What a row is made of: the elements that lead to it, by how many steps of `path` lead to each; in which block."""

    path: Path
    elements: dict[int, _Element]
    block: Block

    @property
    def element(self) -> _Element:
        return self.elements[len(self.path.steps)]

    def around(self, label: str) -> _Element:
        """Return the element of the enclosing array or map called `label`."""
        return self.elements[self.path.elements_of(label)]


class _Writer:
    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._places = places(mapping)
        self._names = Names(*_LOCALS, *GLOBALS)
        self._function = Block(f"def {FUNCTION}(response, parameters):", self._names)
        self._response = _Element(self._function, "response", ())
        self._empties: dict[Steps, str] = {}
        self._parts: dict[str, Steps] = {}
        self._read_whole = [Path.parse(text).steps for text in _accepted_by(mapping)]

    def written(self) -> WalkSource:
        sources = [(table, source) for table, model in self._mapping.tables.items() for source in model.row_sources]
        texts = [self._names.of(f"rows {number}", f"{table}_rows") for number, (table, _) in enumerate(sources)]
        self._function.add(*(f'{text} = bytearray(b"\\n")' for text in texts))
        for text, (table, source) in zip(texts, sources, strict=True):
            self._add_rows(text, table, source)
        self._function.add("return (", *(f"    {text}," for text in texts), ")")
        lines = [*_HEADER.format(self._mapping.name).splitlines(), "", "", *self._function.lines(), ""]
        empties = {name: steps for steps, name in self._empties.items()}
        return WalkSource("\n".join(lines), [table for table, _ in sources], empties, self._parts)

    def _add_rows(self, text: str, table: str, source: RowSource) -> None:
        """Add what writes the rows of one source of `table` to the variable `text`."""
        path = Path.parse(source.rows)
        elements = self._elements(path.steps)
        row = _Row(path, elements, self._conditional(elements[len(path.steps)], source.where))
        columns = self._mapping.columns(table)
        values = [
            f"    {self._column(row, columns[name], source.columns.get(name, columns[name]))},  # {name}"
            for name in self._mapping.copy_order(table)
        ]
        row.block.add(f"# {self._mapping.endpoint}.{table}", f"end = len({text}) - 1", "row = (", *values, ")")
        row.block.add(f"encode_into(row, {text}, end)", f"{text}[end] = NEWLINE")

    # Elements, each in a block of its own

    def _elements(self, steps: Steps) -> dict[int, _Element]:
        """Return the elements that `steps` lead through, by how many of them lead to each: the response is at 0."""
        found = {0: self._response}
        at = 0
        while at < len(steps):
            keys = sum(1 for _ in takewhile(lambda step: isinstance(step, Key), steps[at:]))
            head = steps[at : at + keys + 1]
            if head not in found[at].inner:
                found[at].inner[head] = self._inner(found[at], head)
            found[at + len(head)] = found[at].inner[head]
            at += len(head)
        return found

    def _inner(self, outer: _Element, head: Steps) -> _Element:
        """Return the elements of the array or map that `head` leads to from `outer`, or the object at its end."""
        keys = tuple(step.name for step in head if isinstance(step, Key))
        steps, last = (*outer.steps, *head), head[-1]
        if isinstance(last, Key):
            name = outer.block.variable(self._value(outer, outer.block, keys), outer.wish(keys))
            return _Element(outer.block.block(f"if {self._has_content(name, steps)}:"), name, steps)
        array = attribute(keys[-1]) if keys else outer.name
        name = self._names.of(f"element {steps}", f"{array}_item")
        label = self._names.of(f"label {steps}", f"{array}_{'index' if isinstance(last, Each) else 'key'}")
        if isinstance(last, Members):
            holder = self._object(outer, outer.block, keys)
            members = [(member, f"{holder}.{attribute(member)}") for member in last.names]
            plain = f"({', '.join(value for _, value in members)},)"
            labelled = f"({', '.join(f'({member!r}, {value})' for member, value in members)},)"
            guard = f"if not has_content({name}): continue"
        else:
            held = self._value(outer, outer.block, keys)
            keyed = isinstance(last, Every)
            plain = f"({held} or {{}}).values()" if keyed else f"{held} or ()"
            labelled = f"({held} or {{}}).items()" if keyed else f"enumerate({held} or ())"
            if outer is self._response and self._may_be_part(steps):
                plain = f"map({self._part(steps, array)}, {plain})"
                labelled = f"zip({held} or (), {plain})" if keyed else f"enumerate({plain})"
            guard = f"if {self._or_none(name, steps)} is None: continue"
        block = outer.block.block(f"for {name} in {plain}:", guard)
        return _Element(block, name, steps, label, f"for {label}, {name} in {labelled}:")

    def _may_be_part(self, steps: Steps) -> bool:
        """Whether what stands at `steps` are objects that nothing reads but the loop over them."""
        is_object = bool(self._places.below(steps)[0].members)
        return is_object and not any(read[: len(steps)] == steps for read in self._read_whole)

    def _part(self, steps: Steps, array: str) -> str:
        """Return the global name of the function that decodes the elements at `steps`."""
        name = self._names.of(f"part {steps}", f"decoded_{array}_item")
        self._parts[name] = steps
        return name

    def _conditional(self, element: _Element, conditions: list[Condition]) -> Block:
        """Return the block of `element` in which all conditions hold."""
        if not conditions:
            return element.block
        return element.block.block(f"if {' and '.join(self._test(element, each) for each in conditions)}:")

    def _test(self, element: _Element, condition: Condition) -> str:
        if condition.path is None:
            return f"({' or '.join(self._test(element, each) for each in condition.alternatives or ())})"
        path = Path.parse(condition.path)
        start = self._response if path.absolute else element
        value = self._value_from(start, element, element.block, path.keys)
        if condition.present is not None:
            test = self._has_content(value, (*start.steps, *path.steps))
            return test if condition.present else f"not ({test})"
        if condition.one_of is not None:
            return f"{value} in {tuple(condition.one_of)!r}"
        if condition.equals is not None:
            return f"{value} == {condition.equals!r}"
        return f"{value} != {condition.differs!r}"

    def _has_content(self, value: str, steps: Steps) -> str:
        """Return the test of a value at `steps`: most objects are the empty one, which need not be looked into."""
        test = f"has_content({value})"
        is_object = self._places.below(steps)[0].members
        return f"{value} is not {self._empty_at(steps)} and {test}" if is_object else test

    # Values

    def _column(self, row: _Row, column: Column, source: Source) -> str:
        """Return the expression of a column's value, which comes from `source`."""
        value = self._read(row, column, source)
        given = {"plus": source.plus, "divide_by": source.divide_by, "modulo": source.modulo}
        arithmetic = "".join(f", {name}={number!r}" for name, number in given.items() if number)
        origin = source.path or source.position or source.member or source.parameter
        return f"whole_number({value}, {str(origin)!r}{arithmetic})" if arithmetic else value

    def _read(self, row: _Row, column: Column, source: Source) -> str:
        if source.paths:
            values = [_as_column(column, path, self._at_path(row, path, source.of)) for path in source.paths]
            return values[0] if len(values) == 1 else f"first_with_value({', '.join(values)})"
        if label := source.position or source.member:
            return row.around(label).asked_label()
        if source.parameter is not None:
            sent = f"parameters.get({source.parameter!r}, {source.default!r})"
            return self._function.variable(sent, attribute(source.parameter))
        return repr(source.value)

    def _at_path(self, row: _Row, path: Path, of: str | None) -> str:
        """Return the expression of what a path leads to. Where it starts outside of the row, it is read there, once."""
        start = self._response if path.absolute else row.around(of) if of else row.element
        return self._value_from(start, row.element, row.block, path.keys)

    def _value_from(self, start: _Element, element: _Element, block: Block, keys: tuple[str, ...]) -> str:
        """Return the expression of what stands at `keys` below `start`, for use in `block` of `element` or below it."""
        if start is element:
            return self._value(start, block, keys)
        value = self._value(start, start.block, keys)
        return start.block.variable(value, start.wish(keys)) if keys else value

    def _or_none(self, value: str, steps: Steps) -> str:
        """Return the expression of a value at `steps` that is None where the response has null."""
        return f"json_text({value})" if KEPT_WHOLE in self._places.below(steps)[0].types else value

    def _value(self, element: _Element, block: Block, keys: tuple[str, ...]) -> str:
        """Return the expression of what stands at `keys` below an element, for use in `block`."""
        return f"{self._object(element, block, keys[:-1])}.{attribute(keys[-1])}" if keys else element.name

    def _object(self, element: _Element, block: Block, keys: tuple[str, ...]) -> str:
        """Return the variable of the object at `keys` below an element: an empty one where it is null."""
        name = element.name
        for position, key in enumerate(keys, start=1):
            empty = self._empty_at((*element.steps, *map(Key, keys[:position])))
            name = block.variable(f"{name}.{attribute(key)} or {empty}", element.wish(keys[:position]))
        return name

    def _empty_at(self, steps: Steps) -> str:
        """Return the global name of the empty object that stands for null at `steps`."""
        if steps not in self._empties:
            keys = [attribute(step.name) for step in steps if isinstance(step, Key)]
            self._empties[steps] = self._names.of(f"empty {steps}", "_".join(["no", *keys]))
        return self._empties[steps]


def _as_column(column: Column, path: Path, value: str) -> str:
    """Return the expression of what `column` has of the value at `path`."""
    if column.type == KEPT_WHOLE:
        return f"json_text({value})"
    if column.null_if:
        value = f"value_unless({value}, {tuple(column.null_if)!r})"
    return f"array_text({value}, {path.text!r})" if column.type in ARRAYS else value
