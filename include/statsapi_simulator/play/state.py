"""The situation of a game: inning, outs, bases, score, and who is where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from statsapi_simulator.game_record import Half, Lineup, Pitch
from statsapi_simulator.model import Person, ScheduledGame, Side
from statsapi_simulator.play.club import Club
from statsapi_simulator.play.pitches import Arsenal, Where, arsenal, flight
from statsapi_simulator.play.timing import Clock
from statsapi_simulator.world.outcomes import winner
from statsapi_simulator.world.season import World

_LUCK = 0.1  # of the logarithm of the odds that a ball in play is a hit


@dataclass(slots=True)
class Runner:
    """A man on base (or the batter, on base 0), and the pitcher who answers for him."""

    player_id: int
    pitcher_id: int
    origin: int = 0  # the base he stood on when what happens now began


@dataclass(slots=True)
class LeadChange:
    """The moment a side went ahead: who was pitching for it, and who is charged with the run."""

    side: Side
    winning_pitcher: int
    losing_pitcher: int


class State:
    """What a spectator sees on the scoreboard, and whom he sees on the field."""

    def __init__(
        self, world: World, scheduled: ScheduledGame, rng: Random, lineups: Mapping[Side, Lineup], clock: Clock
    ) -> None:
        self.world = world
        self.scheduled = scheduled
        self.season = scheduled.season
        self.rng = rng
        self.clock = clock
        self.clubs: dict[Side, Club] = {
            "away": Club("away", world.teams[scheduled.away_id], lineups["away"]),
            "home": Club("home", world.teams[scheduled.home_id], lineups["home"]),
        }
        self.inning = 1
        self.half: Half = "top"
        self.outs = 0
        self.bases: list[Runner | None] = [None, None, None, None]
        self.away = 0
        self.home = 0
        self.lead_changes: list[LeadChange] = []
        self.half_is_new = True
        self.umpires: tuple[tuple[str, int], ...] = ()
        self.arsenals: dict[int, Arsenal] = {}
        self._favoured = winner(world, scheduled)

    @property
    def batting(self) -> Club:
        """The club at bat."""
        return self.clubs["away" if self.half == "top" else "home"]

    @property
    def fielding(self) -> Club:
        """The club in the field."""
        return self.clubs["home" if self.half == "top" else "away"]

    @property
    def luck(self) -> float:
        """How much luck the club at bat has today: who is to win has some, so that it need not be tried often."""
        if self._favoured is None:
            return 0.0
        return _LUCK if self.batting.team.id == self._favoured else -_LUCK

    def person(self, player_id: int) -> Person:
        """Return who has this id."""
        return self.world.people[player_id]

    def name(self, player_id: int) -> str:
        """Return the full name behind an id."""
        return self.world.people[player_id].full_name

    def lead_of(self, side: Side) -> int:
        """Return by how many runs `side` leads; negative when it is behind."""
        return self.away - self.home if side == "away" else self.home - self.away

    def flight(self, where: Where) -> Pitch:
        """Return a pitch of the present pitcher that crosses the plate at such a place."""
        pitcher = self.fielding.pitcher
        throws = self.arsenals.get(pitcher)
        if throws is None:
            throws = self.arsenals[pitcher] = arsenal(self.person(pitcher))
        return flight(self.rng, throws, where)

    @property
    def on_base(self) -> bool:
        """Whether anybody is on base."""
        return self.bases[1] is not None or self.bases[2] is not None or self.bases[3] is not None

    @property
    def runs_to_win(self) -> int | None:
        """How many more runs end the game at once; None where no run can."""
        if self.half == "bottom" and self.inning >= self.scheduled.scheduled_innings:
            return self.away - self.home + 1
        return None

    @property
    def walked_off(self) -> bool:
        """Whether the winning run has just scored."""
        needed = self.runs_to_win
        return needed is not None and needed <= 0


def bat_side(batter: Person, pitcher: Person) -> Literal["L", "R"]:
    """Return the side of the plate he bats from: a switch hitter takes the one away from the pitcher's hand."""
    if batter.bats != "S":
        return batter.bats
    return "L" if pitcher.throws == "R" else "R"
