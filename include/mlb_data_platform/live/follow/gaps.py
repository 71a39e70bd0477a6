"""Whether a patch left out a revision: the rest of it may fit all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlb_data_platform.documents.patch import MisfitError
from mlb_data_platform.errors import TransientError

_USELESS_IN_A_ROW = 3


class GapCheck:
    """Compares what a patch led over with the revisions that the API lists, as long as that list is of use.

    One more request for each patch, and not for each answer: the list is some kB zipped at the end of a game, where the
    whole document, which would show it as well, is over a hundred. At the usual wait that is at most one in ten
    seconds, so that fifteen documents take three requests a second. It comes before a patch is kept, so that what is
    kept is right.
    """

    def __init__(self, revisions: Callable[[], Sequence[str] | None], say: Callable[[str], None]) -> None:
        self._revisions = revisions
        self._say = say
        self._is_of_use = True
        self._suspect: tuple[str, str] | None = None
        self._useless_in_a_row = 0

    def check(self, start: str, reached: Sequence[str], sha256: str) -> None:
        """Raise MisfitError where a patch from revision `start` left one out, and what asking for the list raises.

        The patch led over the revisions `reached` to the document with the canonical hash `sha256`.
        """
        if not self._is_of_use:
            return
        try:
            listed = self._revisions()
        except TransientError:
            self._was_useless("the API does not list the revisions")
            raise
        if listed is None:
            self._was_useless("the API lists no revisions")
        elif reason := gap(listed, start, reached):
            self._suspect = reached[-1], sha256
            raise MisfitError(reason)
        else:
            self._useless_in_a_row = 0

    def whole(self, revision: str, sha256: str) -> None:
        """Take down the whole document that came: where it is what a patch with a gap led to, nothing was missing."""
        if (revision, sha256) == self._suspect:
            self._was_useless("the API lists other revisions than patches lead over")
        self._suspect = None

    def _was_useless(self, reason: str) -> None:
        """After some of that it is not asked for any more: each time costs a request, or a whole document."""
        self._useless_in_a_row += 1
        if self._useless_in_a_row == _USELESS_IN_A_ROW:
            self._is_of_use = False
            self._say(f"{reason}: a patch that leaves one out shows only when the whole is checked")


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
