"""A document as parsed JSON, and the hash that says whether two are the same."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.paths import Path, values

Json = dict[str, Any]

_NO_CONTENT = "copyright"  # it says whose a document is; a fallback of diffPatch lacks it (FEED item 25)
_LIKE_WHOLE_FLOATS = re.compile(rb"\.0[,\]}]"), re.compile(rb"e\d+[,\]}]")  # 5.0, 1e22: as msgspec writes them


def read(content: bytes) -> Any:
    """Return the JSON in `content`; a number that is an integer is an int, however it is spelled (5, 5.0, 5e0).

    Raises BadInputError where it is no JSON, or has a number that no float can hold.
    """
    try:
        return _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"not JSON: {error}") from None
    except RecursionError:
        raise BadInputError("JSON that is nested deeper than anything of the API") from None


def canonical_sha256(document: Json) -> str:
    """Return the canonical hash of a document: lower-case hex, the same for equal JSON, however it is spelled."""
    return sha256_of(canonical_text(document))


def canonical_text(document: Json) -> bytes:
    """Return the JSON that is the same for equal documents.

    It is the document without its `copyright`, as UTF-8 text without white space, keys in the order of their code
    points, and whole numbers without a point: the API itself writes 319.0 in a feed and 319 in a patch that leads to
    it, jsonb spells an exponent out, and no column tells them apart.
    """
    text = _text({name: value for name, value in document.items() if name != _NO_CONTENT})
    if any(
        each.search(text) for each in _LIKE_WHOLE_FLOATS
    ):  # of a document that others parsed; or in a string, where nothing comes of it
        text = _text(_DECODER.decode(text))
    return text


def sha256_of(text: bytes) -> str:
    """Return the hash of a canonical text, lower-case hex."""
    return sha256(text).hexdigest()


def value_at(document: Json, path: str) -> Any:
    """Return the one value at `path` (absolute, without arrays or maps), or None where there is none."""
    return next(iter(values(document, Path.parse(path).steps)), None)


def _text(content: Any) -> bytes:
    return msgspec.json.encode(content, order="deterministic")


def _number(text: str) -> int | float:
    number = float(text)
    if number.is_integer():
        return int(number)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"no float can hold {text}")
    return number


_DECODER = msgspec.json.Decoder(float_hook=_number)
