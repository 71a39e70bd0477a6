"""The parameter `fields`: a comma list of keys; what is not named is left out of an answer."""

from __future__ import annotations

from typing import Any


def only(document: Any, fields: str) -> Any:
    """Return `document` with the keys that `fields` names, at any depth; a key needs its parents to be named as well.

    Keys that are made of an id ('ID9000123') stand for whatever is under them and need not be named. An empty list
    leaves the document as it is.
    """
    names = frozenset(filter(None, (name.strip() for name in fields.split(","))))
    return _only(document, names) if names else document


def _only(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _only(child, names) for key, child in value.items() if key in names or _is_id(key)}
    if isinstance(value, list):
        return [_only(child, names) for child in value]
    return value


def _is_id(key: str) -> bool:
    return key.startswith("ID") and key[2:].isdigit()
