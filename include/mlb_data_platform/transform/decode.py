"""Typed decoding: the msgspec types of the places a mapping names, so that nothing else of a response is built.

The types know every path that is mapped or ignored and refuse any other. That is how a path nobody has seen before
(DESIGN section 6) is noticed without walking each response: it is learnt at its first sight, and passed over since.

A response is decoded part by part, as it is read: the objects of all of it are more than a core's cache holds, and so
are fetched from memory when they are read and again when they are freed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import methodcaller
from typing import Any, get_args

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import KEPT_WHOLE, Mapping
from mlb_data_platform.mapping.paths import Steps, spelled
from mlb_data_platform.mapping.places import NOWHERE, Node, Place, children, ignored_names, places
from mlb_data_platform.transform.decoded_objects import attribute, empty

_MOST_UNSEEN = 1000  # paths that one process learns; past them the keys of a response are data rather than names
_LONGEST_KEY = 200  # characters of one that is told of
_UNSEEN = "nobody has seen it before"
_NO_FIELD = re.compile(r'["\\\x00-\x1f]')  # what msgspec takes in the name of no field


class Decoder:
    """Turns the bytes of one response into objects that hold what `mapping` names.

    Where the response has no object, an empty one stands; null stays None. `parts` lead to elements of arrays and maps
    that an outline leaves as they are; what `part_at` returns decodes them.
    """

    def __init__(self, mapping: Mapping, parts: Iterable[Steps] = ()) -> None:
        self._mapping = mapping
        self._ignored_names = ignored_names(mapping)
        self._root = places(mapping)
        self._open: set[int] = set()  # the places (by id) whose objects may have any member
        self._learnt = 0
        self._unseen: set[str] = set()
        self._kinds: dict[Any, type[msgspec.Struct]] = {}
        self._objects: dict[int, type[msgspec.Struct]] = {}  # by the place (its id)
        self._parts = {id(self._root.below(steps)[0]) for steps in parts}
        self._part_decoders: dict[int, msgspec.json.Decoder[Any]] = {}  # by the place of the part (its id)
        self._outline = self._made_decoder(outline=True)

    def outline(self, body: bytes) -> Any:
        """Return the decoded response, its parts as they are.

        Raises what msgspec does: `check` says what is the matter, or has learnt of it.
        """
        return self._outline.decode(body)

    def check(self, body: bytes) -> None:
        """Decode all of a response, so that what nobody has seen before in it is known from now on.

        Raises BadInputError with the path where the response is not JSON or not shaped as the mapping says.
        """
        try:
            try:
                self._made_decoder().decode(body)
            except msgspec.ValidationError:
                if not self._learn_from(body):
                    raise
                self._made_decoder().decode(body)
        except msgspec.ValidationError as error:
            raise BadInputError(f"not shaped as {self._mapping.name} says: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInputError(f"not JSON: {error}") from None
        except RecursionError:
            raise BadInputError("JSON that is nested deeper than anything of the API") from None

    def empty_at(self, steps: Steps) -> msgspec.Struct:
        """Return an object with nothing in it, of the kind that stands at the end of `steps`."""
        return empty(self._objects[id(self._root.below(steps)[0])])

    def part_at(self, steps: Steps) -> Callable[[msgspec.Raw], Any]:
        """Return what decodes a part that `steps` lead to; it raises what msgspec does."""
        place = id(self._root.below(steps)[0])
        return lambda part: self._part_decoders[place].decode(part)

    def take_unseen(self) -> set[str]:
        """Return and forget the paths learnt since the last call: nobody had seen them before, in this process.

        A path is learnt once, whatever becomes of its response. Past 1000 of them no more are.
        """
        taken, self._unseen = self._unseen, set()
        return taken

    def _learn_from(self, body: bytes) -> bool:
        """Pass over, from now on, everything in a response that the mapping does not know; False if it knows all."""
        before = self._learnt
        self._learn(Node(_plain(body), self._root))
        if self._learnt > before:
            self._outline = self._made_decoder(outline=True)
        return self._learnt > before

    def _learn(self, node: Node) -> None:
        for child in children(node, self._ignored_names):
            if child.place is not NOWHERE:
                self._learn(child)
            elif child.name is not None and child.reason is None and node.place.members:
                self._learn_member(node, child.name)

    def _learn_member(self, node: Node, key: str) -> None:
        if id(node.place) in self._open or self._learnt >= _MOST_UNSEEN:
            return
        self._learnt += 1
        self._unseen.add(node.path + spelled(key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…"))
        if _NO_FIELD.search(key):
            self._open.add(id(node.place))
        else:
            node.place.members[key] = Place(reason=_UNSEEN)

    def _made_decoder(self, *, outline: bool = False) -> msgspec.json.Decoder[Any]:
        kind, _ = self._type(self._root, None, outline=outline)
        return _decoder(next(iter(get_args(kind)), kind))  # without the null it might be elsewhere

    def _type(self, place: Place, reason: str | None, *, outline: bool = False) -> tuple[Any, Any]:
        """The type of what stands at `place`, and what stands there where the response has nothing."""
        if outline and id(place) in self._parts:
            self._part_decoders[id(place)] = _decoder(self._type(place, reason)[0])
            return msgspec.Raw, None
        if KEPT_WHOLE in place.types:
            return msgspec.Raw, None
        reason = place.reason or reason
        if place.elements is not None:
            return list[self._type(place.elements, reason, outline=outline)[0]] | None, None  # type: ignore[misc]
        if place.values is not None:
            return dict[str, self._type(place.values, reason, outline=outline)[0]] | None, None  # type: ignore[misc]
        if place.members:
            made = self._objects[id(place)] = self._object(place, reason, outline=outline)
            return made | None, empty(made)
        if place.types == {"double precision"}:
            return int | float | str | None, None
        return (Any if place.reason is None or place.mapped else msgspec.Raw), None

    def _object(self, place: Place, reason: str | None, *, outline: bool) -> Any:
        """The type of the objects at `place`. Those of the same members have one: that of both teams, say."""
        members = {name: self._type(child, reason, outline=outline) for name, child in place.members.items()}
        members |= {name: (msgspec.Raw, None) for name in self._ignored_names if name not in members}
        takes_any = reason is not None or id(place) in self._open or self._learnt >= _MOST_UNSEEN
        alike = (takes_any, *((name, kind, id(none)) for name, (kind, none) in sorted(members.items())))
        if alike not in self._kinds:
            self._kinds[alike] = msgspec.defstruct(
                "Place",
                [(attribute(name), *kind_and_default) for name, kind_and_default in members.items()],
                rename={attribute(name): name for name in members},
                forbid_unknown_fields=not takes_any,
                frozen=True,
                gc=False,
            )
        return self._kinds[alike]


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    # What no column holds as a number stays the text it is in the response. 5.0 is how some feeds write the integer 5
    # (FEED item 26).
    return msgspec.json.Decoder(kind, float_hook=methodcaller("removesuffix", ".0"))


def _plain(body: bytes) -> Any:
    """The response as dicts and lists. Numbers with a point stay text: one that no float can hold may be ignored."""
    return msgspec.json.Decoder(float_hook=str).decode(body)
