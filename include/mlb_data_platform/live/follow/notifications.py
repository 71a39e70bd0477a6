"""What tells a follower that there is something new to ask for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Notification:
    """A document has a new revision: the id of the message that told it, and whether the whole is to be asked for."""

    revision: str
    update: str | None
    whole: bool = False


class NotificationSource(Protocol):
    """Where news comes from, if it comes."""

    @property
    def works(self) -> bool:
        """Whether it can be trusted to tell."""

    def is_ahead_of(self, revision: str) -> bool:
        """Return whether it told of a later revision."""

    def told_after(self, revision: str) -> frozenset[str] | None:
        """Return the later revisions that it told of; None where it did not tell of this one, and may not know all."""

    def wait(self, revision: str, until: float) -> Notification | None:
        """Return news of a later revision, or that all is to be asked for, as soon as there is some.

        None at `until` (on the monotonic clock).
        """

    def reached(self, revision: str) -> None:
        """Take down that a document of this revision was received."""

    def close(self) -> None:
        """Tell no longer."""


class NoNotifications:
    """Tells nothing: the follower polls."""

    works = False

    def is_ahead_of(self, _: str) -> bool:
        """Return False."""
        return False

    def told_after(self, _: str) -> None:
        """Return None."""

    def wait(self, _: str, until: float) -> Notification | None:
        """Wait until `until`."""
        time.sleep(max(until - time.monotonic(), 0))
        return None

    def reached(self, _: str) -> None:
        """Do nothing with it."""

    def close(self) -> None:
        """Do nothing."""
