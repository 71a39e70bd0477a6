"""What the generated walk uses, beside the functions of Python itself."""

from __future__ import annotations

from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.transform.decoded_objects import has_content


def first_with_value(*alternatives: Any) -> Any:
    """Return the first that is not None; None where all are."""
    return next((value for value in alternatives if value is not None), None)


def whole_number(value: Any, path: str, plus: int = 0, divide_by: int = 1, modulo: int = 0) -> int | None:
    """Return what a column makes of the number at `path`, None of None. Raises BadInputError if it is no number."""
    if value is None:
        return None
    try:
        number = (int(value) + plus) // divide_by
    except (TypeError, ValueError):
        raise BadInputError(f"{path}: a whole number was expected, found {str(value)[:60]!r}") from None
    return number % modulo if modulo else number


def value_unless(value: Any, sentinels: tuple[str, ...]) -> Any:
    """Return the value, None where it is one of the texts that say that there is none."""
    return None if value in sentinels else value


def json_text(value: msgspec.Raw | None) -> str | None:
    """Return what stands at the place of a column that keeps it whole, as it is written; None where that is null."""
    text = None if value is None else str(memoryview(value), "utf-8")
    return None if text == "null" else text


def array_text(value: Any, path: str) -> str | None:
    """Return the text of PostgreSQL's array of the values at `path`, None of None and "".

    Raises BadInputError if it is no list of single values.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, list) or any(isinstance(each, list | dict) for each in value):
        raise BadInputError(f"{path}: a list of single values was expected, found {str(value)[:60]!r}")
    return f"{{{','.join(map(_array_item, value))}}}"


def _array_item(value: Any) -> str:
    if value is None:
        return "NULL"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


GLOBALS: dict[str, Any] = {
    "array_text": array_text,
    "encode_into": msgspec.json.Encoder().encode_into,
    "first_with_value": first_with_value,
    "has_content": has_content,
    "json_text": json_text,
    "value_unless": value_unless,
    "whole_number": whole_number,
    "NEWLINE": ord("\n"),
}
