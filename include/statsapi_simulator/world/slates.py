"""Games that begin when somebody wants to see them: those of a date, all of them within little more than an hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from statsapi_simulator.model import Fate, ScheduledGame, Venue
from statsapi_simulator.world.dates import baseball_day
from statsapi_simulator.world.drafts import EVENING

_SPREAD = timedelta(minutes=75)  # from the first game's start to the last one's
_FULL = 13  # games; of the fifteen of a full date one or two may be rained out
_AGO = timedelta(minutes=80)  # when the first game of a slate begins, so that all of them are on
_ON_FOR = timedelta(minutes=165)  # most games are on for as long
_ENOUGH = 8  # games that are on, to leave them alone


@dataclass(frozen=True, slots=True)
class Slate:
    """The games of `day` begin at `begins` (aware) and in the 75 minutes after it, on the date of that moment."""

    day: date
    begins: datetime

    @property
    def played_on(self) -> date:
        """The date that its games are listed for."""
        return baseball_day(self.begins)


def games_on(games: Iterable[ScheduledGame], now: datetime) -> list[ScheduledGame]:
    """Return the games that are most likely on: those that began, by schedule, less than a usual game's time ago."""
    return [game for game in games if now - _ON_FOR < game.starts_at <= now and _is_plain(game)]


def next_slate(games: tuple[ScheduledGame, ...], slates: tuple[Slate, ...], now: datetime) -> Slate | None:
    """Return what to add to `slates`, which `games` know of, so that a whole date's games are on at `now`.

    None where enough of them are on already, or no date of the season is left for it. The next date that is full comes
    first, today's before others; but none of which a game has begun, since somebody may have seen it. (Before the first
    slate there was nobody.) Where none is full any more, it is the fullest.
    """
    if slates and len(games_on(games, now)) >= _ENOUGH:
        return None
    begins = (now - _AGO).replace(second=0, microsecond=0)
    taken = {slate.day for slate in slates}
    by_day: dict[date, list[ScheduledGame]] = {}
    for game in filter(_is_plain, games):
        by_day.setdefault(game.first_date, []).append(game)
    left = [
        day
        for day in sorted(by_day.keys() - taken)
        if day >= baseball_day(begins) and (not slates or all(game.starts_at > begins for game in by_day[day]))
    ]
    fullest = max(left, key=lambda day: min(len(by_day[day]), _FULL), default=None)
    return Slate(fullest, begins) if fullest else None


def with_slates(
    games: tuple[ScheduledGame, ...], slates: tuple[Slate, ...], venues: Mapping[int, Venue]
) -> tuple[ScheduledGame, ...]:
    """Return the games as they are played once there are `slates`, in order of first_date, starts_at and game_pk.

    Where a slate has another date's games, those of the date that it is played on are played on that other one, unless
    they have begun; so no club plays twice at once. Games that have two dates are left where they are. A later slate
    changes nothing of what has begun before it.

    Raises ValueError for a slate without games.
    """
    found = {game.game_pk: game for game in games}
    played: set[int] = set()
    for slate in slates:
        chosen = [game for game in found.values() if game.first_date == slate.day and _is_plain(game)]
        chosen = [game for game in chosen if game.game_pk not in played]
        if not chosen:
            raise ValueError(f"on {slate.day} no game is left that could be played at another time")
        away = slate.day - slate.played_on
        instead = [
            replace(game, first_date=slate.day, starts_at=game.starts_at + away)
            for game in found.values()
            if away and game.first_date == slate.played_on and _is_plain(game)
            if game.game_pk not in played and (game.starts_at > slate.begins or not played)
        ]
        moved = [*_one_after_the_other(chosen, slate), *instead]
        found |= {game.game_pk: _by_day_or_night(game, venues[game.venue_id]) for game in moved}
        played |= {game.game_pk for game in chosen}
    return tuple(sorted(found.values(), key=lambda game: (game.first_date, game.starts_at, game.game_pk)))


def _one_after_the_other(games: list[ScheduledGame], slate: Slate) -> Iterator[ScheduledGame]:
    """The games of a slate in the order in which they were to begin, each at a whole minute."""
    ordered = sorted(games, key=lambda game: (game.starts_at, game.game_pk))
    for place, game in enumerate(ordered):
        minutes = _SPREAD * place / max(1, len(ordered) - 1) // timedelta(minutes=1)
        starts_at = slate.begins + timedelta(minutes=minutes)
        yield replace(game, first_date=slate.played_on, starts_at=starts_at)


def _is_plain(game: ScheduledGame) -> bool:
    """Whether it is played, on one date, and its club's only game there."""
    return game.second_date is None and game.double_header == "N" and game.fate is not Fate.CANCELLED


def _by_day_or_night(game: ScheduledGame, venue: Venue) -> ScheduledGame:
    hour = game.starts_at.astimezone(ZoneInfo(venue.time_zone)).hour
    return replace(game, day_night="night" if hour >= EVENING else "day")
