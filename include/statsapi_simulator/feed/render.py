"""A whole feed: everything of a game at a moment, in the shape of a year."""

from __future__ import annotations

from datetime import datetime

from statsapi_simulator.feed.book import Book, book_of
from statsapi_simulator.feed.boxscore import boxscore
from statsapi_simulator.feed.game_data import game_data
from statsapi_simulator.feed.linescore import linescore
from statsapi_simulator.feed.metadata import meta_data
from statsapi_simulator.feed.moment import Moment, happened
from statsapi_simulator.feed.names import Node
from statsapi_simulator.feed.plays import plays
from statsapi_simulator.feed.shapes import Shape, prune
from statsapi_simulator.feed.tally import Tally
from statsapi_simulator.feed.timeline import last_moment
from statsapi_simulator.game_record import GameRecord
from statsapi_simulator.pages import COPYRIGHT
from statsapi_simulator.world.season import World


def live_feed(world: World, record: GameRecord, at: datetime, now: datetime, shape: Shape) -> Node:
    """Return the feed of a game as it was at `at`: its last revision by then, with the corrections known at `now`.

    Parts of it are shared between answers; a caller that changes it must copy it.
    """
    book = book_of(world, record, shape)
    moment = happened(record, last_moment(book.moments, at), now)
    tally = Tally(book, moment)
    feed: Node = {
        "copyright": COPYRIGHT,
        "gamePk": book.pk,
        "link": f"/api/v1.1/game/{book.pk}/feed/live",
        "metaData": meta_data(moment, tally),
        "gameData": game_data(book, moment, tally),
        "liveData": {
            "plays": plays(book, moment, tally),
            "linescore": linescore(book, moment, tally),
            "boxscore": boxscore(book, moment, tally),
            "decisions": _decisions(book, moment),
            "leaders": {"hitDistance": {}, "hitSpeed": {}, "pitchSpeed": {}},
        },
    }
    if not moment.over and shape is not Shape.Y2018:
        del feed["liveData"]["decisions"]
    prune(feed, shape, "feed")
    return feed


def _decisions(book: Book, moment: Moment) -> Node:
    """Return who won, lost and saved; nobody before the end."""
    record = book.record
    found = (("winner", record.winner), ("loser", record.loser), ("save", record.save))
    return {name: book.ref(who) for name, who in found if who is not None} if moment.over else {}
