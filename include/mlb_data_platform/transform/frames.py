"""Frames: the elements of one array or map of a response, as columns of objects that know where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import compress, takewhile
from operator import attrgetter
from typing import Any

import msgspec

from mlb_data_platform.mapping.models import Condition
from mlb_data_platform.mapping.paths import Each, Every, Key, Members, Path, Step
from mlb_data_platform.transform.decode import attribute, empty

Get = Callable[[Any], tuple[Any, ...]]


class Frame:
    """Elements in document order; each knows its label (position or key) and its element in the frame around it.

    The frames further in are kept, so that tables that share a way through the response walk it once.
    """

    def __init__(
        self,
        elements: list[Any],
        labels: Sequence[Any] = (),
        parent: Frame | None = None,
        parent_rows: Sequence[int] = (),
    ) -> None:
        self._elements = elements
        self._frames: dict[tuple[Step, ...], Frame] = {}
        self._labels = labels
        self._parent = parent
        self._parent_rows = parent_rows
        self._around: dict[int, tuple[Frame, Sequence[int]]] = {}

    def __len__(self) -> int:
        return len(self._elements)

    def values(self, keys: tuple[str, ...]) -> list[Any]:
        """Return what stands at `keys` below each element; None (or an object with nothing in it) where it is not."""
        return [values[0] for values in self.rows([keys])] if keys else self._elements

    def rows(self, paths: Sequence[tuple[str, ...]]) -> list[tuple[Any, ...]]:
        """Return for each element what stands at each of `paths` below it, as `values` does."""
        get, attributes = _getter(tuple(paths))
        try:
            return list(map(get, self._elements))
        except AttributeError:  # somewhere an object is null
            return [_read(element, get, attributes) for element in self._elements]

    def expand(self, steps: tuple[Step, ...]) -> Frame:
        """Return the frame of the elements at `steps` (keys, then an array or map, as often as there are)."""
        if not steps:
            return self
        keys = tuple(step.name for step in takewhile(lambda step: isinstance(step, Key), steps))  # type: ignore[union-attr]
        head = steps[: len(keys) + 1]
        if head not in self._frames:
            self._frames[head] = self._object(keys) if len(head) == len(keys) else self._expanded(keys, head[-1])
        return self._frames[head].expand(steps[len(head) :])

    def where(self, conditions: Sequence[Condition]) -> Frame:
        """Return the frame of the elements that meet all conditions."""
        if not conditions:
            return self
        kept = [True] * len(self)
        for condition in conditions:
            test = _test(condition)
            kept = [
                keep and test(value)
                for keep, value in zip(kept, self.values(Path.parse(condition.path).keys), strict=True)
            ]
        return Frame(
            list(compress(self._elements, kept)),
            list(compress(self._labels, kept)),
            self._parent,
            list(compress(self._parent_rows, kept)),
        )

    def around(self, levels: int) -> tuple[Frame, Sequence[int]]:
        """Return the frame `levels` further out (see `levels`), and for each element its row there."""
        if levels == 0:
            return self, range(len(self))
        if levels not in self._around:
            if self._parent is None:
                raise LookupError("there is no frame further out")
            outer, rows = self._parent.around(levels - 1)
            self._around[levels] = outer, [rows[row] for row in self._parent_rows]
        return self._around[levels]

    def labels(self, levels: int) -> list[Any]:
        """Return for each element the label (array position or map key) of what is `levels` further out."""
        frame, rows = self.around(levels)
        return [frame._labels[row] for row in rows]

    def _object(self, keys: tuple[str, ...]) -> Frame:
        """The frame of the objects at `keys`, where there are any."""
        values = self.values(keys)
        rows = [row for row, value in enumerate(values) if has_content(value)]
        return Frame([values[row] for row in rows], (), self, rows)

    def _expanded(self, keys: tuple[str, ...], step: Step) -> Frame:
        elements: list[Any] = []
        labels: list[Any] = []
        rows: list[int] = []
        for row, holder in enumerate(self.values(keys)):
            for label, element in _labelled(holder, step):
                if element is not None:
                    elements.append(element)
                    labels.append(label)
                    rows.append(row)
        return Frame(elements, labels, self, rows)


def levels(steps: tuple[Step, ...]) -> int:
    """Return how many frames further in `steps` lead: one for each array or map, one for an object at the end."""
    return sum(not isinstance(step, Key) for step in steps) + bool(steps and isinstance(steps[-1], Key))


def _labelled(holder: Any, step: Step) -> Any:
    match step:
        case Each():
            return enumerate(holder or ())
        case Every():
            return (holder or {}).items()
        case Members(names):
            return ((name, found) for name in names if has_content(found := member(holder, name)))
        case Key():
            raise TypeError("a key names one object, not elements")


def _test(condition: Condition) -> Callable[[Any], bool]:
    if condition.present is not None:
        return lambda value: has_content(value) is condition.present
    if condition.equals is not None:
        return lambda value: bool(value == condition.equals)
    return lambda value: bool(value != condition.differs)


def member(holder: Any, name: str) -> Any:
    """Return what a decoded object holds of the member `name`; None where that is nothing, or an empty object."""
    found = getattr(holder, attribute(name), None)
    is_empty = not has_content(found) if isinstance(found, msgspec.Struct) else found == {}
    return None if is_empty else found


def has_content(value: Any) -> bool:
    """Return False for null, "", [], {} and an object with nothing in it that the mapping knows."""
    if isinstance(value, msgspec.Struct):
        nothing = empty(type(value))
        return value is not nothing and (
            value != nothing or any(getattr(value, name) is not none for name, none in _objects(type(value)))
        )
    return bool(value) if isinstance(value, list | dict | str) else value is not None


@cache
def _objects(kind: type[msgspec.Struct]) -> list[tuple[str, msgspec.Struct]]:
    """Which members are objects, and what stands there without one: that tells {"a": {}} from {}."""
    nothing = empty(kind)
    members = ((name, getattr(nothing, name)) for name in kind.__struct_fields__)
    return [(name, none) for name, none in members if isinstance(none, msgspec.Struct)]


@lru_cache(maxsize=10_000)
def _getter(paths: tuple[tuple[str, ...], ...]) -> tuple[Get, list[list[str]]]:
    """What reads all `paths` of an element in one call (AttributeError where an object on the way is null), and their
    attributes one by one."""
    attributes = [[attribute(key) for key in path] for path in paths]
    get = attrgetter(*map(".".join, attributes))
    return get if len(paths) > 1 else lambda element: (get(element),), attributes


def _read(element: Any, get: Get, attributes: list[list[str]]) -> tuple[Any, ...]:
    try:
        return get(element)
    except AttributeError:
        return tuple([_walk(element, path) for path in attributes])


def _walk(element: Any, attributes: list[str]) -> Any:
    for name in attributes:
        if element is None:
            return None
        element = getattr(element, name)
    return element
