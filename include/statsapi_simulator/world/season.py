"""A whole simulated season, made from a seed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache

from statsapi_simulator.model import Absence, Person, ScheduledGame, Team, Venue
from statsapi_simulator.world.absences import absences, active
from statsapi_simulator.world.dates import SeasonDates, season_dates
from statsapi_simulator.world.officials import officials, umpires
from statsapi_simulator.world.people import Register
from statsapi_simulator.world.schedule import schedule
from statsapi_simulator.world.slates import Slate, with_slates
from statsapi_simulator.world.teams import teams
from statsapi_simulator.world.venues import venues

__all__ = ["SeasonDates", "World", "build_world"]


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Everything of a season but the games' course. Not to be changed: one world serves all threads."""

    seed: int
    season: int
    shift_days: int
    slates: tuple[Slate, ...]
    dates: SeasonDates
    teams: dict[int, Team]
    venues: dict[int, Venue]
    umpires: tuple[Person, ...]
    officials: tuple[Person, ...]  # thirty official scorers, one per club, then thirty datacasters
    people: dict[int, Person]
    clubs: dict[int, int]  # of everybody who has one, by person
    schedule: tuple[ScheduledGame, ...]  # in order of first_date, starts_at, game_pk
    games: dict[int, ScheduledGame]
    listed: dict[date, tuple[ScheduledGame, ...]]
    absences: dict[int, tuple[Absence, ...]]  # by club

    def on(self, day: date) -> tuple[ScheduledGame, ...]:
        """Return the games that are listed on `day`, by their first date or their second."""
        return self.listed.get(day, ())

    def active(self, team_id: int, day: date) -> tuple[Person, ...]:
        """Return the active players of a club on `day`, starters and bullpen first."""
        return active(self.teams[team_id], self.absences[team_id], day)


@cache
def build_world(seed: int, season: int, shift_days: int = 0, slates: tuple[Slate, ...] = ()) -> World:
    """Return the season that belongs to `seed` and `season`: the same on any machine.

    `shift_days` later it is another season, with the same people and pairings but games of its own. `slates`
    say which of them begin at another time than the schedule has them.
    """
    dates = season_dates(season, shift_days)
    register = Register(season, dates.regular_season_start)
    clubs = teams(seed, season, register)
    parks = {venue.id: venue for venue in venues()}
    crews, others = umpires(seed, season, register), officials(seed, season, register)
    employed = {club.id: (*club.roster, club.manager, *club.coaches) for club in clubs}
    people = [person for men in employed.values() for person in men]
    games = with_slates(schedule(seed, season, clubs, parks, shift_days), slates, parks)
    return World(
        seed=seed,
        season=season,
        shift_days=shift_days,
        slates=slates,
        dates=dates,
        teams={club.id: club for club in clubs},
        venues=parks,
        umpires=crews,
        officials=others,
        people={person.id: person for person in (*people, *crews, *others)},
        clubs={person.id: club for club, men in employed.items() for person in men},
        schedule=games,
        games={game.game_pk: game for game in games},
        listed=_listed(games),
        absences={club.id: absences(seed, dates, season, club) for club in clubs},
    )


def _listed(games: tuple[ScheduledGame, ...]) -> dict[date, tuple[ScheduledGame, ...]]:
    by_date: dict[date, list[ScheduledGame]] = defaultdict(list)
    for game in games:
        for day in filter(None, (game.first_date, game.second_date)):
            by_date[day].append(game)
    return {day: tuple(listed) for day, listed in by_date.items()}
