"""Whether a patch left out a revision: the rest of it may fit all the same."""

from __future__ import annotations

from collections.abc import Sequence


def gap(listed: Sequence[str], start: str, reached: Sequence[str]) -> str | None:
    """Return what is wrong with a patch that led from revision `start` over those `reached`; None: nothing.

    `listed` are all revisions that the API lists. The list may be behind the patch: what is later than its last one
    is not compared.
    """
    until = max(listed, default="")
    expected = {revision for revision in listed if start < revision <= reached[-1]}
    found = {revision for revision in reached if revision <= until}
    if missing := sorted(expected - found):
        return f"it left out the revisions {', '.join(missing)}"
    if unknown := sorted(found - expected):
        return f"it led to the revisions {', '.join(unknown)}, which are none of this document"
    return None
