"""Decoded objects: the attributes that hold their members, and whether there is anything in them."""

from __future__ import annotations

import keyword
from functools import cache, lru_cache
from typing import Any

import msgspec


@lru_cache(maxsize=10_000)
def attribute(key: str) -> str:
    """Return the attribute under which a decoded object holds the member `key` of the response.

    It is an ASCII identifier, so that it can stand in source text: Python would read others in another spelling.
    """
    plain = key.isascii() and key.isidentifier() and not keyword.iskeyword(key) and not key.startswith(("_", "key_"))
    return key if plain else f"key_{key.encode().hex()}"


@cache
def empty(kind: type[msgspec.Struct]) -> msgspec.Struct:
    """Return the object with nothing in it that stands wherever a response has no object of this kind."""
    return kind()


def member(holder: Any, name: str) -> Any:
    """Return what a decoded object holds of the member `name`; None where that is nothing, or an empty object."""
    found = getattr(holder, attribute(name), None)
    if isinstance(found, msgspec.Raw):
        found = msgspec.json.decode(found)
    is_empty = not has_content(found) if isinstance(found, msgspec.Struct) else found == {}
    return None if is_empty else found


def has_content(value: Any) -> bool:
    """Return False for null, "", [], {} and an object with nothing in it that the mapping knows."""
    if isinstance(value, msgspec.Struct):
        nothing = empty(type(value))
        return value is not nothing and (value != nothing or _has_objects(value))
    if isinstance(value, msgspec.Raw):
        return has_content(msgspec.json.decode(value))
    return bool(value) if isinstance(value, list | dict | str) else value is not None


def _has_objects(value: msgspec.Struct) -> bool:
    return any(getattr(value, name) is not none for name, none in _objects(type(value)))


@cache
def _objects(kind: type[msgspec.Struct]) -> list[tuple[str, msgspec.Struct]]:
    """Which members are objects, and what stands there without one: that tells {"a": {}} from {}."""
    nothing = empty(kind)
    members = ((name, getattr(nothing, name)) for name in kind.__struct_fields__)
    return [(name, none) for name, none in members if isinstance(none, msgspec.Struct)]
