"""A game as a scorer would keep it: plays, their events and moves, line-ups, states, and what was corrected later.

Facts only, immutable; moments as in `model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from statsapi_simulator.model import PositionCode, ScheduledGame

Half = Literal["top", "bottom"]
Base = Literal["1B", "2B", "3B", "score"]


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
