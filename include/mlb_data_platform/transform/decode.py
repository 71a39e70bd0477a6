"""Typed decoding: the msgspec types of the places a mapping names, so that nothing else of a response is built.

The types know every path that is mapped or ignored and refuse any other. That is how a path nobody has seen before
(DESIGN section 6) is noticed without walking each response: it is learnt at its first sight, and passed over since.
"""

from __future__ import annotations

import keyword
import re
from functools import cache
from operator import methodcaller
from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.mapping.places import Place, ignored_names, places

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*?)`(?: - at `(?P<at>.*)`)?")
_STEP = re.compile(r"\.(?P<key>[^.\[]+)|\[[^\]]*\]")  # of msgspec's paths: a member, or an element or value


def attribute(key: str) -> str:
    """Return the attribute under which a decoded object holds the member `key` of the response."""
    return key if key.isidentifier() and not keyword.iskeyword(key) and key[0] != "_" else f"key_{key.encode().hex()}"


@cache
def empty(kind: type[msgspec.Struct]) -> msgspec.Struct:
    """Return the object with nothing in it that stands wherever a response has no object of this kind."""
    return kind()


class Decoder:
    """Turns the bytes of one response into objects that hold what `mapping` names.

    Where the response has no object, an empty one stands; null stays None.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._ignored_names = ignored_names(mapping)
        self._root = places(mapping)
        for required in mapping.require:
            self._root.below(Path.parse(required).steps)
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
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise BadInputError(f"not JSON: {error}") from None

    def _learn(self, at: str, key: str) -> str:
        """Ignore the member `key` of the object at `at` from now on; return its path."""
        place, path = self._root, "$"
        for step in _STEP.finditer(at):
            if step["key"]:
                place, path = place.members[step["key"]], f"{path}.{step['key']}"
            elif place.elements is not None:
                place, path = place.elements, f"{path}[*]"
            elif place.values is not None:
                place, path = place.values, f"{path}.*"
        if key in place.members:
            raise BadInputError(f"{self._mapping.name}: cannot place the unknown key '{key}' at {at}")
        place.members[key] = Place(reason="nobody has seen it before")
        self._decoder = self._made_decoder()
        return f"{path}.{key}"

    def _made_decoder(self) -> msgspec.json.Decoder[Any]:
        # What no column holds as a number stays the text it is in the response. 5.0 is how some feeds write the
        # integer 5 (FEED item 26).
        return msgspec.json.Decoder(self._type(self._root, "$")[0], float_hook=methodcaller("removesuffix", ".0"))

    def _type(self, place: Place, path: str) -> tuple[Any, Any]:
        """The type of what stands at `place`, and what stands there where the response has nothing."""
        if sum([bool(place.members), place.elements is not None, place.values is not None]) > 1:
            raise BadInputError(f"{self._mapping.name}: {path} is mapped as an object and as an array or map")
        if place.elements is not None:
            return list[self._type(place.elements, f"{path}[*]")[0]] | None, None  # type: ignore[misc]
        if place.values is not None:
            return dict[str, self._type(place.values, f"{path}.*")[0]] | None, None  # type: ignore[misc]
        if place.members:
            made = self._object(place, path)
            return made | None, empty(made)
        if place.types == {"double precision"}:
            return float | str | None, None
        return (Any if place.reason is None or place.mapped else msgspec.Raw), None

    def _object(self, place: Place, path: str) -> Any:
        members = {name: self._type(child, f"{path}.{name}") for name, child in place.members.items()}
        members |= {name: (msgspec.Raw, None) for name in self._ignored_names if name not in members}
        return msgspec.defstruct(
            "Place",
            [(attribute(name), *kind_and_default) for name, kind_and_default in members.items()],
            rename={attribute(name): name for name in members},
            forbid_unknown_fields=place.reason is None,
            frozen=True,
            gc=False,
        )
