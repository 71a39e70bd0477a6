"""A club in a game: its order, its fielders, its pitchers, and who is left."""

from __future__ import annotations

from dataclasses import dataclass

from statsapi_simulator.game_record import Lineup
from statsapi_simulator.model import PositionCode, Side, Team

SLOTS = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th")


@dataclass(slots=True)
class Outing:
    """What one pitcher did so far, and in which situation he came."""

    pitcher_id: int
    limit: int  # pitches after which the manager wants another one
    lead: int  # of his team when he entered
    runners: int
    inning: int
    pitches: int = 0
    batters: int = 0
    outs: int = 0
    runs: int = 0


class Club:
    """One team in this game: its order, its fielders, and who is left."""

    def __init__(self, side: Side, team: Team, lineup: Lineup) -> None:
        self.side = side
        self.team = team
        self.order = list(lineup.order)
        self.at: list[PositionCode] = list(lineup.positions)
        self.substitutes = [0] * 9  # by slot: how many have come in
        self.fielders: dict[PositionCode, int] = dict(zip(lineup.positions, lineup.order, strict=True))
        self.fielders["1"] = lineup.pitcher
        self.bench = list(lineup.bench)
        self.bullpen = list(lineup.bullpen)
        self.outings: list[Outing] = []
        self.next_slot = 0
        self.pinch_for: dict[int, tuple[int, PositionCode]] = {}  # slot: who was replaced, and where he played
        self.reviews_left = 1
        self.abs_left = 2
        self.mound_visits = 0
        self.manager_ejected = False

    @property
    def pitcher(self) -> int:
        """Who pitches now, or did last."""
        return self.fielders["1"]

    @property
    def outing(self) -> Outing:
        """What the present pitcher did."""
        return self.outings[-1]

    @property
    def pitcher_slot(self) -> int | None:
        """The place of the pitcher in the order; None where a designated hitter bats for him."""
        return self.at.index("1") if "1" in self.at else None

    def slot_name(self, slot: int) -> str:
        """How box scores write a place in the order: '901' is the ninth batter's first substitute."""
        return str((slot + 1) * 100 + self.substitutes[slot])

    def enter(self, slot: int, player_id: int, position: PositionCode) -> None:
        """Put a substitute into a place of the order."""
        self.order[slot] = player_id
        self.at[slot] = position
        self.substitutes[slot] += 1

    def position_of(self, player_id: int) -> PositionCode:
        """Where he plays; the pitcher's is '1' even if he also bats as designated hitter."""
        if player_id == self.fielders["1"]:
            return "1"
        return self.at[self.order.index(player_id)]
