"""The fold of what has happened: it follows a game, play by play, and keeps what was true at each of them."""

from __future__ import annotations

from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.charges import Charges
from statsapi_simulator.feed.moment import Moment, Seen
from statsapi_simulator.feed.situation import Bases, Club, HalfInning, Situation
from statsapi_simulator.game_record import Event

BASE_NAMES = {1: "1B", 2: "2B", 3: "3B"}


class Tally(Situation):
    """Everything counted, from the first play to the last one that has begun."""

    def __init__(self, book: Book, moment: Moment) -> None:
        super().__init__(book.lineups)
        self.book = book
        self.moment = moment
        self.standing: list[Bases] = []  # after each play
        self.pitchers: list[list[int]] = []  # of each play: who pitches at each event, and, last, at its end
        self.batters: list[int] = []  # of each play: who bats, as far as it has gone
        self._charges = Charges(self)
        for seen in moment.plays:
            self._play(seen)

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
            self._charges.event(play, number, event, defence)
            together = []
            while move is not None and move.event_index <= number:
                together.append(move)
                move = next(moves, None)
            if together:
                self._charges.moves(play, number, together, attack, defence)
        together = [move, *moves] if move is not None else []
        if together:
            self._charges.moves(play, len(seen.events) - 1, together, attack, defence)
        self.pitchers.append([*pitchers, defence.pitcher])
        self.batters.append(batter)
        if seen.complete:
            self._charges.result(seen, before, self.pitchers[-1], attack, defence)
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
            self._charges.relieve(defence, who, self.bases, self.half.inning)
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
