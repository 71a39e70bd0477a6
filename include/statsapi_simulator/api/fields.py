"""The parameter `fields`: a comma list of keys; what is not named is left out of an answer."""

from __future__ import annotations

from typing import Any

_SIDES = frozenset(("away", "home"))
# A club and a player of a box score are written whole; only what stands below their own keys is filtered.
_WRITTEN_WHOLE = (frozenset(("players", "batters", "pitchers")), frozenset(("person", "stats", "seasonStats")))


def only(document: Any, fields: str) -> Any:
    """Return `document` with the keys that `fields` names, at any depth; a key needs its parents to be named as well.

    The keys of a map are no names and pass: ids ('ID9000123'), and the sides where an object has nothing else. An
    empty list leaves the document as it is.
    """
    names = frozenset(filter(None, (name.strip() for name in fields.split(","))))
    return _only(document, names) if names else document


def _only(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        whole = not value.keys() - _SIDES or any(keys <= value.keys() for keys in _WRITTEN_WHOLE)
        return {key: _only(child, names) for key, child in value.items() if whole or key in names or _is_id(key)}
    if isinstance(value, list):
        return [_only(child, names) for child in value]
    return value


def _is_id(key: str) -> bool:
    return key.startswith("ID") and key[2:].isdigit()
