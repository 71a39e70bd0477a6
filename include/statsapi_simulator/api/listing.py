"""One game as a schedule lists it under one date, at a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from statsapi_simulator.api.games import Games
from statsapi_simulator.game_record import Status
from statsapi_simulator.model import Fate, ScheduledGame

# A game further away than this is Scheduled, whatever its fate, and is listed without being played, which takes time.
_NEWS = timedelta(hours=30)
_OVER = "FO"
_LIVE = "IMN"
_NOT_BEGUN = "SPDC"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is known at the moment: of a postponed or suspended game each of its two dates has its own."""

    game: ScheduledGame
    day: date
    starts_at: datetime
    status: Status
    score: tuple[int, int] | None  # away and home; None before the first pitch
    official_date: date
    moved_to: datetime | None = None  # this is the first date: when it is made up or goes on
    moved_from: datetime | None = None  # this is the second date: when it should have been, or began

    @property
    def where_played(self) -> bool:
        """Whether this is a date on which it is played; a postponed game has another."""
        return self.game.fate is not Fate.POSTPONED or self.moved_from is not None

    @property
    def over(self) -> bool:
        """Whether it counts: not postponed, cancelled or under way."""
        return self.status.code[0] in _OVER

    @property
    def live(self) -> bool:
        """Whether it is in progress: begun, and neither over nor put off."""
        return self.status.code[0] in _LIVE

    @property
    def tied(self) -> bool:
        """Whether it ended level."""
        return self.over and self.score is not None and self.score[0] == self.score[1]

    @property
    def suspended(self) -> bool:
        """Whether its two dates are two parts of one game."""
        return self.game.fate is Fate.SUSPENDED


def listings(games: Games, day: date, now: datetime, wanted: Callable[[ScheduledGame], bool]) -> list[Listing]:
    """Return the wanted games that are listed on `day`, in order of start; the others need not be played for it."""
    found = [listing(games, game, day, now) for game in games.on(day) if wanted(game)]
    return sorted(filter(None, found), key=lambda each: (each.starts_at, each.game.game_pk))


def listing(games: Games, game: ScheduledGame, day: date, now: datetime) -> Listing | None:
    """Return the game as listed on `day`, or None where nobody knows yet that it will be played on that date."""
    news = _news(games, game, now)
    if news and game.second_starts_at:
        if day == game.first_date:
            score = _score(games, game, news, news.since)
            return Listing(game, day, game.starts_at, news, score, game.official_date, moved_to=game.second_starts_at)
        status = games.course(game.game_pk).status(now)
        status = _scheduled(game.second_starts_at) if status.code[0] == "D" else status
        score = _score(games, game, status, now)
        starts_at = game.second_starts_at
        return Listing(game, day, starts_at, status, score, game.official_date, moved_from=game.starts_at)
    if day != game.first_date:
        return None
    if now < game.starts_at - _NEWS or game.fate is Fate.POSTPONED:
        status = _scheduled(game.starts_at)
    else:
        status = games.course(game.game_pk).status(now)
    return Listing(game, day, game.starts_at, status, _score(games, game, status, now), game.first_date)


def _news(games: Games, game: ScheduledGame, now: datetime) -> Status | None:
    """The status that moved the game to its second date, once it is known."""
    if game.second_starts_at is None or now < game.starts_at - _NEWS:
        return None
    statuses = games.course(game.game_pk).statuses
    news = next((each for each in statuses if each.code[0] in "DUT"), None)
    return news if news and news.since <= now else None


def _scheduled(starts_at: datetime) -> Status:
    return Status(starts_at, "S")


def _score(games: Games, game: ScheduledGame, status: Status, at: datetime) -> tuple[int, int] | None:
    return None if status.code[0] in _NOT_BEGUN else games.course(game.game_pk).score(at)
