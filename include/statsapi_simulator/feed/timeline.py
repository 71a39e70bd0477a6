"""The moments at which a game's feed got a new revision."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta

from statsapi_simulator.feed.moment import opening
from statsapi_simulator.game_record import GameRecord, Play, Review


def moments(record: GameRecord) -> list[datetime]:
    """Return when the feed changed, in whole seconds, strictly increasing: what `timestamps` lists as timecodes.

    Corrections after the end are not among them: they come in place.
    """
    return sorted({_whole(moment) for moment in _changes(record)})


def last_moment(changes: list[datetime], at: datetime) -> datetime:
    """Return the last of `changes` that is not after `at`; the first, if none is."""
    return changes[max(0, bisect_right(changes, at) - 1)]


def _whole(moment: datetime) -> datetime:
    return moment + timedelta(microseconds=1_000_000 - moment.microsecond) if moment.microsecond else moment


def _changes(record: GameRecord) -> Iterator[datetime]:
    yield from (status.since for status in record.statuses)
    if record.umpires_change_at is not None:
        yield record.umpires_change_at
    for play in record.plays:
        yield from _changes_of(play)


def _changes_of(play: Play) -> Iterator[datetime]:
    yield opening(play)
    yield play.starts_at
    yield play.ends_at
    yield from filter(None, (play.reopened_at, play.closed_again_at))
    yield from _ends_of(play.review)
    for event in play.events:
        if event.event_type == "game_advisory":
            yield event.starts_at
        yield event.ends_at
        yield from _ends_of(event.review)


def _ends_of(review: Review | None) -> Iterator[datetime]:
    if review is not None:
        yield review.ends_at
        for each in review.additional:
            yield each.ends_at
