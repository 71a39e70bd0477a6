"""What a follower counts, for its summary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Counts:
    """Patches that were kept, answers without news, whole documents, and what went wrong on the way.

    `fallbacks` are whole documents in the place of a patch, `misfits` patches that did not fit or left something out,
    `old` whole documents older than what is known, `corrections` those that changed without a new revision.
    """

    patches: int = 0
    empty: int = 0
    full: int = 0
    fallbacks: int = 0
    misfits: int = 0
    old: int = 0
    corrections: int = 0
