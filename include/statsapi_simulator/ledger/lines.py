"""Everybody's line in the box score of a game that is over, small enough to be kept for a whole season."""

from __future__ import annotations

import zlib
from collections import Counter

import msgspec

from statsapi_simulator.feed import box_info
from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.moment import Moment
from statsapi_simulator.feed.situation import Club
from statsapi_simulator.feed.tally import Tally
from statsapi_simulator.model import SIDES

GROUPS = ("hitting", "pitching", "fielding")
_LEVEL = 1  # of zlib, the fastest


class PlayerLine(msgspec.Struct, frozen=True, array_like=True):
    """What somebody did in a game; a group he took no part in is None."""

    player_id: int
    home: bool
    positions: tuple[str, ...]
    hitting: dict[str, int] | None
    pitching: dict[str, int] | None
    fielding: dict[str, int] | None


def packed(book: Book, moment: Moment) -> bytes:
    """Return the lines of a game at a moment, packed."""
    tally = Tally(book, moment)
    seen = _pitches_seen(moment, tally)
    lines = [
        _line(book, moment, club, man, seen)
        for club in (tally.clubs[side] for side in SIDES)
        for man in dict.fromkeys((*club.batting, *club.pitching, *club.fielding))
    ]
    return zlib.compress(msgspec.msgpack.encode(lines), _LEVEL)


def unpacked(lines: bytes) -> list[PlayerLine]:
    """Return the lines that were packed."""
    return msgspec.msgpack.decode(zlib.decompress(lines), type=list[PlayerLine])


def _line(book: Book, moment: Moment, club: Club, man: int, seen: Counter[int]) -> PlayerLine:
    bats, arms, glove = club.batting.get(man), club.pitching.get(man), club.fielding.get(man)
    never_batted = club.slot_of(man) is None and not bats
    return PlayerLine(
        player_id=man,
        home=club.side == "home",
        positions=tuple(club.positions.get(man, ())),
        hitting=None if bats is None or never_batted else {**bats, "gamesPlayed": 1, "numberOfPitches": seen[man]},
        pitching=None if arms is None else dict(+box_info.outing(book, moment, club, man)),
        fielding=None if glove is None else {**glove, "gamesPlayed": 1},
    )


def _pitches_seen(moment: Moment, tally: Tally) -> Counter[int]:
    seen: Counter[int] = Counter()
    for play, batter in zip(moment.plays, tally.batters, strict=True):
        seen[batter] += sum(event.kind == "pitch" for event in play.events)
    return seen
