"""Whether a patch left out a revision: the rest of it may fit all the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from mlb_data_platform.documents.patch import MisfitError
from mlb_data_platform.errors import TransientError
from mlb_data_platform.live.cadence import CHECKS_THE_WHOLE_EVERY

_USELESS_IN_A_ROW = 3


class GapCheck:
    """Compares what a patch led over with the revisions that the API lists, as long as that list is of use.

    One more request for each patch, and not for each answer: the list is some kB zipped at the end of a game, where the
    whole document, which would show it as well, is over a hundred. At the usual wait that is at most one in ten
    seconds, so that fifteen documents take three requests a second. It comes before a patch is kept, so that what is
    kept is right. Where a push channel told of the very revisions that the patch led over it saves the request: as long
    as it has told of each that came. `speed` is that of the API's clock.
    """

    def __init__(
        self, revisions: Callable[[], Sequence[str] | None], say: Callable[[str], None], speed: float = 1.0
    ) -> None:
        self._revisions = revisions
        self._say = say
        self._speed = speed
        self._is_of_use = True
        self._away_until = float("inf")  # on the monotonic clock
        self._tells_all = True
        self._suspect: tuple[str, str] | None = None
        self._useless_in_a_row = 0

    def needs_list(self, told: Collection[str] | None) -> bool:
        """Return whether the list will be asked for, most likely, with a patch; `told` as for `check`."""
        return self._is_of_use and not (told and self._tells_all)

    def check(self, start: str, reached: Sequence[str], sha256: str, told: Collection[str] | None = None) -> None:
        """Raise MisfitError where a patch from revision `start` left one out, and what asking for the list raises.

        The patch led over the revisions `reached` to the document with the canonical hash `sha256`. `told` are those
        after `start` that a channel told of, if it can know all.
        """
        if not self._is_of_use or (told and self._is_as_told(reached, told)):
            return
        try:
            listed = self._revisions()
        except TransientError:
            self._was_useless("the API does not list the revisions")
            if not self._is_of_use:
                self._away_until = time.monotonic() + CHECKS_THE_WHOLE_EVERY / self._speed
            raise
        if listed is None:
            self._was_useless("the API lists no revisions")
        elif reason := gap(listed, start, reached):
            self._suspect = reached[-1], sha256
            raise MisfitError(reason)
        else:
            self._useless_in_a_row = 0

    def _is_as_told(self, reached: Sequence[str], told: Collection[str]) -> bool:
        """Whether a patch led over what a channel told of, which has told of all that it has led over so far."""
        newest = max(told)
        if self._tells_all and any(each < newest and each not in told for each in reached):
            self._tells_all = False
            self._say("the push channel does not tell of every revision: the API is asked which there are")
        return self._tells_all and set(reached) == {each for each in told if each <= reached[-1]}

    def whole(self, revision: str, sha256: str) -> None:
        """Take down the whole document that came: where it is what a patch with a gap led to, nothing was missing.

        A list that was given up since it was away is asked for again then, if that is a while ago.
        """
        if (revision, sha256) == self._suspect:
            self._was_useless("the API lists other revisions than patches lead over")
        elif time.monotonic() >= self._away_until:
            self._is_of_use, self._away_until, self._useless_in_a_row = True, float("inf"), 0
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
