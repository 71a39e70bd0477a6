"""Which captures a document is made of: a patch, what it starts from, and so on back to a whole document.

A patch names its base by canonical hash, or, in a row that somebody inserted without it, by revision. So a capture that
came between two patches and has nothing to do with them, a whole document that another program asked for or the patches
of another follower, does not disturb them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlb_data_platform.documents.patch import MisfitError


@dataclass(frozen=True)
class Base:
    """The document a patch starts from: by its canonical hash or, where that is not known, by its revision."""

    sha256: str | None
    revision: str | None

    def __str__(self) -> str:
        return self.sha256 or f"revision {self.revision}"


@dataclass(frozen=True)
class Link:
    """A capture of one natural key: a whole document (`base` is None) or a patch, and, as far as is known, its result.

    `raw_id` and `stored_at` name the raw row, `captured_at` the moment: of a sighting another one than `stored_at`.
    """

    raw_id: int
    stored_at: datetime
    captured_at: datetime
    base: Base | None = None
    result_sha256: str | None = None
    result_revision: str | None = None

    @property
    def is_patch(self) -> bool:
        """Whether it takes another capture to make a document of it."""
        return self.base is not None


def chain(target: Link, earlier: Sequence[Link], is_base: Callable[[Link, Base], bool]) -> list[Link]:
    """Return the captures that make the document of `target`, in the order they are applied: a whole one, patches.

    `earlier` are the captures before it, newest first; `is_base` tells whether a whole document is the one that a
    patch starts from. Raises MisfitError where no capture is the base of a patch.
    """
    links = [target]
    for link in earlier:
        wanted = links[-1].base
        if wanted is None:
            break
        if _leads_to(link, wanted) if link.is_patch else is_base(link, wanted):
            links.append(link)
    if lost := links[-1].base:
        raise MisfitError(f"the document it is a patch of ({lost}) is not in the raw tier")
    return links[::-1]


def _leads_to(patch: Link, wanted: Base) -> bool:
    if wanted.sha256 is not None and patch.result_sha256 is not None:
        return patch.result_sha256 == wanted.sha256
    return wanted.revision is not None and patch.result_revision == wanted.revision
