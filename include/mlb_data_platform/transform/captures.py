"""What the transform calls a capture: where its body stands, and what is to be done with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class CaptureRef:
    """Where the body of a capture stands (raw_id, stored_at), and from when to when the API said so, in UTC.

    Of one unit: from the first of the captures in a row that have this content to the last of them.
    """

    raw_id: int
    stored_at: datetime
    valid_from: datetime
    captured_at: datetime
    alone: bool = False  # it may hold units that other captures hold too: it is applied by itself, and in order
    first: bool = False  # it is one unit, of which nothing has been published so far
    is_patch: bool = False  # of the capture before it, so it takes others to make a document
    same: bool = False  # its content is what is published, by this mapping: only the version row has to move
    natural_key: str = "{}"  # as JSON: what was asked for
    earlier: tuple[CaptureRef, ...] = ()  # of the same unit: to be applied before it, one after the other
    anew: bool = False  # the rows of the unit, and its history, are made anew from these captures and this one

    @property
    def unit(self) -> dict[str, Any]:
        """The unit it is of, where it is one."""
        unit: dict[str, Any] = json.loads(self.natural_key)
        return unit

    @property
    def is_in_order(self) -> bool:
        """Whether it stands for several captures, which are applied one after the other, or makes its unit anew."""
        return self.anew or bool(self.earlier)


def batches(refs: Sequence[CaptureRef], size: int) -> list[list[CaptureRef]]:
    """Return `refs` in batches of at most `size`, each to be applied in one transaction."""
    kinds = [[ref for ref in refs if not ref.is_in_order and ref.first is first] for first in (True, False)]
    together = [kind[start : start + size] for kind in kinds for start in range(0, len(kind), size)]
    return [[ref] for ref in refs if ref.is_in_order] + together
