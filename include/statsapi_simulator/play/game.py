"""One game from the listing to what is corrected days after: the simulator's engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from statsapi_simulator.game_record import GameRecord, Lineup, Play, Status
from statsapi_simulator.model import Fate, ScheduledGame, Side
from statsapi_simulator.play import surroundings, umpiring
from statsapi_simulator.play.bullpen import starting_outing
from statsapi_simulator.play.corrections import corrections
from statsapi_simulator.play.decisions import decide
from statsapi_simulator.play.earned import Inning
from statsapi_simulator.play.lineups import lineup
from statsapi_simulator.play.plate_appearance import play_plate_appearance
from statsapi_simulator.play.scorebook import Game
from statsapi_simulator.play.timing import Clock, first_start
from statsapi_simulator.seeded import seeded
from statsapi_simulator.world.outcomes import winner
from statsapi_simulator.world.season import World

_RAIN_DELAY = 0.025
_REOPENED = 0.02
_UMPIRE_LEAVES = 0.006
_NAMES = {"P": "Pre-Game", "PW": "Warmup", "PR": "Delayed Start: Rain", "I": "In Progress", "IR": "Delayed: Rain"}
_NAMES |= {"UR": "Suspended: Rain", "UZ": "Suspended: About to Resume"}


def play_game(world: World, scheduled: ScheduledGame) -> GameRecord:
    """Return the whole game; always the same for the same world and game.

    It is one of many that could have been: the first that the rules let end as was drawn with the season.
    """
    if scheduled.fate is Fate.CANCELLED:
        return _Match(world, scheduled, 0).not_played()
    for attempt in count():
        match = _Match(world, scheduled, attempt)
        match.play()
        if match.ended_as_drawn():
            return match.record()
    raise AssertionError("unreachable")


class _Match:
    """A game with what surrounds it: states, weather, interruptions."""

    def __init__(self, world: World, scheduled: ScheduledGame, attempt: int) -> None:
        self.world, self.scheduled = world, scheduled
        self.rng = rng = seeded("game", world.seed, scheduled.game_pk, attempt)
        self.weather = surroundings.weather(world, scheduled, rng)
        self.rain = surroundings.can_rain(self.weather)
        self.lineups: dict[Side, Lineup] = {
            "away": lineup(world, scheduled, scheduled.away_id, rng),
            "home": lineup(world, scheduled, scheduled.home_id, rng),
        }
        self.umpires = self.umpires_now = surroundings.crew(world, scheduled)
        self.umpires_change_at: datetime | None = None
        self.statuses: list[Status] = []
        self.called: str | None = None
        self.delay_minutes = 0
        self.game = Game(world, scheduled, rng, self.lineups, Clock(first_start(scheduled), scheduled.season, rng))

    # ---- Play ----

    def play(self) -> None:
        """Play until it ends: by the rules, or called."""
        game, rng = self.game, self.rng
        self.statuses = surroundings.before_first_pitch(self.scheduled, rng, rain=self.rain)
        game.umpires = self.umpires
        for club in game.clubs.values():
            club.outings.append(starting_outing(game, club))
        listed = self.statuses[-3 - any(status.code == "PR" for status in self.statuses) :]
        self._announce([status for status in listed if status.code != "S"], self.statuses[-1].since)
        game.clock.now = self.statuses[-1].since
        game.clock.pass_about(75)
        interrupted_at = self._interruption()
        shortest = rng.randint(5, 8)
        while True:
            game.outs, game.bases, game.half_is_new = 0, [None, None, None, None], True
            game.reconstruction = Inning()
            if rng.random() < _UMPIRE_LEAVES / 18:
                self._change_umpire()
            while game.outs < 3 and not game.walked_off:
                if len(game.plays) == interrupted_at:
                    self._interrupt()
                play_plate_appearance(game)
            if self._is_over() or self._is_called(shortest):
                return
            self._next_half()

    def _next_half(self) -> None:
        game = self.game
        if game.half == "top":
            game.half = "bottom"
            return
        game.half, game.inning = "top", game.inning + 1
        if game.inning > self.scheduled.scheduled_innings:
            umpiring.extra_innings(game)

    def _is_over(self) -> bool:
        game = self.game
        if game.inning < self.scheduled.scheduled_innings:
            return False
        return game.home > game.away if game.half == "top" else game.home != game.away

    def _is_called(self, shortest: int) -> bool:
        """Whether the umpires end it here, as its fate wants and the rules allow."""
        game, fate = self.game, self.scheduled.fate
        last = self.scheduled.scheduled_innings
        # Spring games end level after their last inning, others when it rains.
        enough = last if self.scheduled.game_type == "S" else min(5, last)
        if fate is Fate.TIED and game.half == "bottom" and game.home == game.away and game.inning >= enough:
            self.called = "T"
        decided = game.home > game.away or (game.half == "bottom" and game.home != game.away)
        if fate is Fate.SHORTENED and min(shortest, last - 1) <= game.inning < last and decided:
            self.called = "R"
        return self.called is not None

    def ended_as_drawn(self) -> bool:
        """Whether who should wins, and it was called where it should be."""
        game, scheduled = self.game, self.scheduled
        called = self.called is not None or scheduled.fate not in (Fate.TIED, Fate.SHORTENED)
        ahead = scheduled.home_id if game.home > game.away else scheduled.away_id
        return called and winner(self.world, scheduled) == (None if game.home == game.away else ahead)

    # ---- Interruptions ----

    def _interruption(self) -> int | None:
        """Return the play before which it rains; None for a dry game."""
        if self.scheduled.fate is Fate.SUSPENDED:
            return self.rng.randint(18, 44)
        if self.rain and self.rng.random() < _RAIN_DELAY:
            return self.rng.randint(6, 52)
        return None

    def _interrupt(self) -> None:
        """Stop for rain; a suspended game goes on where it stopped on its second date."""
        clock, rng = self.game.clock, self.rng
        clock.pass_about(25)
        statuses = [Status(clock.now, "IR", "Rain")]
        wait = timedelta(minutes=rng.randint(28, 115), seconds=rng.randint(0, 59))
        self.delay_minutes += int(wait.total_seconds() // 60)
        resumed = clock.now + wait
        if self.scheduled.fate is Fate.SUSPENDED and self.scheduled.second_starts_at:
            statuses.append(Status(resumed, "UR", "Rain"))
            resumed = self.scheduled.second_starts_at + timedelta(seconds=rng.randint(20, 200))
            statuses.append(Status(resumed - timedelta(minutes=rng.randint(12, 25)), "UZ", "About to Resume"))
        statuses.append(Status(resumed, "I"))
        self.statuses += statuses
        clock.now = resumed
        clock.pass_about(60)
        self._announce(statuses, resumed)

    def _announce(self, statuses: list[Status], until: datetime) -> None:
        """Have the next play begin with these changes of the game's state."""
        ends = [status.since for status in statuses[1:]] + [until + timedelta(seconds=20)]
        for status, end in zip(statuses, ends, strict=True):
            self.game.announce("game_advisory", f"Status Change - {_NAMES[status.code]}", status.since, end)

    def _change_umpire(self) -> None:
        """Let the plate umpire leave: the second-base umpire takes his place, and the crew goes on with three."""
        if self.umpires_change_at:
            return
        game, (plate, *bases) = self.game, self.umpires
        new = bases[1][1]
        self.umpires_now = game.umpires = (("Home Plate", new), *(pair for pair in bases if pair[1] != new))
        self.umpires_change_at = game.clock.now + timedelta(seconds=40)
        text = f"Umpire Substitution: {game.name(new)} replaces {game.name(plate[1])} at home plate."
        until = self.umpires_change_at + timedelta(seconds=15)
        game.announce("umpire_substitution", text, self.umpires_change_at, until)
        game.clock.now = until

    # ---- The record ----

    def record(self) -> GameRecord:
        """Return what is left for the books."""
        game, rng = self.game, self.rng
        plays = _with_reopened(game.plays, rng)
        ends_at = plays[-1].ends_at
        rained_out = self.called == "R" or (self.called == "T" and self.scheduled.game_type != "S")
        waited = rng.uniform(35, 80) if rained_out else 0.0
        self.statuses += surroundings.after_last_out(ends_at, rng, called=self.called, waited=waited)
        decisions = decide(game)
        first = next(event for event in plays[0].events if event.kind == "pitch").starts_at
        changed = self.umpires_change_at
        return replace(
            self.not_played(),
            umpires_later=self.umpires_now if changed else None,
            umpires_change_at=changed,
            attendance=surroundings.attendance(self.world, self.scheduled, rng),
            statuses=tuple(self.statuses),
            first_pitch=first.replace(second=0, microsecond=0),
            ends_at=ends_at,
            delay_minutes=self.delay_minutes,
            plays=plays,
            winner=decisions.winner,
            loser=decisions.loser,
            save=decisions.save,
            changes=corrections(self.world, self.scheduled, plays, self.statuses[-1].since),
        )

    def not_played(self) -> GameRecord:
        """Return the record of a game without plays: as a cancelled one stays."""
        scorer, datacaster = surroundings.officials(self.world, self.scheduled)
        start = self.scheduled.starts_at
        return GameRecord(
            scheduled=self.scheduled,
            away=self.lineups["away"],
            home=self.lineups["home"],
            probable=(self.lineups["away"].pitcher, self.lineups["home"].pitcher),
            umpires=self.umpires,
            umpires_later=None,
            umpires_change_at=None,
            official_scorer=scorer,
            datacaster=datacaster,
            weather=self.weather,
            attendance=0,
            statuses=surroundings.never_played(self.scheduled, self.rng),
            first_pitch=start,
            ends_at=start,
            delay_minutes=0,
            plays=(),
            winner=None,
            loser=None,
            save=None,
        )


def _with_reopened(plays: list[Play], rng: Random) -> tuple[Play, ...]:
    """Return the plays; in a few games the scorer took one result back before the next batter stepped in."""
    if rng.random() < _REOPENED:
        for index in rng.sample(range(len(plays) - 1), k=10):
            play = plays[index]
            gap = plays[index + 1].events[0].starts_at - play.ends_at if plays[index + 1].events else timedelta(0)
            if gap >= timedelta(seconds=9):
                closed = play.ends_at + min(0.7 * gap, timedelta(seconds=60))
                plays[index] = replace(play, reopened_at=play.ends_at + 0.3 * gap, closed_again_at=closed)
                break
    return tuple(plays)
