"""The games of all seasons: played when first asked for; their feeds at a moment. Nothing is stored, only cached."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from threading import RLock
from typing import Any

import msgspec

from statsapi_simulator.api.errors import no_such_game
from statsapi_simulator.feed.render import live_feed
from statsapi_simulator.feed.shapes import Shape, shape_of
from statsapi_simulator.game_record import GameRecord, ScoringChange
from statsapi_simulator.ledger.course import Course
from statsapi_simulator.ledger.ledger import Ledger
from statsapi_simulator.model import ScheduledGame
from statsapi_simulator.patch import diff
from statsapi_simulator.play.corrections import correction_at
from statsapi_simulator.play.game import play_game
from statsapi_simulator.world.dates import SeasonDates, season_dates, season_of
from statsapi_simulator.world.season import World, build_world
from statsapi_simulator.world.slates import Slate

FIRST_SEASON, LAST_SEASON = 2016, 2030
_TIMECODE = "%Y%m%d_%H%M%S"
# What is kept, and what it costs: a record about 0.5 MB; a feed as objects about 6 MB, most of it shared with the next
# one; an envelope about 2 kB. With the zipped feeds of the server a process that has served a few hundred games and all
# patches of forty takes about 300 MB, and no more after that.
_RECORDS = 128
_FEEDS = 32  # of fifteen games at once the last two
_PATCHES = 16_384
_LEVEL = 1  # of zlib, the fastest

Feed = dict[str, Any]
# The game, the revision, and when each of the changes in place that are known was announced.
Version = tuple[int, datetime, tuple[datetime, ...]]


class Games:
    """Games and feeds by gamePk; an unknown one is an ApiError. Safe for threads: what two compute is the same."""

    def __init__(
        self, seed: int, shape: Shape | None = None, shift_days: int = 0, slates: tuple[Slate, ...] = ()
    ) -> None:
        self.seed = seed
        self.shift_days = shift_days
        self._slates = slates
        self._shape = shape
        self._corrected: dict[int, GameRecord] = {}
        self._locks: dict[int, RLock] = {}
        self.ledger = Ledger(self.world, self.record)
        self._played = lru_cache(_RECORDS)(self._play)
        self._feed = lru_cache(_FEEDS)(self._render)
        self._meta_data = lru_cache(_PATCHES)(self._read_meta_data)
        self._envelope = lru_cache(_PATCHES)(self._compare)

    def world(self, season: int) -> World:
        """Return the world of a season."""
        if not FIRST_SEASON <= season <= LAST_SEASON:
            raise no_such_game()
        of_season = tuple(slate for slate in self._slates if season_of(slate.day, self.shift_days) == season)
        return build_world(self.seed, season, self.shift_days, of_season)

    def dates(self, season: int) -> SeasonDates:
        """Return the dates of any season."""
        return season_dates(season, self.shift_days)

    def on(self, day: date) -> tuple[ScheduledGame, ...]:
        """Return the games that are listed on `day`; none outside the seasons that there are."""
        season = season_of(day, self.shift_days)
        return self.world(season).on(day) if FIRST_SEASON <= season <= LAST_SEASON else ()

    def scheduled(self, game_pk: int) -> ScheduledGame:
        """Return the game as it was scheduled."""
        game = self.world(game_pk // 10_000).games.get(game_pk)
        if game is None:
            raise no_such_game()
        return game

    def shape(self, season: int) -> Shape:
        """Return the shape of a season's feeds: the one all have, else the season's own."""
        return self._shape or shape_of(season)

    def record(self, game_pk: int) -> GameRecord:
        """Return the game as it is played, with the corrections that were asked for."""
        return self._corrected.get(game_pk) or self._played(game_pk)

    def course(self, game_pk: int) -> Course:
        """Return the outline of a game."""
        with self._lock(game_pk):
            return self.ledger.course(self.scheduled(game_pk))

    def over(self, game: ScheduledGame, now: datetime) -> bool:
        """Return whether a game has been played by `now`; one that has not begun need not be played for it."""
        return game.starts_at <= now and self.course(game.game_pk).status(now).code[0] in "FO"

    def feed(self, game_pk: int, at: datetime, now: datetime) -> Feed:
        """Return the feed at `at` as it is shown at `now`. Shared: not to be changed."""
        return self.feed_of(self.version(game_pk, at, now))

    def feed_of(self, version: Version) -> Feed:
        """Return the feed of a version. Shared: not to be changed."""
        with self._lock(version[0]):
            return self._feed(*version)

    def version(self, game_pk: int, at: datetime, now: datetime) -> Version:
        """Return what a feed depends on."""
        course = self.course(game_pk)
        return game_pk, course.revision(at), course.corrections[: bisect_right(course.corrections, now)]

    def meta_data(self, game_pk: int, at: datetime, now: datetime) -> Feed:
        """Return the `metaData` of the feed at `at`. Shared: not to be changed."""
        with self._lock(game_pk):
            return self._meta_data(*self.version(game_pk, at, now))

    def envelope(self, game_pk: int, number: int, now: datetime) -> bytes:
        """Return, as JSON, what diffPatch says at `now` of the revision of that number: the way from the one before."""
        revisions = self.course(game_pk).revisions
        with self._lock(game_pk):
            known = self.version(game_pk, revisions[number], now)[2]
            return zlib.decompress(self._envelope(game_pk, revisions[number - 1], revisions[number], known))

    def prepare(self, game_pk: int) -> int:
        """Make all envelopes of a game, which are then there when somebody asks; return how many there are."""
        revisions = self.course(game_pk).revisions
        for number, revision in enumerate(revisions):
            self.meta_data(game_pk, revision, revision)
            if number:
                self.envelope(game_pk, number, revision)
        return len(revisions) - 1

    def correct(self, game_pk: int, now: datetime) -> tuple[ScoringChange, ...]:
        """Let the scorer change a play in place at `now`; return the plays that change. Empty: none is over yet."""
        with self._lock(game_pk):
            record = self.record(game_pk)
            changes = correction_at(self.world(record.scheduled.season), record, now)
            if changes:
                known = sorted((*record.changes, *changes), key=lambda change: change.announced_at)
                corrected = self._corrected[game_pk] = replace(record, changes=tuple(known))
                self.ledger.enter(corrected)
        return changes

    def _lock(self, game_pk: int) -> RLock:
        """What makes each thing of a game be computed once, however many ask at once."""
        return self._locks.setdefault(game_pk, RLock())

    def _play(self, game_pk: int) -> GameRecord:
        game = self.scheduled(game_pk)
        return play_game(self.world(game.season), game)

    def _render(self, game_pk: int, revision: datetime, known: tuple[datetime, ...]) -> Feed:
        record = self.record(game_pk)
        season = record.scheduled.season
        return live_feed(self.world(season), record, revision, known[-1] if known else revision, self.shape(season))

    def _read_meta_data(self, game_pk: int, revision: datetime, known: tuple[datetime, ...]) -> Feed:
        meta_data: Feed = self._feed(game_pk, revision, known)["metaData"]
        return meta_data

    def _compare(self, game_pk: int, old: datetime, new: datetime, known: tuple[datetime, ...]) -> bytes:
        before, after = (self._feed(game_pk, each, known) for each in (old, new))
        operations = diff(before, after)
        if self.shape(self.scheduled(game_pk).season) is Shape.Y2018:  # a patch of 2018 tests its base
            stamp = before["metaData"]["timeStamp"]
            operations.insert(0, {"op": "test", "path": "/metaData/timeStamp", "value": stamp})
        return zlib.compress(msgspec.json.encode({"diff": operations}), _LEVEL)


def timecode(moment: datetime) -> str:
    """Return a moment as the API's timecode."""
    return moment.strftime(_TIMECODE)
