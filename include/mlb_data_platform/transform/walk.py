"""The walk through decoded responses, compiled from the source that is written for a mapping."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Lookup
from typing import Any

from mlb_data_platform.transform.decode import Decoder
from mlb_data_platform.transform.walk_runtime import GLOBALS
from mlb_data_platform.transform.walk_source import FUNCTION, WalkSource

Walk = Callable[[Any, Lookup[str, Any]], tuple[bytearray, ...]]
"""From a decoded response and the parameters of its request to the text of each entry of `WalkSource.tables`."""


def compiled(source: WalkSource, name: str, decoder: Decoder) -> Walk:
    """Return the function that `source` is the source of, for what `decoder` makes; tracebacks say it is of `name`."""
    scope = dict(GLOBALS)
    scope |= {constant: decoder.empty_at(steps) for constant, steps in source.empties.items()}
    scope |= {function: decoder.part_at(steps) for function, steps in source.parts.items()}
    # Only attributes, checked names and the repr of constants are in the source: see walk_source.
    exec(compile(source.text, f"<walk of {name}>", "exec"), scope)  # nosec B102
    walk: Walk = scope[FUNCTION]
    return walk
