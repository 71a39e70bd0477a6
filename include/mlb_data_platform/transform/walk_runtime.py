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


GLOBALS: dict[str, Any] = {
    "encode_into": msgspec.json.Encoder().encode_into,
    "first_with_value": first_with_value,
    "has_content": has_content,
    "whole_number": whole_number,
    "NEWLINE": ord("\n"),
}
