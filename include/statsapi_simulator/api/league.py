"""A Stats API of a simulated league: what each endpoint answers at a moment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from statsapi_simulator.api import live, routes
from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.fields import only
from statsapi_simulator.api.games import Games, Version
from statsapi_simulator.api.question import Question
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.world.slates import Slate

Asked = Mapping[str, str]


class League:
    """Answers by path and parameters. The same seed and moment give the same answer, whatever was asked before.

    `season` is the one that is meant where a request names none; the others, 2016 to 2030, are there as well, each in
    the shape of its year, or all in `shape`; each `shift_days` later than it lies by itself, but for `slates`.
    Safe for threads.
    """

    def __init__(
        self,
        seed: int,
        season: int,
        clock: Clock,
        shape: Shape | None = None,
        shift_days: int = 0,
        slates: tuple[Slate, ...] = (),
    ) -> None:
        self.games = Games(seed, shape, shift_days, slates)
        self.season = season
        self.clock = clock

    def answer(self, path: str, asked: Asked, now: datetime | None = None) -> Any:
        """Return the document that answers a request, at the clock's time unless `now` says another.

        It may share parts with other answers: not to be changed. Raises ApiError with the API's own error body, and
        NoEndpoint where there is none.
        """
        question = Question(self.games, self.season, asked, now or self.clock.now())
        return only(routes.answer(path, question), asked.get("fields", ""))

    def feed_version(self, path: str, asked: Asked, now: datetime) -> Version | None:
        """Return what the answer depends on if it is a whole feed; else None."""
        match = re.fullmatch(routes.FEED, path)
        if match is None or asked.get("fields"):
            return None
        return self.games.version(int(match[1]), live.asked_moment(asked, now), now)

    def envelopes(self, path: str, asked: Asked, now: datetime) -> list[bytes] | None:
        """Return the envelopes, each as JSON, if the answer is a whole patch; else None."""
        match = re.fullmatch(routes.PATCH, path)
        if match is None or asked.get("fields"):
            return None
        return live.envelopes(self.games, int(match[1]), now, asked)

    def earlier_timecode(self, game_pk: int, revisions: int) -> str | None:
        """Return the timecode of the feed so many revisions before the newest; None where there is none."""
        known = live.timestamps(self.games, game_pk, self.clock.now(), {})
        return known[-1 - revisions] if revisions < len(known) else None

    def another_game(self, game_pk: int) -> int:
        """Return the gamePk that follows in the schedule of the season; after the last the first."""
        games = list(self.games.world(self.games.scheduled(game_pk).season).games)
        return games[(games.index(game_pk) + 1) % len(games)]
