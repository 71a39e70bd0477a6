"""The difference of two JSON documents as the API sends it: a strict RFC 6902 patch with copy and move.

What is the same in both is skipped; what is left becomes replace, add and remove in the order of the old document. Then
a removed value that is added elsewhere becomes a `move`, and an added value that stands somewhere unchanged a `copy`.
Both go by value alone, so a `from` often has nothing to do with its place, as in the real patches.
"""

from __future__ import annotations

from typing import Any

import msgspec

Operation = dict[str, Any]


def diff(old: Any, new: Any) -> list[Operation]:
    """Return the operations that, applied strictly and in order, turn `old` into `new`.

    Values are equal if they are the same JSON: 1, 1.0 and true are three values. The order of keys does not matter.
    Operations share the values of `new`.
    """
    comparison = _Comparison()
    comparison.compare(old, new, "")
    return _copies(_moves(comparison.operations), comparison.unchanged)


class _Comparison:
    """Collects replace, add and remove (with the `value` that goes), and where unchanged values stand.

    Each value of `unchanged` stands at its pointer before, during and after the patch.
    """

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.unchanged: list[tuple[Any, str]] = []

    def compare(self, old: Any, new: Any, pointer: str) -> None:
        if _same(old, new):
            self.unchanged.append((new, pointer))
        elif isinstance(old, dict) and isinstance(new, dict):
            self._compare_objects(old, new, pointer)
        elif isinstance(old, list) and isinstance(new, list):
            self._compare_arrays(old, new, pointer)
        else:
            self.operations.append({"op": "replace", "path": pointer, "value": new})

    def _compare_objects(self, old: dict[str, Any], new: dict[str, Any], pointer: str) -> None:
        for key, value in old.items():
            child = f"{pointer}/{_escaped(key)}"
            if key in new:
                self.compare(value, new[key], child)
            else:
                self.operations.append({"op": "remove", "path": child, "value": value})
        for key, value in new.items():
            if key not in old:
                self.operations.append({"op": "add", "path": f"{pointer}/{_escaped(key)}", "value": value})

    def _compare_arrays(self, old: list[Any], new: list[Any], pointer: str) -> None:
        tail = 0 if len(old) == len(new) else _common_tail(old, new)
        changed = min(len(old), len(new)) - tail
        for index in range(changed):
            self.compare(old[index], new[index], f"{pointer}/{index}")
        for value in old[changed : len(old) - tail]:  # each remove makes the next element stand there
            self.operations.append({"op": "remove", "path": f"{pointer}/{changed}", "value": value})
        for index in range(changed, len(new) - tail):
            self.operations.append({"op": "add", "path": f"{pointer}/{index}", "value": new[index]})


def _same(old: Any, new: Any) -> bool:
    """Whether the JSON of both is the same."""
    if old is new:  # most of two revisions of a feed
        return True
    if old != new:  # ends at the first difference, but takes 1, 1.0 and true for the same
        return False
    if isinstance(old, str | int | None):
        return type(old) is type(new)
    return msgspec.json.encode(old) == msgspec.json.encode(new)  # containers, and floats: 0.0 is not -0.0


def _common_tail(old: list[Any], new: list[Any]) -> int:
    """How many elements at the end are the same."""
    shorter = min(len(old), len(new))
    return next((n for n in range(shorter) if not _same(old[-1 - n], new[-1 - n])), shorter)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


# ---- remove and add of the same value: move --------------------------------------------------------------------------


def _moves(operations: list[Operation]) -> list[Operation]:
    """Join each remove and add of the same value into a move, where nothing between them depends on the order."""
    result: list[Operation | None] = list(operations)
    waiting: dict[bytes, int] = {}  # the value of a remove or add that has no partner yet, and its position
    for position, operation in enumerate(operations):
        if operation["op"] == "replace":
            continue
        text = msgspec.json.encode(operation["value"])
        partner = waiting.get(text)
        if partner is not None and operations[partner]["op"] != operation["op"]:
            place = _place_of_move(result, partner, position)
            if place is not None:
                added, removed = (operation, operations[partner])[:: 1 if operation["op"] == "add" else -1]
                result[partner] = result[position] = None
                result[place] = {"op": "move", "path": added["path"], "from": removed["path"]}
                del waiting[text]
                continue
        waiting[text] = position
    return [
        {"op": "remove", "path": each["path"]} if each["op"] == "remove" else each
        for each in result
        if each is not None
    ]


def _place_of_move(operations: list[Operation | None], first: int, second: int) -> int | None:
    """The position of the add, if its value can be fetched there from where it is removed; else None.

    Moving the removal to the place of the add means that the operations between them find the element still there
    (remove first), or gone already (add first): they may not go through the array it stands in, nor shift its pointer.
    """
    add, remove = operations[first], operations[second]
    if add is None or remove is None:
        return None
    add_first = add["op"] == "add"
    if not add_first:
        add, remove = remove, add
    source = remove["path"]
    array, _, index = source.rpartition("/")
    through = f"{array}/" if index.isdigit() else f"{source}/"
    between = [operation for operation in operations[first + 1 : second] if operation]
    if any(_goes_through(each, through) or _disturbs(each, source) for each in between):
        return None
    if add_first:
        return None if _goes_through(add, through) or _disturbs(add, source) else first
    return None if add["path"].startswith(f"{source}/") else second


def _goes_through(operation: Operation, container: str) -> bool:
    return any(place.startswith(container) for place in _places(operation))


def _disturbs(operation: Operation, pointer: str) -> bool:
    """Whether `pointer` may stand for something else after `operation`; errs on the side of yes."""
    for place in _places(operation):
        parent, _, token = place.rpartition("/")
        if operation["op"] != "replace" and token.isdigit() and pointer.startswith(f"{parent}/"):
            return True
        if f"{pointer}/".startswith(f"{place}/") or place.startswith(f"{pointer}/"):
            return True
    return False


def _places(operation: Operation) -> tuple[str, ...]:
    return (operation["path"], operation["from"]) if "from" in operation else (operation["path"],)


# ---- add of a value that stands somewhere: copy ----------------------------------------------------------------------


def _copies(operations: list[Operation], unchanged: list[tuple[Any, str]]) -> list[Operation]:
    sources = _sources([each["value"] for each in operations if each["op"] == "add"], unchanged)
    return [_copy(each, sources) if each["op"] == "add" else each for each in operations]


def _sources(wanted: list[Any], unchanged: list[tuple[Any, str]]) -> dict[bytes, str]:
    """The first pointer to each unchanged value that could be a wanted one; the others need not be written out."""
    outlines = {_outline(value) for value in wanted}
    sources: dict[bytes, str] = {}
    for value, pointer in unchanged:
        if _outline(value) in outlines:
            sources.setdefault(msgspec.json.encode(value), pointer)
    return sources


def _outline(value: Any) -> tuple[type, int] | Any:
    """What two values that are the same have in common, at hardly any cost."""
    return (type(value), len(value)) if isinstance(value, dict | list) else value


def _copy(add: Operation, sources: dict[bytes, str]) -> Operation:
    source = sources.get(msgspec.json.encode(add["value"]))
    return add if source is None else {"op": "copy", "path": add["path"], "from": source}
