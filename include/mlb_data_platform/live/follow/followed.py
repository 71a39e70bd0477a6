"""The document that is followed, as the follower has it in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from mlb_data_platform.documents.document import Json, canonical_sha256, value_at
from mlb_data_platform.mapping.raw_endpoint import Follow, States


@dataclass(frozen=True)
class Followed:
    """The newest document; its `content` is None where a patch that did not fit has spoiled it.

    `is_whole`: its newest capture is a whole document. `checked` are the values that were checked with that one.
    """

    content: Json | None
    revision: str
    sha256: str
    is_whole: bool
    checked: tuple[Any, ...]

    @classmethod
    def whole(cls, content: Json, revision: str, follow: Follow) -> Self:
        """Return a document that was captured as a whole."""
        return cls(content, revision, canonical_sha256(content), True, values_checked(content, follow))

    def patched(self, content: Json, revision: str) -> Self:
        """Return the document that a patch made of this one."""
        return replace(self, content=content, revision=revision, sha256=canonical_sha256(content), is_whole=False)

    def spoiled(self) -> Self:
        """Return what is left of this one when its content is not to be trusted."""
        return replace(self, content=None)


def values_checked(content: Json, follow: Follow) -> tuple[Any, ...]:
    """Return the values that say, by changing, that the whole document is to be checked."""
    return tuple(value_at(content, path) for path in follow.checked_with)


def is_in(content: Json, states: States) -> bool:
    """Return whether a document is in one of some states."""
    return value_at(content, states.path) in states.values
