"""The course of a game: what is kept of every game that was played, enough for schedules, changes and sums."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

import msgspec

from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.moment import happened
from statsapi_simulator.feed.shapes import shape_of
from statsapi_simulator.feed.times import game_minutes
from statsapi_simulator.game_record import GameRecord, Status
from statsapi_simulator.ledger.lines import PlayerLine, packed, unpacked
from statsapi_simulator.world.season import World

_LATER = timedelta(days=365)  # when every correction is announced


class Result(msgspec.Struct, frozen=True, array_like=True):
    """How a game ended, and when it did."""

    over_at: datetime
    away_runs: int
    home_runs: int
    innings: int
    starters: tuple[int, int]  # pitchers, away and home
    attendance: int
    minutes: int


class Course(msgspec.Struct, frozen=True, array_like=True):
    """The course of a game, about 8 kB."""

    game_pk: int
    statuses: tuple[Status, ...]
    scores: tuple[tuple[datetime, int, int], ...]  # from when on, away, home
    revisions: tuple[datetime, ...]
    corrections: tuple[datetime, ...]  # when each scoring change was announced
    result: Result | None  # None: it is never played
    versions: tuple[tuple[datetime, bytes], ...]  # its lines, packed: from the end on, and from each correction on

    def status(self, now: datetime) -> Status:
        """Return the status at `now`; before the first one, that one."""
        return self.statuses[max(bisect_right(self.statuses, now, key=lambda status: status.since) - 1, 0)]

    def score(self, now: datetime) -> tuple[int, int]:
        """Return the runs at `now`, away and home."""
        found = bisect_right(self.scores, now, key=lambda score: score[0])
        return self.scores[found - 1][1:] if found else (0, 0)

    def revision(self, at: datetime) -> datetime:
        """Return the last revision of the feed not after `at`; before the first one, that one."""
        return self.revisions[max(bisect_right(self.revisions, at) - 1, 0)]

    def changed(self, after: datetime, until: datetime) -> bool:
        """Return whether state or content changed after the one moment, and not after the other."""
        return any(
            bisect_right(times, until) > bisect_right(times, after) for times in (self.revisions, self.corrections)
        )

    def lines(self, now: datetime) -> list[PlayerLine]:
        """Return everybody's line as it stands at `now`, which is not before the end."""
        return unpacked(self.packed_lines(now))

    def packed_lines(self, now: datetime) -> bytes:
        """Return the same as it is kept."""
        return [lines for since, lines in self.versions if since <= now][-1]


def course(world: World, record: GameRecord) -> Course:
    """Return the course of a game."""
    scores = [(play.ends_at, play.away_score, play.home_score) for play in record.plays]
    scores += [(each.ends_at, each.away_score, each.home_score) for play in record.plays for each in play.events]
    book = Book(world, record, shape_of(record.scheduled.season))
    result = _result(book) if record.plays else None
    announced = sorted(change.announced_at for change in record.changes)
    return Course(
        game_pk=book.pk,
        statuses=record.statuses,
        scores=_steps(sorted(scores)),
        revisions=tuple(book.moments),
        corrections=tuple(announced),
        result=result,
        versions=_versions(book, result.over_at, announced) if result else (),
    )


def _result(book: Book) -> Result:
    record = book.record
    last = record.plays[-1]
    return Result(
        over_at=next(status.since for status in record.statuses if status.code[0] == "O"),
        away_runs=last.away_score,
        home_runs=last.home_score,
        innings=last.inning,
        starters=(record.away.pitcher, record.home.pitcher),
        attendance=record.attendance,
        minutes=game_minutes(book),
    )


def _versions(book: Book, over_at: datetime, announced: list[datetime]) -> tuple[tuple[datetime, bytes], ...]:
    """Return the lines from each moment on at which they change; a correction during the game counts from its end."""
    since = sorted({max(over_at, each) for each in announced} | {over_at})
    return tuple((each, packed(book, happened(book.record, over_at + _LATER, each))) for each in since)


def _steps(scores: list[tuple[datetime, int, int]]) -> tuple[tuple[datetime, int, int], ...]:
    """Only the moments at which a score changes."""
    steps = [(0, 0)]
    result = []
    for since, away, home in scores:
        if (away, home) != steps[-1]:
            steps.append((away, home))
            result.append((since, away, home))
    return tuple(result)
