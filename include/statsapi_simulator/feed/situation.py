"""Where a game stands: both clubs with everybody's numbers, the halves so far, who is on base, outs and score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from statsapi_simulator.feed.lines import Line
from statsapi_simulator.game_record import Half, Lineup
from statsapi_simulator.model import SIDES, PositionCode, Side

Bases = dict[str, int]
_FIELD = frozenset("123456789")


@dataclass(slots=True)
class Club:
    """One side: its batting order with all who batted in each slot, its fielders, its pitchers, and all lines."""

    side: Side
    slots: list[list[int]]
    fielders: dict[str, int]
    pitchers: list[int]
    positions: dict[int, list[str]]
    batting: dict[int, Line] = field(default_factory=dict)
    pitching: dict[int, Line] = field(default_factory=dict)
    fielding: dict[int, Line] = field(default_factory=dict)
    due: int = 0  # the slot whose turn it is
    runs: int = 0

    @property
    def pitcher(self) -> int:
        """Who pitches now, or did last."""
        return self.pitchers[-1]

    def slot_of(self, player_id: int) -> int | None:
        """Return his place in the order, from 0."""
        return next((number for number, men in enumerate(self.slots) if player_id in men), None)

    def at_bat(self, slot: int) -> int:
        """Return who bats in a slot now."""
        return self.slots[slot % 9][-1]

    def order_name(self, player_id: int) -> str | None:
        """Return '901' for the ninth slot's first substitute."""
        slot = self.slot_of(player_id)
        return None if slot is None else str((slot + 1) * 100 + self.slots[slot].index(player_id))

    def enter(self, player_id: int, slot: str | None, position: PositionCode | None) -> None:
        """Let somebody come in, or change his place."""
        if slot is not None and player_id not in (men := self.slots[int(slot) // 100 - 1]):
            men.append(player_id)
        if position is None:
            return
        played = self.positions.setdefault(player_id, [])
        if not played or played[-1] != position:
            played.append(position)
        if position in _FIELD:
            for place in [place for place, man in self.fielders.items() if man == player_id]:
                del self.fielders[place]
            self.fielders[position] = player_id
        self.fielding.setdefault(player_id, Counter())
        self.batting.setdefault(player_id, Counter())


@dataclass(slots=True)
class HalfInning:
    """One half of an inning. `left` are the runners on base after its last play; errors are the fielders'."""

    inning: int
    half: Half
    begun: bool = False
    runs: int = 0
    hits: int = 0
    errors: int = 0
    left: int = 0
    plays: list[int] = field(default_factory=list)


class Situation:
    """Where a game stands, at first before its first play; whoever follows the game writes into it."""

    def __init__(self, lineups: Mapping[Side, Lineup]) -> None:
        self.clubs: dict[Side, Club] = {side: _club(side, lineups[side]) for side in SIDES}
        self.halves: list[HalfInning] = []
        self.bases: Bases = {}
        self.outs = 0
        self.score: dict[Side, int] = {"away": 0, "home": 0}

    def batting(self, half: Half) -> Club:
        """Return the club at bat in a half."""
        return self.clubs["away" if half == "top" else "home"]

    def fielding(self, half: Half) -> Club:
        """Return the club in the field in a half."""
        return self.clubs["home" if half == "top" else "away"]

    @property
    def half(self) -> HalfInning:
        """The half that is played, or was last."""
        return self.halves[-1]

    def lead(self, club: Club) -> int:
        """Return by how many runs a club leads; negative when it is behind."""
        return self.score[club.side] - self.score["home" if club.side == "away" else "away"]


def _club(side: Side, lineup: Lineup) -> Club:
    fielders: dict[str, int] = {
        place: man for place, man in zip(lineup.positions, lineup.order, strict=True) if place in _FIELD
    }
    fielders["1"] = lineup.pitcher
    positions = {man: [str(place)] for man, place in zip(lineup.order, lineup.positions, strict=True)}
    positions[lineup.pitcher] = ["1", *(place for place in positions.get(lineup.pitcher, ()) if place != "1")]
    club = Club(side, [[man] for man in lineup.order], fielders, [lineup.pitcher], positions)
    club.batting = {man: Counter() for man in (*lineup.order, lineup.pitcher)}
    club.pitching = {lineup.pitcher: Counter(gamesStarted=1)}
    club.fielding = {man: Counter(gamesStarted=int(man in fielders.values())) for man in club.batting}
    return club
