"""A question about the league: what was asked, of which season, and at which moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from statsapi_simulator.api import parameters
from statsapi_simulator.api.errors import not_found
from statsapi_simulator.api.games import FIRST_SEASON, LAST_SEASON, Games
from statsapi_simulator.ledger.ledger import Played
from statsapi_simulator.model import Person, Team
from statsapi_simulator.world.dates import SeasonDates, baseball_day, season_of
from statsapi_simulator.world.people import season_of_person
from statsapi_simulator.world.season import World

MLB = 1  # the only sport there is
_REGULAR_SEASON = "R"


@dataclass(frozen=True)
class Question:
    """`season` is the one that the server plays: what is meant where neither a season nor a date is named."""

    games: Games
    default_season: int
    asked: Mapping[str, str]
    now: datetime

    @cached_property
    def season(self) -> int:
        """The season that is meant: `season`, the one of a date that is named, or the one that is played."""
        days = (parameters.day(self.asked, name) for name in ("date", "startDate", "endDate"))
        day = next(filter(None, days), None)
        asked = parameters.season(self.asked)
        return asked or (season_of(day, self.games.shift_days) if day else self.default_season)

    @property
    def world(self) -> World:
        """The world of the season; an unknown one is not found."""
        if not FIRST_SEASON <= self.season <= LAST_SEASON:
            raise not_found()
        return self.games.world(self.season)

    @property
    def dates(self) -> SeasonDates:
        """The dates of the season."""
        return self.games.dates(self.season)

    @cached_property
    def day(self) -> date:
        """The date that is meant: `date`, else today; never after today, nor outside the season."""
        day = min(parameters.day(self.asked, "date") or date.max, baseball_day(self.now))
        return min(max(day, self.dates.pre_season_start), self.dates.off_season_end)

    @property
    def is_mlb(self) -> bool:
        """Whether the sport that is asked for is the one there is."""
        sports = parameters.integers(self.asked, "sportId", "sportIds")
        return not sports or MLB in sports

    def team(self, team_id: int) -> Team:
        """Return a club."""
        team = self.world.teams.get(team_id)
        if team is None:
            raise not_found()
        return team

    def find(self, person_id: int) -> tuple[World, Person] | None:
        """Return somebody and the world he belongs to, whatever season is meant; None for an unknown id."""
        season = season_of_person(person_id)
        if not FIRST_SEASON <= season <= LAST_SEASON:
            return None
        world = self.games.world(season)
        person = world.people.get(person_id)
        return (world, person) if person else None

    def person(self, person_id: int) -> tuple[World, Person]:
        """Return the same; an unknown id is not found."""
        found = self.find(person_id)
        if found is None:
            raise not_found()
        return found

    def played(
        self, world: World, team_id: int | None = None, first: date = date.min, last: date = date.max
    ) -> list[Played]:
        """Return the games of a season that are over, by their official dates, of one club or of all.

        None where another sport is asked for, or other games than those of the regular season.
        """
        kinds = parameters.words(self.asked, "gameType", "gameTypes", "leaderGameTypes")
        if not self.is_mlb or (kinds and _REGULAR_SEASON not in kinds):
            return []
        wanted = [
            game
            for game in world.schedule
            if first <= game.official_date <= last and team_id in (None, game.away_id, game.home_id)
        ]
        return self.games.ledger.over(wanted, self.now)
