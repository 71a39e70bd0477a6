"""A Stats API of a simulated league: what each endpoint answers at a moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from statsapi_simulator.api import changes, directory, live, parameters, schedule
from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.entry import entry
from statsapi_simulator.api.fields import only
from statsapi_simulator.api.games import Games, Version
from statsapi_simulator.api.hydrate import Hydration
from statsapi_simulator.api.listing import Listing
from statsapi_simulator.api.parameters import integers, moment
from statsapi_simulator.feed.shapes import Shape

Asked = Mapping[str, str]
_OfGame = Callable[[Games, int, datetime, Asked], Any]

_FEED = r"/api/v1\.1/game/(\d+)/feed/live"
_PATCH = rf"{_FEED}/diffPatch"
_OF_GAME: dict[str, _OfGame] = {
    _FEED: live.feed,
    rf"{_FEED}/timestamps": live.timestamps,
    _PATCH: live.diff_patch,
    r"/api/v1/game/(\d+)/linescore": live.line_score,
    r"/api/v1/game/(\d+)/boxscore": live.box_score,
    r"/api/v1/game/(\d+)/playByPlay": live.play_by_play,
}


class League:
    """Answers by path and parameters. The same seed and moment give the same answer, whatever was asked before.

    `season` is the one that is meant where a request names none; the others, 2016 to 2030, are there as well, each in
    the shape of its year, or all in `shape`; each `shift_days` later than it lies by itself. Safe for threads.
    """

    def __init__(self, seed: int, season: int, clock: Clock, shape: Shape | None = None, shift_days: int = 0) -> None:
        self.games = Games(seed, shape, shift_days)
        self.season = season
        self.clock = clock

    def answer(self, path: str, asked: Asked, now: datetime | None = None) -> Any:
        """Return the document that answers a request, at the clock's time unless `now` says another.

        It may share parts with other answers: not to be changed. Raises ApiError with the API's own error body, and
        NoEndpoint where there is none.
        """
        return only(self._whole(path, asked, now or self.clock.now()), asked.get("fields", ""))

    def feed_version(self, path: str, asked: Asked, now: datetime) -> Version | None:
        """Return what the answer depends on if it is a whole feed; else None."""
        match = re.fullmatch(_FEED, path)
        if match is None or asked.get("fields"):
            return None
        return self.games.version(int(match[1]), live.asked_moment(asked, now), now)

    def envelopes(self, path: str, asked: Asked, now: datetime) -> list[bytes] | None:
        """Return the envelopes, each as JSON, if the answer is a whole patch; else None."""
        match = re.fullmatch(_PATCH, path)
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

    def _whole(self, path: str, asked: Asked, now: datetime) -> Any:
        for pattern, handler in _OF_GAME.items():
            if match := re.fullmatch(pattern, path):
                return handler(self.games, int(match[1]), now, asked)
        if path == "/api/v1/schedule":
            found = schedule.found(self.games, schedule.selection(self.games, asked, now), now)
            return self._schedule(found, asked, now)
        if path == "/api/v1/game/changes":
            return self._changes(asked, now)
        return directory.answer(self.games, self.season, path, asked)

    def _changes(self, asked: Asked, now: datetime) -> Any:
        since = moment(asked, "updatedSince")
        season = parameters.season(asked) or self.season
        sports = integers(asked, "sportId")
        found = {} if sports and schedule.MLB not in sports else changes.changed_since(self.games, season, since, now)
        return self._schedule(found, asked, now)

    def _schedule(self, found: dict[date, list[Listing]], asked: Asked, now: datetime) -> Any:
        hydration = Hydration(self.games, asked.get("hydrate", ""), now)
        return schedule.document(found, lambda listing: hydration.add(self._entry(listing), listing))

    def _entry(self, listing: Listing) -> dict[str, Any]:
        season = listing.game.season
        return entry(self.games.world(season), listing, self.games.shape(season))
