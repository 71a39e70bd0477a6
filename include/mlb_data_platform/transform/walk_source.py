"""The source of the function that walks the decoded responses of one mapping, and writes the rows of all its tables.

Tables that share a way through the response share its loops. Each row is written as soon as it is known, as a JSON
array without its brackets: `[` takes the place of the `]` of the row before, and becomes a newline.
Only attributes (see `attribute`), names that the mapping's models have checked and the repr of constants become text of
the source.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile

from mlb_data_platform.mapping.models import Condition, Mapping, RowSource, Source
from mlb_data_platform.mapping.paths import Each, Every, Key, Members, Path, Step, Steps
from mlb_data_platform.mapping.places import enclosing
from mlb_data_platform.transform.code_blocks import Block, Names
from mlb_data_platform.transform.decoded_objects import attribute
from mlb_data_platform.transform.walk_runtime import GLOBALS

FUNCTION = "walk"


@dataclass(frozen=True)
class WalkSource:
    """The source of `def walk(response, parameters)`, which returns the text of rows for each entry of `tables`.

    A text that is not empty starts with a newline, and ends with a bracket.

    `empties` are the global names that it reads: of the empty object that stands in for null at a place.
    """

    source: str
    tables: list[str]
    empties: dict[str, Steps]


def walk_source(mapping: Mapping) -> WalkSource:
    """Return the code of `mapping`: the same text for the same mapping."""
    return _Writer(mapping).code()


@dataclass
class _Element:
    """The response, or an element of one of its arrays, maps or objects, inside the block that has it as `name`.

    `label` is the variable of its position or key; the loop counts only where somebody asked for it.
    """

    block: Block
    name: str
    steps: Steps
    label: str = ""
    labelled_opening: str = ""
    inner: dict[Steps, _Element] = field(default_factory=dict)

    def wish(self, keys: tuple[str, ...]) -> str:
        """Return what a variable of what stands at `keys` below should be called."""
        return "_".join([self.name] * bool(self.steps) + [attribute(key) for key in keys])

    def asked_label(self) -> str:
        self.block.opening = self.labelled_opening
        return self.label


@dataclass(frozen=True)
class _Row:
    """Where a table's rows are made: in `block`, of the last of the elements that `steps` lead through."""

    steps: Steps
    elements: dict[int, _Element]
    """By the number of steps that lead to them, the response as 0 among them."""
    block: Block

    @property
    def element(self) -> _Element:
        return self.elements[len(self.steps)]

    def around(self, label: str) -> _Element:
        """Return the element of the enclosing array or map `label`."""
        return self.elements[enclosing(self.steps, label)]


class _Writer:
    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._names = Names("response", "parameters", "row", "end", "bytearray", "enumerate", "len", *GLOBALS)
        self._function = Block(f"def {FUNCTION}(response, parameters):", self._names)
        self._response = _Element(self._function, "response", ())
        self._empties: dict[Steps, str] = {}

    def code(self) -> WalkSource:
        sources = [(table, source) for table, model in self._mapping.tables.items() for source in model.row_sources]
        texts = [self._names.of(f"rows {number}", f"{table}_rows") for number, (table, _) in enumerate(sources)]
        self._function.add(*(f'{text} = bytearray(b"\\n")' for text in texts))
        for text, (table, source) in zip(texts, sources, strict=True):
            self._add_rows(text, table, source)
        self._function.add("return (", *(f"    {text}," for text in texts), ")")
        lines = [f'"""The rows of {self._mapping.name}."""', "", "", *self._function.lines(), ""]
        return WalkSource(
            "\n".join(lines), [table for table, _ in sources], {name: at for at, name in self._empties.items()}
        )

    def _add_rows(self, rows: str, table: str, source: RowSource) -> None:
        """Add what writes the rows of one source of `table` to the text `rows`."""
        steps = Path.parse(source.rows).steps
        elements = self._elements(steps)
        element = elements[len(steps)]
        row = _Row(steps, elements, self._conditional(element, source.where))
        columns = self._mapping.columns(table)
        values = [
            f"    {self._column(row, source.columns.get(name, columns[name]))},  # {name}"
            for name in self._mapping.copy_order(table)
        ]
        row.block.add(f"# {self._mapping.endpoint}.{table}", f"end = len({rows}) - 1", "row = (", *values, ")")
        row.block.add(f"encode_into(row, {rows}, end)", f"{rows}[end] = NEWLINE")

    def _conditional(self, element: _Element, conditions: list[Condition]) -> Block:
        """Return the block of `element` in which all conditions hold."""
        if not conditions:
            return element.block
        tests = [
            _test(self._value(element, element.block, Path.parse(condition.path).keys), condition)
            for condition in conditions
        ]
        return element.block.block(f"if {' and '.join(tests)}:")

    # Elements

    def _elements(self, steps: Steps) -> dict[int, _Element]:
        """Return the elements that `steps` lead through, by the number of steps that lead to each."""
        element, found = self._response, {0: self._response}
        while len(element.steps) < len(steps):
            rest = steps[len(element.steps) :]
            head = rest[: 1 + sum(1 for _ in takewhile(lambda step: isinstance(step, Key), rest))]
            if head not in element.inner:
                element.inner[head] = self._inner(element, head)
            element = element.inner[head]
            found[len(element.steps)] = element
        return found

    def _inner(self, outer: _Element, head: Steps) -> _Element:
        """Return the element of `head` (keys, then an array or map; or the object at its end) in a block of its own."""
        keys = tuple(step.name for step in head if isinstance(step, Key))
        steps, last = (*outer.steps, *head), head[-1]
        if isinstance(last, Key):
            name = outer.block.variable(self._value(outer, outer.block, keys), outer.wish(keys))
            return _Element(outer.block.block(f"if has_content({name}):"), name, steps)
        array = attribute(keys[-1]) if keys else outer.name
        name = self._names.of(f"item {steps}", f"{array}_item")
        label = self._names.of(f"label {steps}", f"{array}_{'index' if isinstance(last, Each) else 'key'}")
        plain, labelled = self._loops(outer, keys, last)
        left_out = f"not has_content({name})" if isinstance(last, Members) else f"{name} is None"
        block = outer.block.block(f"for {name} in {plain}:", guard=f"if {left_out}: continue")
        return _Element(block, name, steps, label, f"for {label}, {name} in {labelled}:")

    def _loops(self, outer: _Element, keys: tuple[str, ...], step: Step) -> tuple[str, str]:
        """Return what a loop over the elements at `keys` goes through, without their labels and with them."""
        if isinstance(step, Members):
            holder = self._object(outer, outer.block, keys)
            members = [f"{holder}.{attribute(name)}" for name in step.names]
            labelled = (f"({name!r}, {found})" for name, found in zip(step.names, members, strict=True))
            return f"({', '.join(members)},)", f"({', '.join(labelled)},)"
        holder = self._value(outer, outer.block, keys)
        if isinstance(step, Every):
            return f"({holder} or {{}}).values()", f"({holder} or {{}}).items()"
        return f"{holder} or ()", f"enumerate({holder} or ())"

    # Values

    def _column(self, row: _Row, source: Source) -> str:
        """Return the expression of a column's value."""
        value = self._given(row, source)
        steps = {"plus": source.plus, "divide_by": source.divide_by, "modulo": source.modulo}
        arithmetic = "".join(f", {name}={number!r}" for name, number in steps.items() if number)
        return f"whole_number({value}, {str(source.path)!r}{arithmetic})" if arithmetic else value

    def _given(self, row: _Row, source: Source) -> str:
        if source.paths:
            values = [self._at_path(row, path, source.of) for path in source.paths]
            return values[0] if len(values) == 1 else f"first_with_value({', '.join(values)})"
        if label := source.position or source.member:
            return row.around(label).asked_label()
        if source.parameter is not None:
            sent = f"parameters.get({source.parameter!r}, {source.default!r})"
            return self._function.variable(sent, attribute(source.parameter))
        return repr(source.value)

    def _at_path(self, row: _Row, path: Path, of: str | None) -> str:
        """Return the expression of what a path leads to, which is read where its start is: once, not for each row."""
        start = self._response if path.absolute else row.around(of) if of else row.element
        if start is row.element:
            return self._value(start, row.block, path.keys)
        value = self._value(start, start.block, path.keys)
        return start.block.variable(value, start.wish(path.keys)) if path.keys else value

    def _value(self, element: _Element, block: Block, keys: tuple[str, ...]) -> str:
        """Return the expression of what stands at `keys` below an element, for use in `block`."""
        return f"{self._object(element, block, keys[:-1])}.{attribute(keys[-1])}" if keys else element.name

    def _object(self, element: _Element, block: Block, keys: tuple[str, ...]) -> str:
        """Return the variable of the object at `keys` below an element: an empty one where it is null."""
        name = element.name
        for position, key in enumerate(keys, start=1):
            wish = element.wish(keys[:position])
            none = self._empty_at((*element.steps, *map(Key, keys[:position])), wish)
            name = block.variable(f"{name}.{attribute(key)} or {none}", wish)
        return name

    def _empty_at(self, steps: Steps, wish: str) -> str:
        if steps not in self._empties:
            self._empties[steps] = self._names.of(f"no {steps}", f"no_{wish}")
        return self._empties[steps]


def _test(value: str, condition: Condition) -> str:
    if condition.present is not None:
        return f"{'' if condition.present else 'not '}has_content({value})"
    if condition.equals is not None:
        return f"{value} == {condition.equals!r}"
    return f"{value} != {condition.differs!r}"
