"""Typed decoding: the msgspec types of the places a mapping names, so that nothing else of a response is built.

The types know every path that is mapped or ignored and refuse any other. That is how a path nobody has seen before
(DESIGN section 6) is noticed without walking each response: it is learnt at its first sight, and passed over since.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Each, Every, Key, Members, Path, Step

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*?)`(?: - at `(?P<at>.*)`)?")


@dataclass
class Node:
    """One place of the response: a scalar, an object, an array, a map, or something ignored as a whole."""

    path: str
    members: dict[str, Node] = field(default_factory=dict)
    elements: Node | None = None
    values: Node | None = None
    scalar: bool = False
    ignored: bool = False
    empty: Any = None  # the object with nothing in it, once its type is made: what stands where the response has none

    def children(self, step: Step) -> list[Node]:
        """Return the places one step below, making those that are new."""
        match step:
            case Key(name):
                return [self.members.setdefault(name, Node(f"{self.path}.{name}"))]
            case Members(names):
                return [self.members.setdefault(name, Node(f"{self.path}.{name}")) for name in names]
            case Each():
                self.elements = self.elements or Node(f"{self.path}[*]")
                return [self.elements]
            case Every():
                self.values = self.values or Node(f"{self.path}.*")
                return [self.values]

    def add(self, steps: Iterable[Step], *, ignored: bool = False) -> None:
        """Add the place at the end of `steps` as a scalar, or as something that is ignored."""
        found = [self]
        for step in steps:
            found = [child for node in found for child in node.children(step)]
        for node in found:
            node.scalar = node.scalar or not ignored
            node.ignored = node.ignored or ignored


def attribute(key: str) -> str:
    """Return the attribute under which a decoded object holds the member `key` of the response."""
    return key if key.isidentifier() and not keyword.iskeyword(key) and key[0] != "_" else f"key_{key.encode().hex()}"


class Decoder:
    """Turns the bytes of one response into objects that hold what `mapping` names."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._ignored_names = [i.path.removeprefix("$..") for i in mapping.ignore if i.path.startswith("$..")]
        self.root = _tree(mapping)
        self._decoder = self._made_decoder()

    def decode(self, body: bytes) -> tuple[Any, set[str]]:
        """Return the decoded response and the paths in it that nobody has seen before, in this process.

        Raises BadInputError with the path where the response is not JSON or not shaped as the mapping says.
        """
        unseen: set[str] = set()
        while True:
            try:
                return self._decoder.decode(body), unseen
            except msgspec.ValidationError as error:
                unknown = _UNKNOWN.fullmatch(str(error))
                if not unknown:
                    raise BadInputError(f"not shaped as {self._mapping.name} says: {error}") from None
                unseen.add(self._learn(unknown["at"] or "$", unknown["key"]))
            except msgspec.DecodeError as error:
                raise BadInputError(f"not JSON: {error}") from None

    def _learn(self, at: str, key: str) -> str:
        """Ignore the member `key` of the object at `at` from now on; return its path."""
        node = self.root
        for step in re.findall(r"\.([^.\[]+)|\[[^\]]*\]", at):
            node = node.members[step] if step else node.elements or node.values or node
        if key in node.members:
            raise BadInputError(f"{self._mapping.name}: cannot place the unknown key '{key}' at {at}")
        node.members[key] = Node(f"{node.path}.{key}", ignored=True)
        self._decoder = self._made_decoder()
        return node.members[key].path

    def _made_decoder(self) -> msgspec.json.Decoder[Any]:
        # Numbers with a fraction stay the text they are in the response: COPY wants text, and making and printing
        # floats is what costs most otherwise.
        return msgspec.json.Decoder(self._type(self.root), float_hook=str)

    def _type(self, node: Node) -> Any:
        shapes = [bool(node.members), node.elements is not None, node.values is not None]
        if sum(shapes) > 1:
            raise BadInputError(f"{self._mapping.name}: {node.path} is mapped as an object and as an array or map")
        if node.elements is not None:
            return list[self._type(node.elements)] | None  # type: ignore[misc]
        if node.values is not None:
            return dict[str, self._type(node.values)] | None  # type: ignore[misc]
        if node.members:
            return self._struct(node) | None
        return msgspec.Raw if node.ignored and not node.scalar else Any

    def _struct(self, node: Node) -> Any:
        fields: dict[str, Any] = {name: self._type(child) for name, child in node.members.items()}
        fields |= {name: msgspec.Raw for name in self._ignored_names if name not in fields}
        made = msgspec.defstruct(
            "Place",
            [
                (attribute(name), kind, node.members[name].empty if name in node.members else None)
                for name, kind in fields.items()
            ],
            rename={attribute(name): name for name in fields},
            forbid_unknown_fields=not node.ignored,
            frozen=True,
            gc=False,
        )
        node.empty = made()
        return made


def _tree(mapping: Mapping) -> Node:
    root = Node("$")
    for name in mapping.tables:
        for source in mapping.tables[name].row_sources:
            rows = Path.parse(source.rows).steps
            for column in {**mapping.columns(name), **source.columns}.values():
                for path in column.paths:
                    root.add((*_base(path, rows, column.of), *path.steps))
            for condition in source.where:
                root.add((*rows, *Path.parse(condition.path).steps))
    for text in [*mapping.require, *(key.path for key in mapping.natural_key.values() if key.path)]:
        root.add(Path.parse(text).steps)
    for ignored in mapping.ignore:
        if not ignored.path.startswith("$.."):
            root.add(Path.parse(ignored.path).steps, ignored=True)
    return root


def _base(path: Path, rows: tuple[Step, ...], of: str | None) -> tuple[Step, ...]:
    """Where a column's path starts: the response, the row, or the element of an enclosing array or map."""
    if path.absolute:
        return ()
    return rows if of is None else rows[: enclosing(rows, of)]


def enclosing(rows: tuple[Step, ...], label: str) -> int:
    """Return how many steps of `rows` lead to the elements of its array or map called `label`."""
    return next(
        position + 2
        for position, (step, following) in enumerate(zip(rows, rows[1:], strict=False))
        if step == Key(label) and isinstance(following, Each | Every | Members)
    )
