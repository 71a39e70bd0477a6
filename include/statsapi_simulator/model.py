"""What a simulated season is made of: people, teams, the schedule, and games as a scorer would keep them.

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
Half = Literal["top", "bottom"]
Base = Literal["1B", "2B", "3B", "score"]
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


# ---- A game, as it was played ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pitch:
    """How a pitch flew. Speeds in mph, places in feet over the plate, breaks in inches, spin in rpm."""

    type_code: str  # FF, SI, SL …
    start_speed: float
    plate_x: float
    plate_z: float
    spin_rate: int
    spin_direction: int
    break_vertical_induced: float
    break_horizontal: float
    extension: float
    zone: int


@dataclass(frozen=True, slots=True)
class Hit:
    """How a ball in play left the bat. mph, degrees, feet; coordinates as the API draws them (0 to 250)."""

    launch_speed: float
    launch_angle: float
    total_distance: float
    trajectory: Literal["ground_ball", "line_drive", "fly_ball", "popup", "bunt_grounder", "bunt_popup"]
    hardness: Literal["soft", "medium", "hard"]
    location: str  # '7', '89'
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Review:
    """A review. `kind` is the API's reviewType: MJ an ABS challenge (has a player), NH an umpire's own (no team)."""

    kind: str
    overturned: bool
    team_id: int | None
    player_id: int | None
    ends_at: datetime  # until then it is in progress
    additional: tuple[Review, ...] = ()


EventKind = Literal["pitch", "no_pitch", "pickoff", "stepoff", "action"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens in a plate appearance. The count is the one after it.

    A pitch has `pitch`, and `hit` if put in play. no_pitch is an automatic ball or strike (`violation`: its type).
    An action has `event_type` (pitching_substitution, stolen_base_2b, mound_visit …), and according to it: `player_id`
    (who enters, runs, visits, is thrown out), `replaced_id`, `position`, `slot` ('901': in the order from here on),
    `base` (a runner's). `action_of` is the index of the pitch during which it happened.
    """

    kind: EventKind
    starts_at: datetime
    ends_at: datetime
    balls: int
    strikes: int
    outs: int
    away_score: int
    home_score: int
    call: str | None = (
        None  # 'B', '*B', 'C', 'S', 'W', 'F', 'T', 'X', 'D', 'E', 'H', 'VB', 'AC', '1' (pickoff), 'PSO' …
    )
    pitch: Pitch | None = None
    hit: Hit | None = None
    event_type: str | None = None
    description: str | None = None
    player_id: int | None = None
    replaced_id: int | None = None
    position: PositionCode | None = None
    slot: str | None = None
    base: int | None = None
    action_of: int | None = None
    violation: str | None = None
    injury: str | None = None
    review: Review | None = None
    runner_going: bool = False
    from_catcher: bool = False
    disengagements: int | None = None
    is_out: bool = False
    is_scoring: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """A fielder's part in an out or an error: f_putout, f_assist, f_assist_of, f_fielding_error, f_throwing_error …"""

    player_id: int
    position: PositionCode
    credit: str


@dataclass(frozen=True, slots=True)
class Move:
    """One advance, or out, of one runner. `start` None: the batter. An out has `out_base` and no `end`.

    `event_index` is the position in the play's events of what moved him; `reason` is the API's movementReason.
    """

    runner_id: int
    origin: Base | None  # where he stood when the play began
    start: Base | None
    end: Base | None
    out_base: str | None  # '1B', '2B', '3B', '4B' (home)
    out_number: int | None
    event_type: str
    reason: str | None
    event_index: int
    responsible_pitcher_id: int | None  # charged with the run; None unless he scores
    rbi: bool = False
    earned: bool = False
    team_unearned: bool = False
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True)
class Play:
    """A plate appearance (or what stands for one: a Game Advisory before the first pitch)."""

    index: int
    inning: int
    half: Half
    batter_id: int
    pitcher_id: int  # at its end; a substitution event inside says who was before
    bat_side: Literal["L", "R"]
    starts_at: datetime
    ends_at: datetime
    events: tuple[Event, ...]
    moves: tuple[Move, ...]
    event_type: str  # strikeout, single, field_out, grounded_into_double_play … or 'game_advisory'
    description: str
    rbi: int
    away_score: int  # after it
    home_score: int
    outs: int  # after it
    on_base_after: tuple[int | None, int | None, int | None]  # runner on first, second, third
    review: Review | None = None
    # The scorer took the result back for a while: complete at `ends_at`, open between these two.
    reopened_at: datetime | None = None
    closed_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lineup:
    """Who starts and who could come in; ids. `order` are the nine batters, `positions` where they play."""

    order: tuple[int, ...]
    positions: tuple[PositionCode, ...]
    pitcher: int
    bench: tuple[int, ...]
    bullpen: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """A state of the game from a moment on. `code` is a statusCode of /v1/gameStatus: S, P, PW, I, IR, O, F …"""

    since: datetime
    code: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ScoringChange:
    """A correction in place, after the game was final, without a new timeStamp.

    From `announced_at` on every answer shows `play` instead of the one with its index, old timecodes included.
    """

    announced_at: datetime
    play: Play


@dataclass(frozen=True, slots=True)
class GameRecord:
    """A whole game, from the listing to the last out and what was corrected later."""

    scheduled: ScheduledGame
    away: Lineup
    home: Lineup
    probable: tuple[int, int]  # pitchers, away and home
    umpires: tuple[tuple[str, int], ...]  # (official type, id): 'Home Plate', 'First Base' …
    umpires_later: tuple[tuple[str, int], ...] | None  # after a change during the game, with its moment below
    umpires_change_at: datetime | None
    official_scorer: int
    datacaster: int
    weather: tuple[str, str, str]  # condition, temperature (°F), wind
    attendance: int
    statuses: tuple[Status, ...]  # in order of time, from Scheduled to Final
    first_pitch: datetime
    ends_at: datetime  # the last out
    delay_minutes: int
    plays: tuple[Play, ...]
    winner: int | None  # pitchers of the decision; None in a tie
    loser: int | None
    save: int | None
    changes: tuple[ScoringChange, ...] = ()
