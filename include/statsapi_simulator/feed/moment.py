"""What of a game has happened by a moment, and what is known of it then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from statsapi_simulator.game_record import Event, GameRecord, Move, Play, Review, Status

_ANNOUNCED_AT_ONCE = "game_advisory"  # stands there while it lasts; everything else is written when it is over


@dataclass(frozen=True, slots=True)
class Seen:
    """A play as far as it has gone. Not complete: its result, and the moves that brought, are not known yet."""

    play: Play
    events: tuple[Event, ...]
    moves: tuple[Move, ...]
    complete: bool

    @property
    def begun(self) -> bool:
        """Whether anything happened but advisories: the batter is up."""
        return self.complete or any(event.event_type != _ANNOUNCED_AT_ONCE for event in self.events)


@dataclass(frozen=True, slots=True)
class Moment:
    """A game at a moment."""

    record: GameRecord
    at: datetime
    status: Status
    plays: tuple[Seen, ...]

    @property
    def over(self) -> bool:
        """Game Over or Final, and the game was played."""
        return self.status.code[0] in "OF"

    @property
    def line_ups_known(self) -> bool:
        """Managers hand in their line-ups when the pre-game begins."""
        return bool(self.plays) or self.status.code[0] in "PI"

    @property
    def umpires(self) -> tuple[tuple[str, int], ...]:
        """The crew; unknown while the game is only scheduled."""
        record = self.record
        if not self.line_ups_known:
            return ()
        changed = record.umpires_change_at is not None and record.umpires_change_at <= self.at
        return record.umpires_later if changed and record.umpires_later else record.umpires

    def in_progress(self, review: Review) -> bool:
        """Whether `review` is still being looked at."""
        return review.ends_at > self.at


def happened(record: GameRecord, at: datetime, now: datetime) -> Moment:
    """Return the game as it stood at `at`, with the corrections that are announced by `now`."""
    corrected = {change.play.index: change.play for change in record.changes if change.announced_at <= now}
    status = record.statuses[0]
    for each in record.statuses:
        if each.since > at:
            break
        status = each
    plays = []
    openings = [opening(play) for play in record.plays]
    for number, recorded in enumerate(record.plays):
        if openings[number] > at:
            break
        followed = number + 1 < len(openings) and openings[number + 1] <= at
        plays.append(_seen(corrected.get(recorded.index, recorded), at, followed=followed))
    return Moment(record, at, status, tuple(plays))


def opening(play: Play) -> datetime:
    """Return when a play is first seen: substitutions come before its own start."""
    return min(play.starts_at, play.events[0].starts_at) if play.events else play.starts_at


def _seen(play: Play, at: datetime, *, followed: bool) -> Seen:
    if followed or (play.ends_at <= at and not _reopened(play, at)):
        return Seen(play, play.events, play.moves, True)
    events = []
    for event in play.events:
        if (event.starts_at if event.event_type == _ANNOUNCED_AT_ONCE else event.ends_at) > at:
            break
        events.append(event)
    known = len(events)
    if _reopened(play, at):
        known -= 1  # what the last event brought is taken back
    return Seen(play, tuple(events), tuple(move for move in play.moves if move.event_index < known), False)


def _reopened(play: Play, at: datetime) -> bool:
    if play.reopened_at is None or play.closed_again_at is None:
        return False
    return play.reopened_at <= at < play.closed_again_at
