"""A document as parsed JSON, and the hash that says whether two are the same."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec

from mlb_data_platform.mapping.paths import Path, values

Json = dict[str, Any]

_NO_CONTENT = "copyright"  # it says whose a document is; a fallback of diffPatch lacks it (FEED item 25)


def canonical_sha256(document: Json) -> str:
    """Return the canonical hash of a document: lower-case hex, the same for equal JSON, whatever the order of its keys.

    It is the hash of the document without its `copyright`, as UTF-8 text without white space, keys in the order of
    their code points, numbers as they are read: 5 and 5.0 are two values, since a column of text would show them so.
    """
    content = {name: value for name, value in document.items() if name != _NO_CONTENT}
    return sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def value_at(document: Json, path: str) -> Any:
    """Return the one value at `path` (absolute, without arrays or maps), or None where there is none."""
    return next(_values(document, path), None)


def _values(document: Json, path: str) -> Iterator[Any]:
    return iter(values(document, Path.parse(path).steps))
