"""Small helpers to read responses with."""

from __future__ import annotations

import re
from typing import Any


def get(value: Any, *steps: str) -> Any:
    """Return what lies at the end of `steps`, or None where the way there is missing, null or empty."""
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def snake(name: str) -> str:
    """Return the column's name of a field: 'inheritedRunnersScored' is inherited_runners_scored."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
