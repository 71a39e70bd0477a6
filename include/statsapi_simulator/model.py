"""What a simulated season is made of: people, teams, parks and the schedule.

Facts only; nothing here knows how the API writes them. Moments are UTC, aware, in whole milliseconds; dates are the
venue's official date. Everything is immutable, so one world can be shared by all threads of a server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Side = Literal["away", "home"]
SIDES: tuple[Side, Side] = ("away", "home")
# As the API writes them: 1 pitcher … 9 right fielder, 10 designated hitter, 11 pinch hitter, 12 pinch runner.
PositionCode = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "Y"]


@dataclass(frozen=True, slots=True)
class Skill:
    """How good a player is, each about normal with mean 0 and deviation 1."""

    contact: float
    power: float
    eye: float
    speed: float
    fielding: float
    stuff: float
    control: float
    stamina: float


@dataclass(frozen=True, slots=True)
class Person:
    """Anyone with an id: player, manager, coach, umpire, official. No real person."""

    id: int
    first_name: str
    middle_name: str | None
    use_name: str
    last_name: str
    name_suffix: str | None
    nick_name: str | None
    birth_date: date
    birth_city: str
    birth_state: str | None
    birth_country: str
    height_inches: int
    weight_pounds: int
    bats: Literal["L", "R", "S"]
    throws: Literal["L", "R"]
    primary_position: PositionCode  # 'Y': two-way
    primary_number: str | None
    debut_date: date | None
    draft_year: int | None
    pronunciation: str | None
    skill: Skill
    matrilineal_name: str | None = None
    shares_last_name: bool = False  # with another player of the season: box scores add the initial
    is_verified: bool = True
    last_played: date | None = None  # has retired since: no longer active
    is_player: bool = True  # False: manager, coach, umpire, official; `primary_position` then means nothing

    @property
    def full_name(self) -> str:
        """Name as box scores print it."""
        return " ".join(filter(None, (self.use_name, self.last_name, self.name_suffix)))


@dataclass(frozen=True, slots=True)
class Venue:
    """A ballpark. Distances in feet, angles in degrees."""

    id: int
    name: str
    address: str
    city: str
    state: str
    state_abbreviation: str
    postal_code: str
    country: str
    phone: str
    latitude: float
    longitude: float
    azimuth_angle: float
    elevation: int
    time_zone: str  # IANA
    capacity: int
    turf_type: str
    roof_type: str
    left_line: int
    left_center: int
    center: int
    right_center: int
    right_line: int
    left: int | None = None  # the power alleys, which not every park measures
    right: int | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """A club of the season with everybody it can use: `roster` are its players, at most 40, pitchers included."""

    id: int
    location: str
    club_name: str
    abbreviation: str
    team_code: str
    file_code: str
    first_year: int
    league_id: int
    division_id: int
    spring_league_id: int
    venue_id: int
    roster: tuple[Person, ...]
    manager: Person
    coaches: tuple[Person, ...]

    @property
    def name(self) -> str:
        """Full name: location and club."""
        return f"{self.location} {self.club_name}"


@dataclass(frozen=True, slots=True)
class Absence:
    """A player of the active roster is away from `since` to the day before `until`, and a reserve stands in for him.

    He is injured, on the list of `injured_days` (10 or 15), or optioned to the minor leagues: then both are None.
    """

    team_id: int
    player_id: int
    stand_in_id: int
    since: date
    until: date
    injured_days: int | None
    injury: str | None

    def covers(self, day: date) -> bool:
        """Whether he is away on `day`."""
        return self.since <= day < self.until


class Fate(StrEnum):
    """What becomes of a game that is listed."""

    PLAYED = "played"
    TIED = "tied"  # called with the score level; stands
    SHORTENED = "shortened"  # called by rain after five innings: 'Completed Early'
    SUSPENDED = "suspended"  # interrupted; `second_date` is when it goes on
    POSTPONED = "postponed"  # not begun on `first_date`; `second_date` is when it is played
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ScheduledGame:
    """A game of the schedule. One gamePk, listed on one date or on two."""

    game_pk: int
    season: int
    game_type: Literal["R", "A", "S", "F", "D", "L", "W"]
    first_date: date  # the date it was first scheduled for
    second_date: date | None  # where it was postponed or suspended to
    starts_at: datetime  # the first pitch that is planned on `first_date`
    second_starts_at: datetime | None
    away_id: int
    home_id: int
    venue_id: int
    day_night: Literal["day", "night"]
    double_header: Literal["N", "Y", "S"]
    game_number: int
    series_game_number: int
    games_in_series: int
    scheduled_innings: int
    fate: Fate

    @property
    def official_date(self) -> date:
        """The date it counts for: where it is played; a suspended game counts for its first date."""
        return self.second_date if self.fate is Fate.POSTPONED and self.second_date else self.first_date
