"""Time goes on: in a play, from play to play, and up to the feed's own timeStamp."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.checker.baseball.feed import Feed, name_of


def times(feed: Feed) -> Iterator[str]:
    """Plays begin in order, events lie in their play, and none ends before it began."""
    began = None
    for play in feed.plays:
        about = play["about"]
        if began and about.get("startTime", began) < began:
            yield f"{name_of(play)}: begins at {about['startTime']}, before the one before it ({began})"
        began = about.get("startTime", began)
        if about.get("endTime", began) < began:
            yield f"{name_of(play)}: ends at {about['endTime']}, before it begins"
        before = ""
        for position, event in enumerate(play["playEvents"]):
            if event.get("startTime", before) < before:
                yield f"{name_of(play)}, event {position}: begins before the one before it"
            before = event.get("startTime", before)
            if event.get("endTime", before) < before:
                yield f"{name_of(play)}, event {position}: ends before it begins"


def time_stamp(feed: Feed) -> Iterator[str]:
    """Nothing has happened after the feed's timeStamp."""
    stamp = datetime.strptime(feed.document["metaData"]["timeStamp"], "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    for play in feed.plays[-1:]:
        for event in play["playEvents"]:
            if "startTime" in event and _moment(event["startTime"]) > stamp + timedelta(seconds=1):
                yield f"{name_of(play)}: an event begins at {event['startTime']}, after {stamp}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
