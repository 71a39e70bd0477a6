"""The schedule endpoint: the games of dates, as they stand at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from statsapi_simulator.api import parameters
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.api.games import Games
from statsapi_simulator.api.listing import Listing, listings
from statsapi_simulator.api.parameters import day, integer, integers, words
from statsapi_simulator.api.question import MLB
from statsapi_simulator.model import ScheduledGame
from statsapi_simulator.pages import COPYRIGHT
from statsapi_simulator.world.dates import baseball_day

Asked = Mapping[str, str]

_LONGEST = timedelta(days=400)
_POST_SEASON = frozenset("FDLW")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which games are asked for; None: all."""

    first: date
    last: date
    sports: frozenset[int]
    team: int | None = None
    opponent: int | None = None
    venues: frozenset[int] | None = None
    games: frozenset[int] | None = None
    game_types: frozenset[str] | None = None
    season: int | None = None

    def has(self, game: ScheduledGame) -> bool:
        """Return whether a game is among them."""
        return (
            MLB in self.sports
            and self.team in (None, game.away_id, game.home_id)
            and self.opponent in (None, game.away_id, game.home_id)
            and (self.venues is None or game.venue_id in self.venues)
            and (self.games is None or game.game_pk in self.games)
            and (self.game_types is None or game.game_type in self.game_types)
            and self.season in (None, game.season)
        )


def selection(games: Games, asked: Asked, now: datetime) -> Selection:
    """Return what the parameters ask for: of `date`, or from `startDate` to `endDate`, or `gamePk(s)`, or `season`.

    Without any of them it is the baseball day of `now`. Raises ApiError for what cannot be read.
    """
    pks = integers(asked, "gamePk", "gamePks")
    season = parameters.season(asked)
    first, last = _dates(games, asked, now, pks, season)
    types = frozenset(words(asked, "gameType", "gameTypes"))
    return Selection(
        first=first,
        last=last,
        sports=frozenset(integers(asked, "sportId")) or frozenset({MLB}),
        team=integer(asked, "teamId"),
        opponent=integer(asked, "opponentId"),
        venues=frozenset(integers(asked, "venueIds", "venueId")) or None,
        games=frozenset(pks) or None,
        game_types=(types | _POST_SEASON if "P" in types else types) or None,
        season=season,
    )


def found(games: Games, selected: Selection, now: datetime) -> dict[date, list[Listing]]:
    """Return the selected listings by date; dates without any are left out."""
    dates = (selected.first + timedelta(days=n) for n in range((selected.last - selected.first).days + 1))
    by_date = {each: listings(games, each, now, selected.has) for each in dates}
    return {each: listed for each, listed in by_date.items() if listed}


def _dates(games: Games, asked: Asked, now: datetime, pks: Iterable[int], season: int | None) -> tuple[date, date]:
    if exact := day(asked, "date"):
        return exact, exact
    first, last = day(asked, "startDate"), day(asked, "endDate")
    if first or last:
        first, last = first or last or date.min, last or first or date.min
        if last - first > _LONGEST:
            raise bad_parameter("endDate", last.isoformat(), f"{first + _LONGEST}: not that far from startDate")
        return first, last
    if scheduled := [games.scheduled(pk) for pk in pks]:
        dates = [each for game in scheduled for each in (game.first_date, game.second_date) if each]
        return min(dates), max(dates)
    if season:
        return games.dates(season).pre_season_start, games.dates(season).off_season_end
    today = baseball_day(now)
    return today, today


def document(found: Mapping[date, list[Listing]], entry: Callable[[Listing], dict[str, Any]]) -> dict[str, Any]:
    """Return the answer: entries by date, with their sums."""
    live = {day: sum(each.live for each in listed) for day, listed in found.items()}
    return {
        "copyright": COPYRIGHT,
        **sums(sum(map(len, found.values())), sum(live.values())),
        "dates": [
            {
                "date": day.isoformat(),
                **sums(len(listed), live[day]),
                "games": [entry(each) for each in listed],
                "events": [],
            }
            for day, listed in found.items()
        ],
    }


def sums(games: int, live: int) -> dict[str, int]:
    """Return how many games there are and how many of them are live, as schedules say it."""
    return {"totalItems": games, "totalEvents": 0, "totalGames": games, "totalGamesInProgress": live}
