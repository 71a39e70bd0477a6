"""The fold of what has happened: who bats, pitches and fields, who is on base, and everybody's numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from statsapi_simulator.feed.book import SIDES, Book
from statsapi_simulator.feed.charges import Charges
from statsapi_simulator.feed.moment import Moment, Seen
from statsapi_simulator.model import Event, Half, Lineup, PositionCode, Side

Line = Counter[str]
Bases = dict[str, int]
_FIELD = frozenset("123456789")
BASE_NAMES = {1: "1B", 2: "2B", 3: "3B"}


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


class Tally:
    """Everything counted, from the first play to the last one that has begun."""

    def __init__(self, book: Book, moment: Moment) -> None:
        self.book = book
        self.moment = moment
        self.clubs: dict[Side, Club] = {side: _club(side, book.lineups[side]) for side in SIDES}
        self.halves: list[HalfInning] = []
        self.bases: Bases = {}
        self.outs = 0
        self.score: dict[Side, int] = {"away": 0, "home": 0}
        self.standing: list[Bases] = []  # after each play
        self.pitchers: list[list[int]] = []  # of each play: who pitches at each event, and, last, at its end
        self.batters: list[int] = []  # of each play: who bats, as far as it has gone
        self.charges = Charges(self)
        for seen in moment.plays:
            self._play(seen)

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

    def _play(self, seen: Seen) -> None:
        play = seen.play
        if not self.halves or (self.half.inning, self.half.half) != (play.inning, play.half):
            self.halves.append(HalfInning(play.inning, play.half))
            self.bases, self.outs = {}, 0
        half, attack, defence = self.half, self.batting(play.half), self.fielding(play.half)
        half.plays.append(play.index)
        half.begun = half.begun or seen.begun
        before = {**self.bases}
        pitchers, batter = [], attack.at_bat(attack.due)
        moves = iter(seen.moves)
        move = next(moves, None)
        for number, event in enumerate(seen.events):
            if event.kind == "action":
                self._action(event, attack, defence)
                batter = attack.at_bat(attack.due)
            pitchers.append(defence.pitcher)
            self.charges.event(play, number, event, defence)
            together = []
            while move is not None and move.event_index <= number:
                together.append(move)
                move = next(moves, None)
            if together:
                self.charges.moves(play, number, together, attack, defence)
        together = [move, *moves] if move is not None else []
        if together:
            self.charges.moves(play, len(seen.events) - 1, together, attack, defence)
        self.pitchers.append([*pitchers, defence.pitcher])
        self.batters.append(batter)
        if seen.complete:
            self.charges.result(seen, before, self.pitchers[-1], attack, defence)
        half.left = len(self.bases)
        self.standing.append({**self.bases} if self.outs < 3 else {})

    def _action(self, event: Event, attack: Club, defence: Club) -> None:
        """Carry out a substitution, or place a runner."""
        kind, who = event.event_type, event.player_id
        if who is None:
            return
        if kind in ("offensive_substitution", "runner_placed"):
            if kind == "offensive_substitution":
                attack.enter(who, event.slot, event.position)
                self._take_place(attack, event)
            if event.base:
                self.bases[BASE_NAMES[event.base]] = who
        elif kind == "pitching_substitution":
            self.charges.relieve(defence, who, self.bases, self.half.inning)
            defence.pitchers.append(who)
            defence.enter(who, event.slot, "1")
        elif kind in ("defensive_substitution", "defensive_switch"):
            defence.enter(who, event.slot, event.position)

    @staticmethod
    def _take_place(attack: Club, event: Event) -> None:
        """A pinch hitter or runner stands for the man he replaced in the field too, until that is said otherwise."""
        for place, man in attack.fielders.items():
            if man == event.replaced_id and event.player_id is not None and place != "1":
                attack.fielders[place] = event.player_id


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
