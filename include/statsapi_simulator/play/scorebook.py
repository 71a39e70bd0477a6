"""The scorebook: writes what happens into the play at hand, and keeps the state in step with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any, cast

from statsapi_simulator.game_record import Base, Credit, Event, EventKind, Lineup, Move, Play, Review
from statsapi_simulator.model import ScheduledGame, Side
from statsapi_simulator.play.earned import Inning
from statsapi_simulator.play.state import LeadChange, Runner, State, bat_side
from statsapi_simulator.play.timing import Clock
from statsapi_simulator.world.season import World

BASES: tuple[Base | None, ...] = (None, "1B", "2B", "3B", "score")
OUT_BASES = ("", "1B", "2B", "3B", "4B")


class HalfOver(Exception):
    """Raised where the half ends inside a plate appearance: third out, or the winning run, on the bases."""

    def __init__(self, event_type: str) -> None:
        super().__init__(event_type)
        self.event_type = event_type


@dataclass(slots=True)
class Draft:
    """The play that is being written."""

    batter: int
    events: list[Event] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    settled: int = 0  # moves before this index belong to events that are over
    balls: int = 0
    strikes: int = 0
    disengagements: int = 0
    starts_at: datetime | None = None
    review: Review | None = None
    description: str = ""
    timeout_taken: bool = False


class Game(State):
    """A game while it is played: its state, the plays so far, and the draft of the present one."""

    def __init__(
        self, world: World, scheduled: ScheduledGame, rng: Random, lineups: Mapping[Side, Lineup], clock: Clock
    ) -> None:
        super().__init__(world, scheduled, rng, lineups, clock)
        self.plays: list[Play] = []
        self.reconstruction = Inning()
        self.draft = Draft(0)
        self.waiting: list[tuple[str, str, datetime, datetime]] = []  # what the next play begins with

    def event(self, kind: EventKind, seconds: float, *, outs: int | None = None, **fields: Any) -> None:
        """Write an event that takes `seconds`, with the count and the score after it.

        A pitch is written with the outs before what it led to, as the API does; give them as `outs`.
        """
        draft, clock = self.draft, self.clock
        start = clock.now
        clock.pass_exactly(seconds)
        draft.events.append(
            Event(
                kind,
                start,
                clock.now,
                draft.balls,
                draft.strikes,
                self.outs if outs is None else outs,
                self.away,
                self.home,
                **fields,
            )
        )

    def action(self, event_type: str, description: str, seconds: float, **fields: Any) -> None:
        """Write an event that is no pitch and no throw."""
        self.event("action", seconds, event_type=event_type, description=description, **fields)

    def advance(
        self,
        start: int,
        end: int,
        event_type: str,
        reason: str | None = "r_adv_play",
        *,
        rbi: bool = False,
        by: tuple[Credit, ...] = (),
    ) -> None:
        """Move the man on base `start` (0: the batter) to `end` (4: he scores), during the event to be written."""
        runner = cast(Runner, self.bases[start])
        self.bases[start] = None
        responsible = None
        if end == 4:
            responsible = runner.pitcher_id
            self._score(runner.pitcher_id)
        else:
            self.bases[end] = runner
        draft = self.draft
        draft.moves.append(
            Move(
                runner.player_id,
                BASES[runner.origin],
                BASES[start],
                BASES[end],
                None,
                None,
                event_type,
                reason,
                len(draft.events),
                responsible,
                rbi,
                credits=by,
            )
        )

    def put_out(self, start: int, at: int, event_type: str, reason: str | None, by: tuple[Credit, ...]) -> None:
        """Put out the man on base `start` (0: the batter) at base `at` (4: home)."""
        runner = cast(Runner, self.bases[start])
        self.bases[start] = None
        self.outs += 1
        self.fielding.outing.outs += 1
        draft = self.draft
        draft.moves.append(
            Move(
                runner.player_id,
                BASES[runner.origin],
                BASES[start],
                None,
                OUT_BASES[at],
                self.outs,
                event_type,
                reason,
                len(draft.events),
                None,
                credits=by,
            )
        )

    def _score(self, responsible: int) -> None:
        side = self.batting.side
        lead = self.lead_of(side)
        if side == "away":
            self.away += 1
        else:
            self.home += 1
        for outing in self.fielding.outings:
            if outing.pitcher_id == responsible:
                outing.runs += 1
        if lead == 0:
            self.lead_changes.append(LeadChange(side, self.batting.pitcher, responsible))

    def settle(self) -> None:
        """Close what happened during one event: decide earned runs, and let runners start from where they stand."""
        draft = self.draft
        group = draft.moves[draft.settled :]
        for offset, earned in enumerate(self.reconstruction.earned(group)):
            move = group[offset]
            if move.end == "score":
                draft.moves[draft.settled + offset] = replace(move, earned=earned, team_unearned=not earned)
        draft.settled = len(draft.moves)
        for base in (1, 2, 3):
            runner = self.bases[base]
            if runner is not None:
                runner.origin = base

    def announce(self, event_type: str, description: str, since: datetime, until: datetime) -> None:
        """Have the next play begin with something that happened while nobody played."""
        self.waiting.append((event_type, description, since, until))

    def open_play(self) -> None:
        """Begin the next plate appearance: the batter whose turn it is stands at the plate."""
        batter = self.batting.order[self.batting.next_slot]
        self.draft = Draft(batter)
        self.bases[0] = Runner(batter, self.fielding.pitcher)
        for event_type, description, since, until in self.waiting:
            self.draft.events.append(
                Event(
                    "action",
                    since,
                    until,
                    balls=0,
                    strikes=0,
                    outs=self.outs,
                    away_score=self.away,
                    home_score=self.home,
                    event_type=event_type,
                    description=description,
                    player_id=batter if event_type == "game_advisory" else None,
                )
            )
        self.waiting.clear()

    def place_runner(self, player_id: int) -> None:
        """Put the automatic runner of extra innings on second base, during the event to be written."""
        self.bases[2] = Runner(player_id, self.fielding.pitcher)
        self.draft.moves.append(
            Move(player_id, None, None, "2B", None, None, "runner_placed", None, len(self.draft.events), None)
        )

    def close_play(self, event_type: str) -> None:
        """End the play with its result, and append it to the game."""
        draft = self.draft
        self.settle()
        fielding, batter, pitcher = self.fielding, self.person(draft.batter), self.person(self.fielding.pitcher)
        self.bases[0] = None
        on_base = tuple(runner.player_id if runner else None for runner in self.bases[1:])
        if self.outs >= 3:
            on_base = (None, None, None)
        ends_at = draft.events[-1].ends_at if draft.events else self.clock.now
        self.plays.append(
            Play(
                index=len(self.plays),
                inning=self.inning,
                half=self.half,
                batter_id=draft.batter,
                pitcher_id=fielding.pitcher,
                bat_side=bat_side(batter, pitcher),
                starts_at=draft.starts_at or ends_at,
                ends_at=ends_at,
                events=tuple(draft.events),
                moves=tuple(draft.moves),
                event_type=event_type,
                description=draft.description,
                rbi=sum(move.rbi for move in draft.moves),
                away_score=self.away,
                home_score=self.home,
                outs=self.outs,
                on_base_after=cast(tuple[int | None, int | None, int | None], on_base),
                review=draft.review,
            )
        )
