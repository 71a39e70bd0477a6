"""The games of all seasons: played when first asked for; their feeds at a moment. Nothing is stored, only cached."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from statsapi_simulator.api.errors import no_such_game
from statsapi_simulator.feed.render import live_feed
from statsapi_simulator.feed.shapes import Shape, shape_of
from statsapi_simulator.feed.timeline import moments
from statsapi_simulator.game_record import GameRecord, Status
from statsapi_simulator.model import ScheduledGame
from statsapi_simulator.play.game import play_game
from statsapi_simulator.world.dates import SeasonDates, season_dates, season_of
from statsapi_simulator.world.season import World, build_world

FIRST_SEASON, LAST_SEASON = 2016, 2030
_TIMECODE = "%Y%m%d_%H%M%S"
# What is kept, and what it costs: a record about 0.5 MB, a feed as objects about 6 MB. With the zipped feeds of the
# server a process that has served a few hundred games takes about 250 MB, and no more after that.
_RECORDS = 128
_FEEDS = 12

Feed = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """What is kept of every game that was played, about 5 kB: enough for schedules and changes."""

    statuses: tuple[Status, ...]
    scores: tuple[tuple[datetime, int, int], ...]  # from when on, away, home
    revisions: tuple[datetime, ...]
    corrections: tuple[datetime, ...]  # when each scoring change was announced

    def status(self, now: datetime) -> Status:
        """Return the status at `now`; before the first one, that one."""
        return self.statuses[max(bisect_right(self.statuses, now, key=lambda status: status.since) - 1, 0)]

    def score(self, now: datetime) -> tuple[int, int]:
        """Return the runs at `now`, away and home."""
        found = bisect_right(self.scores, now, key=lambda score: score[0])
        return self.scores[found - 1][1:] if found else (0, 0)

    def revision(self, at: datetime) -> datetime:
        """Return the last revision of the feed not after `at`; before the first one, that one."""
        return self.revisions[max(bisect_right(self.revisions, at) - 1, 0)]

    def changed(self, after: datetime, until: datetime) -> bool:
        """Return whether state or content changed after the one moment, and not after the other."""
        return any(
            bisect_right(times, until) > bisect_right(times, after) for times in (self.revisions, self.corrections)
        )


class Games:
    """Games and feeds by gamePk; an unknown one is an ApiError. Safe for threads: what two compute is the same."""

    def __init__(self, seed: int, shape: Shape | None = None, shift_days: int = 0) -> None:
        self.seed = seed
        self.shift_days = shift_days
        self._shape = shape
        self._courses: dict[int, Course] = {}
        self.record: Callable[[int], GameRecord] = lru_cache(_RECORDS)(self._play)
        self._feed = lru_cache(_FEEDS)(self._render)

    def world(self, season: int) -> World:
        """Return the world of a season."""
        if not FIRST_SEASON <= season <= LAST_SEASON:
            raise no_such_game()
        return build_world(self.seed, season, self.shift_days)

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

    def course(self, game_pk: int) -> Course:
        """Return the outline of a game."""
        if game_pk not in self._courses:
            self._courses[game_pk] = _course(self.record(game_pk))
        return self._courses[game_pk]

    def feed(self, game_pk: int, at: datetime, now: datetime) -> Feed:
        """Return the feed at `at` as it is shown at `now`. Shared: not to be changed."""
        return self._feed(*self.version(game_pk, at, now))

    def version(self, game_pk: int, at: datetime, now: datetime) -> tuple[int, datetime, datetime]:
        """Return what a feed depends on: the game, the revision and the last moment at which it changed in place."""
        course = self.course(game_pk)
        revision = course.revision(at)
        return game_pk, revision, max([revision, *(each for each in course.corrections if each <= now)])

    def _play(self, game_pk: int) -> GameRecord:
        game = self.scheduled(game_pk)
        return play_game(self.world(game.season), game)

    def _render(self, game_pk: int, revision: datetime, corrected: datetime) -> Feed:
        record = self.record(game_pk)
        season = record.scheduled.season
        return live_feed(self.world(season), record, revision, corrected, self.shape(season))


def timecode(moment: datetime) -> str:
    """Return a moment as the API's timecode."""
    return moment.strftime(_TIMECODE)


def _course(record: GameRecord) -> Course:
    scores = [(play.ends_at, play.away_score, play.home_score) for play in record.plays]
    scores += [(each.ends_at, each.away_score, each.home_score) for play in record.plays for each in play.events]
    return Course(
        statuses=record.statuses,
        scores=_steps(sorted(scores)),
        revisions=tuple(moments(record)),
        corrections=tuple(sorted(change.announced_at for change in record.changes)),
    )


def _steps(scores: list[tuple[datetime, int, int]]) -> tuple[tuple[datetime, int, int], ...]:
    """Only the moments at which a score changes."""
    steps = [(0, 0)]
    result = []
    for since, away, home in scores:
        if (away, home) != steps[-1]:
            steps.append((away, home))
            result.append((since, away, home))
    return tuple(result)
