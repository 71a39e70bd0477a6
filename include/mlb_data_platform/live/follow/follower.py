"""Follows one document: asks for what changed, applies it, keeps it, and takes a whole one where that does not do."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from mlb_data_platform.documents.document import value_at
from mlb_data_platform.documents.moment import CapturedDocument
from mlb_data_platform.documents.patch import MisfitError, changes_nothing, steps
from mlb_data_platform.errors import BadInputError, PlatformError
from mlb_data_platform.live.follow.capture_buffer import SECONDS_BETWEEN_TRIES, CaptureBuffer, ReceivedCapture
from mlb_data_platform.live.follow.decision import (
    Ask,
    Situation,
    Step,
    is_parked,
    never_parked,
    next_step,
    seconds_between,
)
from mlb_data_platform.live.follow.document_client import Answer, DocumentClient
from mlb_data_platform.live.follow.followed import Followed
from mlb_data_platform.live.follow.gaps import GapCheck
from mlb_data_platform.live.follow.notifications import Notification, NotificationSource
from mlb_data_platform.live.patience import API_SECONDS, Patience
from mlb_data_platform.mapping.raw_endpoint import Patches
from mlb_data_platform.statsapi.client import ApiAwayError
from mlb_data_platform.storage.raw import Ends

_OLD_ANSWERS_IN_A_ROW = 4  # by then no cache is behind: the API means it
_SOON_SECONDS, _DOUBLED = 0.5, 8  # of the API's clock, and how often it is doubled at most
_A_MOMENT = timedelta(microseconds=1)


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


class Follower:
    """Follows the document that `client` asks about; `speed` is that of the API's clock."""

    def __init__(
        self,
        patches: Patches,
        client: DocumentClient,
        buffer: CaptureBuffer,
        news: NotificationSource,
        say: Callable[[str], None],
        speed: float = 1.0,
    ) -> None:
        self._patches = patches
        self._follow = patches.follow
        self._client = client
        self._buffer = buffer
        self._news = news
        self._say = say
        self._speed = speed
        self.counts = Counts()
        self.document: Followed | None = None
        self._kept_at: datetime | None = None  # the moment of its capture
        self._state: object = None
        self._reload: str | None = None
        self._old_answers = 0
        self._failures = 0  # in a row
        self._behind_in_a_row = 0  # answers that did not have what the channel had told of
        self._gaps = GapCheck(client.revisions, say, speed)
        self._first_pause = random.uniform(1.0, 2.0)  # who starts together does not ask together  # nosec B311
        # On the monotonic clock.
        self._asked_at = self._asked_for_all_at = self._resumes_at = float("-inf")
        self._whole_at = time.monotonic()
        self._answered = False

    def start(self, kept: CapturedDocument | None, *, goes_on_here: bool = False) -> None:
        """Go on from the newest document that is kept, if there is one; the patience with the API begins now.

        Of what `goes_on_here` it is not the end to be parked: it was parked elsewhere.
        """
        self._follow = never_parked(self._patches.follow) if goes_on_here else self._patches.follow
        self._api = Patience(API_SECONDS, self._say)
        self._reload = self.document = None
        self._whole_at = time.monotonic()
        self._kept_at = kept.link.captured_at if kept else None
        if kept is None or value_at(kept.content, self._patches.revision) is None:  # no changes since: begin anew
            return
        revision = self._client.revision_of(kept.content)
        whole = Followed.whole(kept.content, revision, self._follow)
        self.document = whole.patched(kept.content, revision) if kept.link.is_patch else whole
        self._api.succeeded()  # for who kept it
        self._say(f"going on from revision {revision}")
        self._say_state()

    @property
    def is_parked(self) -> bool:
        """Whether it ended because the document goes on another day."""
        return is_parked(self._follow, self.document)

    def turn(self) -> str | None:
        """Wait until there is something to ask for, ask, and keep the answer.

        Returns how it ended once it has and all is committed. Raises BadInputError for a document that the API does not
        have, TransientError where the API, or PostgreSQL, is away for too long.
        """
        step = next_step(self._follow, self._situation())
        if step.ask is Ask.NOTHING:
            problem: PlatformError | None = self._buffer.finish()
            if problem is None:
                return step.reason
            self._failed(problem)
            return None
        news = self._wait(step.ask)
        if news and news.whole:
            self._reload = "the push channel says so"
            return None
        self._asked_at = time.monotonic()
        problem = self._problem_of_asking(step, news)
        problem = self._buffer.catch_up() or problem
        if problem:
            self._failed(problem)
        else:
            self._api.succeeded()
            self._answered, self._failures = True, 0
        return None

    def _situation(self) -> Situation:
        since_whole = (time.monotonic() - self._whole_at) * self._speed
        return Situation(self.document, self._answered, self._reload, since_whole)

    def _wait(self, ask: Ask) -> Notification | None:
        """Wait for the turn of the next request; return the notification that made it come early.

        A whole document is asked for at once, unless the last one is not long ago, or the last request failed.
        """
        is_ahead = self._news.is_ahead_of(self._revision)
        content = self.document.content if self.document else None
        in_vain = (self._news.works and not is_ahead) or self._failures > 1
        interval = seconds_between(self._follow, content, in_vain=in_vain)
        if ask is Ask.CHANGES:
            if is_ahead:  # what the channel told of is on its way
                interval = min(interval, _SOON_SECONDS * 2 ** min(self._behind_in_a_row, _DOUBLED))
            interval *= self._first_pause
            self._first_pause = 1.0
            news = partial(self._news.wait, self._revision)
            return self._committing_meanwhile(news, self._asked_at + interval / self._speed)
        asked_at = self._asked_at if self._failures or self._old_answers else self._asked_for_all_at
        return self._committing_meanwhile(_sleep, max(asked_at + interval / self._speed, self._resumes_at))

    def _committing_meanwhile(self, wait: Callable[[float], Notification | None], until: float) -> Notification | None:
        """Wait, unless news come; what waits for PostgreSQL is committed meanwhile, once that is back."""
        while self._buffer.is_behind and (next_try := time.monotonic() + SECONDS_BETWEEN_TRIES) < until:
            if news := wait(next_try):
                return news
            if problem := self._buffer.catch_up():
                self._failed(problem)
        return wait(until)

    @property
    def _revision(self) -> str:
        return self.document.revision if self.document else ""

    def _problem_of_asking(self, step: Step, news: Notification | None) -> PlatformError | None:
        """Ask and take the answer; return why there is none that is of use."""
        try:
            if step.ask is Ask.WHOLE:
                self._ask_for_all(step.reason)
            else:
                self._ask_for_changes(news)
        except PlatformError as error:
            return error
        return None

    def _ask_for_all(self, reason: str) -> None:
        self._asked_for_all_at = self._asked_at
        answer = self._client.whole()
        self._say(f"the whole document, {reason}: revision {self._client.revision_of(answer.content)}")
        self._reload = reason  # until one is taken
        self._take_whole(answer)

    def _ask_for_changes(self, news: Notification | None) -> None:
        needs_list = self._gaps.needs_list(self._news.told_after(self._revision))
        answer = self._client.changes(self._revision, news.update if news else None, then_revisions=needs_list)
        if changes_nothing(answer.content):
            self.counts.empty += 1
            self._behind_in_a_row = self._behind_in_a_row + 1 if self._news.is_ahead_of(self._revision) else 0
            return
        self._behind_in_a_row = 0
        if isinstance(answer.content, list):
            self._take_patch(answer)
        else:
            self.counts.fallbacks += 1
            self._reload = "the one in the place of a patch was old"
            self._take_whole(answer)

    def _take_whole(self, answer: Answer) -> None:
        before = self.document
        revision = self._client.revision_of(answer.content)
        if before and revision < before.revision:
            self.counts.old += 1
            self._old_answers += 1
            if self._old_answers < _OLD_ANSWERS_IN_A_ROW:
                self._say(f"revision {revision} is older than {before.revision}: left, and asked again")
                return
            self._say(f"the API insists on revision {revision}: taken, though {before.revision} is known")
        self._keep(answer)
        document = Followed.whole(answer.content, revision, self._follow)
        if before and revision == before.revision and document.sha256 != before.sha256:
            self.counts.corrections += 1
            self._say(f"corrected in place: revision {revision} is not what it was")
        self._gaps.whole(revision, document.sha256)
        self.counts.full += 1
        self._old_answers = 0
        self._reload = None
        self._whole_at = time.monotonic()
        self._is_now(document)

    def _take_patch(self, answer: Answer) -> None:
        before = self.document
        if before is None or before.content is None:
            raise RuntimeError("changes are asked for only where there is a document that they change")
        self.document = before.spoiled()  # the patch changes its content, whatever comes of that
        try:
            content, reached = before.content, []
            for step in steps(before.content, answer.content, self._patches.revision):
                content = step
                reached.append(self._client.revision_of(step))
            document = before.patched(content, reached[-1])
            self._gaps.check(before.revision, reached, document.sha256, self._news.told_after(before.revision))
        except MisfitError as error:
            self.counts.misfits += 1
            self._reload = f"a patch of revision {before.revision} does not do: {error}"
            return
        self._keep(answer, Ends(before.revision, before.sha256, document.sha256))
        self.counts.patches += 1
        self._is_now(document)

    def _keep(self, answer: Answer, ends: Ends | None = None) -> None:
        """Keep an answer as later than what it came after: a clock may be set back, or behind that of another machine.

        The captures of a document are in the order of their moments, and a patch has its base before it.
        """
        capture = answer.capture
        if self._kept_at and capture.captured_at <= self._kept_at:
            capture = replace(capture, captured_at=self._kept_at + _A_MOMENT)
        self._kept_at = capture.captured_at
        self._buffer.keep(ReceivedCapture(capture, ends))

    def _is_now(self, document: Followed) -> None:
        self.document = document
        self._news.reached(document.revision)
        self._say_state()

    def _say_state(self) -> None:
        if self.document is None or self.document.content is None:
            return
        state = value_at(self.document.content, self._follow.state)
        if state != self._state:
            self._state = state
            self._say(f"{state}, revision {self.document.revision}")

    def _failed(self, error: PlatformError) -> None:
        """Take down that an answer was of no use; all is asked for, when the API wants, unless that is too late.

        Of a document that there was, no error is final: another follower may find it again.
        """
        if self.document is None and isinstance(error, BadInputError):
            raise error
        pause = error.retry_after if isinstance(error, ApiAwayError) else 0.0
        self._resumes_at = time.monotonic() + pause
        self._api.failed(error, pause)
        self._failures += 1
        self._reload = self._reload or "the last answer was of no use"


def _sleep(until: float) -> None:
    time.sleep(max(until - time.monotonic(), 0))
