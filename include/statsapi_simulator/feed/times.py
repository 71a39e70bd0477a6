"""When a game begins and how long it takes, on the clock of its park."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from statsapi_simulator.feed.book import Book
from statsapi_simulator.model import Fate


def starts_at(book: Book) -> datetime:
    """Return when the game is to begin; a postponed one on its second date."""
    scheduled = book.record.scheduled
    postponed = scheduled.fate is Fate.POSTPONED and scheduled.second_starts_at is not None
    return scheduled.second_starts_at if postponed and scheduled.second_starts_at else scheduled.starts_at


def local(book: Book, at: datetime) -> datetime:
    """Return a moment on the clock of the park."""
    return at.astimezone(ZoneInfo(book.world.venues[book.record.scheduled.venue_id].time_zone))


def first_pitch_text(book: Book) -> str:
    """Return the local time of the first pitch: '7:10 PM'."""
    start = local(book, book.record.first_pitch)
    return f"{start.hour % 12 or 12}:{start:%M %p}"


def game_minutes(book: Book) -> int:
    """Return how long the game took, delays left out."""
    record = book.record
    minutes = int((record.ends_at - record.first_pitch).total_seconds() // 60) - record.delay_minutes
    return minutes if minutes < 600 else sum(_minutes_of_sittings(book))


def _minutes_of_sittings(book: Book) -> Iterable[int]:
    """Return the minutes of a suspended game, play by play: nights do not count."""
    for play in book.record.plays:
        yield max(1, int((play.ends_at - play.starts_at).total_seconds() // 60))
