"""The thirty clubs of two leagues, and who plays for them. All invented."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from statsapi_simulator.model import Person, PositionCode, Team
from statsapi_simulator.seeded import seeded
from statsapi_simulator.world.people import Register, skill, with_initials
from statsapi_simulator.world.venues import FIRST_VENUE_ID

FIRST_TEAM_ID = 901
ACTIVE = 26
STARTERS, PITCHERS = 5, 13  # of the active ones; the starters come first, then the bullpen

_FIELDERS: tuple[PositionCode, ...] = ("2", "3", "4", "5", "6", "7", "8", "9", "10", "2", "4", "8", "3")
_RESERVES: tuple[PositionCode, ...] = ("1",) * 7 + ("2", "5", "6", "3", "7", "8", "9")
_COACHES = 7
_TWO_WAY = (14, 27)  # clubs, by their place, whose fifth starter bats as well
_ZEROES = 3  # the club where '0' and '00' are two men


class _Club(NamedTuple):
    location: str
    name: str
    abbreviation: str
    first_year: int
    division: int
    spring_league: int


_DIVISIONS = {201: 103, 202: 103, 200: 103, 204: 104, 205: 104, 203: 104}  # to leagues; the order of _CLUBS
_CLUBS = (
    _Club("Wexmouth", "Lanterns", "WEX", 1925, 201, 115),
    _Club("Arden Ferry", "Herons", "ARF", 1923, 201, 115),
    _Club("Saint Corran", "Voyageurs", "SCO", 1945, 201, 115),
    _Club("Brackwater", "Oystermen", "BRW", 1910, 201, 115),
    _Club("Sable Key", "Flamingos", "SBK", 1941, 201, 115),
    _Club("Lindenmoor", "Millers", "LDM", 1925, 202, 115),
    _Club("Cutler Rapids", "Otters", "CUT", 1902, 202, 115),
    _Club("Ironbridge", "Forgers", "IRB", 1936, 202, 114),
    _Club("Wolf Prairie", "Bison", "WOP", 1965, 202, 114),
    _Club("Great Marsh", "Cranes", "GMR", 1971, 202, 114),
    _Club("Red Mesa", "Roadrunners", "RDM", 1941, 200, 114),
    _Club("Bayou Verde", "Tarpons", "BYV", 1884, 200, 115),
    _Club("Cedar Sound", "Sawyers", "CES", 1885, 200, 114),
    _Club("Costa Dorada", "Comets", "CDO", 1906, 200, 114),
    _Club("Alder Bay", "Ferrymen", "ALB", 1888, 200, 114),
    _Club("Kingsferry", "Clippers", "KGF", 1931, 204, 115),
    _Club("Old Quarry", "Stonecutters", "OLQ", 1924, 204, 115),
    _Club("Fort Averill", "Sentries", "FAV", 1933, 204, 115),
    _Club("Magnolia Springs", "Hornets", "MSP", 1939, 204, 115),
    _Club("Coral Point", "Manatees", "CRP", 1912, 204, 115),
    _Club("Lake Brennan", "Breakers", "LBR", 1915, 205, 114),
    _Club("Hopfield", "Coopers", "HOP", 1998, 205, 114),
    _Club("Three Forks", "Bargemen", "TFK", 1884, 205, 115),
    _Club("Limestone Bluff", "Packets", "LSB", 1979, 205, 114),
    _Club("Confluence", "Steamers", "CFL", 1905, 205, 115),
    _Club("High Pass", "Prospectors", "HPS", 1930, 203, 114),
    _Club("Saguaro Flats", "Coyotes", "SGF", 1948, 203, 114),
    _Club("Mirador Beach", "Surfers", "MIR", 1935, 203, 114),
    _Club("Playa Serena", "Swifts", "PSE", 1887, 203, 114),
    _Club("Fogarty Hills", "Foghorns", "FGH", 1915, 203, 114),
)


def teams(seed: int, season: int, register: Register) -> tuple[Team, ...]:
    """Return the clubs with their people, in the order of their ids.

    A roster begins with the 26 active players: five starters, eight relievers, thirteen others who fill each position,
    catcher twice; then fourteen reserves. A two-way player stands among the starters.
    """
    clubs = [_team(seed, season, register, place, club) for place, club in enumerate(_CLUBS)]
    players = {person.id: person for person in with_initials([person for club in clubs for person in club.roster])}
    return tuple(replace(club, roster=tuple(players[person.id] for person in club.roster)) for club in clubs)


def _team(seed: int, season: int, register: Register, place: int, club: _Club) -> Team:
    rng = seeded(seed, season, "team", place)
    level = rng.gauss(0, 0.2)
    numbers = rng.sample(range(1, 69), ACTIVE + 1 + _COACHES) + rng.sample(range(69, 100), len(_RESERVES))

    def number(index: int) -> str | None:
        if place == _ZEROES and index in (PITCHERS, PITCHERS + 1):
            return "0" if index == PITCHERS else "00"
        return str(numbers[index]) if rng.random() < 0.992 else None

    roster: list[Person] = []
    for index, position in enumerate(_positions(place)):
        reserve = index >= ACTIVE
        able = skill(rng, position, level - 0.7 * reserve, starter=index < STARTERS or ACTIVE <= index < ACTIVE + 3)
        shirt = number(index if not reserve else index + 1 + _COACHES)
        roster.append(register.player(rng, position, shirt, able, 25.0 if reserve else 28.0))
    staff = [register.other(rng, str(numbers[ACTIVE + index])) for index in range(1 + _COACHES)]
    return Team(
        id=FIRST_TEAM_ID + place,
        location=club.location,
        club_name=club.name,
        abbreviation=club.abbreviation,
        team_code=club.abbreviation[:2].lower() + ("a" if _DIVISIONS[club.division] == 103 else "n"),
        file_code=club.abbreviation.lower(),
        first_year=club.first_year,
        league_id=_DIVISIONS[club.division],
        division_id=club.division,
        spring_league_id=club.spring_league,
        venue_id=FIRST_VENUE_ID + place,
        roster=tuple(roster),
        manager=staff[0],
        coaches=tuple(staff[1:]),
    )


def _positions(place: int) -> tuple[PositionCode, ...]:
    fifth: PositionCode = "Y" if place in _TWO_WAY else "1"
    pitcher: PositionCode = "1"
    bullpen = (pitcher,) * (PITCHERS - STARTERS)
    return ((pitcher,) * (STARTERS - 1)) + (fifth, *bullpen) + _FIELDERS + _RESERVES
