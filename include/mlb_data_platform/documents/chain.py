"""Which captures a document is made of: a patch, what it starts from, and so on back to a whole document.

A patch names its base by canonical hash, or, in a row that somebody inserted without it, by revision. So a capture that
came between two patches and has nothing to do with them, a whole document that another program asked for or the patches
of another follower, does not disturb them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from mlb_data_platform.documents.patch import MisfitError


@dataclass(frozen=True)
class Base:
    """The document a patch starts from: by its canonical hash or, where that is not known, by its revision."""

    sha256: str | None
    revision: str | None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.revision and f"revision {self.revision}", self.sha256)))


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


class Chains:
    """The chains of the captures `links`, newest first; `is_base` tells whether a whole document is a patch's base.

    A patch may have several bases, as where two programs follow a game and one of them lost an answer: the newest that
    leads to a document is taken. What leads to none is remembered, so that all that depends on it costs little more.
    """

    def __init__(self, links: Sequence[Link], is_base: Callable[[Link, Base], bool]) -> None:
        self._oldest_first = links[::-1]
        self._is_base = is_base
        self._lost: dict[int, str] = {}  # by raw_id, with the reason

    def of(self, target: Link) -> list[Link]:
        """Return the captures that make the document of `target`, in the order they are applied: a whole one, patches.

        Raises MisfitError where there are none, because a base is missing or was given up.
        """
        chain = [] if target.raw_id in self._lost else [target]
        while chain:
            patch = chain[-1]
            if patch.base is None:
                return chain[::-1]
            base, reason = self._base_of(patch, patch.base, chain)
            if base:
                chain.append(base)
            else:
                self.give_up(chain.pop(), reason)
        raise MisfitError(self._lost[target.raw_id])

    def give_up(self, link: Link, reason: str) -> None:
        """Take note that this capture leads to no document."""
        self._lost[link.raw_id] = reason

    def _base_of(self, patch: Link, wanted: Base, chain: Sequence[Link]) -> tuple[Link | None, str]:
        """The newest capture that `patch` starts from, made before it or at the same moment; else why there is none."""
        reason = ""
        end = bisect_right(self._oldest_first, patch.captured_at, key=attrgetter("captured_at"))
        for position in range(end - 1, -1, -1):
            link = self._oldest_first[position]
            if not (_leads_to(link, wanted) if link.is_patch else self._is_base(link, wanted)):
                continue
            if link.raw_id in self._lost:
                reason = reason or self._lost[link.raw_id]
            elif link.captured_at < patch.captured_at or link not in chain:
                return link, ""
        return None, reason or _without(patch, wanted)


def _leads_to(patch: Link, wanted: Base) -> bool:
    if wanted.sha256 is not None and patch.result_sha256 is not None:
        return patch.result_sha256 == wanted.sha256
    return wanted.revision is not None and patch.result_revision == wanted.revision


def _without(patch: Link, base: Base) -> str:
    if not str(base):
        return f"raw row {patch.raw_id} is a patch and names no base: neither base_sha256 nor start_timecode"
    return f"raw row {patch.raw_id} is a patch of a document ({base}) that is not in the raw tier"
