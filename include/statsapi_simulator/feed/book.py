"""What of a game does not depend on the moment, looked up once: people, clubs, and how the feed refers to them."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any

from statsapi_simulator.feed.names import Node
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.feed.timeline import moments
from statsapi_simulator.game_record import GameRecord, Lineup, Play
from statsapi_simulator.model import SIDES, Person, Side, Team
from statsapi_simulator.pages import person_link, person_page, position_page, team_page
from statsapi_simulator.world.season import World

_KEPT = 64  # games
_WHOLE_NUMBERS = 3  # every third game, since 2024, went through a program that drops '.0'

_POSITIONS: dict[str, Node] = {
    code: position_page(code) for code in ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "Y")
}


class Book:
    """One game's people and clubs, in the shape of a year."""

    def __init__(self, world: World, record: GameRecord, shape: Shape) -> None:
        scheduled = record.scheduled
        self.world = world
        self.record = record
        self.shape = shape
        self.moments = moments(record)
        self.drops_points = shape >= Shape.Y2024 and record.scheduled.game_pk % _WHOLE_NUMBERS == 0
        self.pk = scheduled.game_pk
        self.season = scheduled.season
        self.teams: dict[Side, Team] = {"away": world.teams[scheduled.away_id], "home": world.teams[scheduled.home_id]}
        self.lineups: dict[Side, Lineup] = {"away": record.away, "home": record.home}
        self.team_pages = {side: team_page(world, self.teams[side]) for side in SIDES}
        self.rosters = {side: _roster(self.lineups[side]) for side in SIDES}
        self.side_of: dict[int, Side] = {player: side for side in SIDES for player in self.rosters[side]}
        self._links: dict[int, Node] = {}
        self._idle: dict[str, Node] = {}
        self.players = {
            f"ID{player}": _page(world, player, shape) for side in SIDES for player in sorted(self.rosters[side])
        }
        self.plays: dict[tuple[int, bool], tuple[Play, Node]] = {}  # written for good, see plays.py
        self.box_players: dict[tuple[Side, int], tuple[list[Any], Node]] = {}  # as last written, see boxscore.py
        self.baselines: dict[int, Any] = {}  # seasons before this game, see baseline.py
        self.team_baselines: dict[Side, Any] = {}

    def person(self, player_id: int) -> Person:
        """Return who has this id."""
        return self.world.people[player_id]

    def name(self, player_id: int) -> str:
        """Return somebody's name in box scores."""
        page = self.players.get(f"ID{player_id}")
        return page["boxscoreName"] if page else self.world.people[player_id].last_name

    def ref(self, player_id: int) -> Node:
        """Return somebody with id, name and link."""
        found = self._links.get(player_id)
        if found is None:
            found = self._links[player_id] = person_link(self.world.people[player_id])
        return found

    def idle(self, group: str, write: Callable[[Counter[str]], Node]) -> Node:
        """Return the season of who never bats (or pitches). It is most of them: one stands for all."""
        if group not in self._idle:
            self._idle[group] = write(Counter())
        return self._idle[group]

    def team(self, side: Side) -> Node:
        """Return a club as box scores and hits refer to it."""
        page = self.team_pages[side]
        return {name: page[name] for name in ("springLeague", "allStarStatus", "id", "name", "link")}


def position(code: str) -> Node:
    """Return a position by its code. Shared: not to be changed."""
    return _POSITIONS[code]


@lru_cache(maxsize=4096)
def _page(world: World, player_id: int, shape: Shape) -> Node:
    """Return somebody's page, the same object for all his games; `shape` because it will be pruned to that."""
    return person_page(world.people[player_id], world.season)


def _roster(lineup: Lineup) -> list[int]:
    """Return everybody who plays or could play, each once."""
    return list(dict.fromkeys((*lineup.order, lineup.pitcher, *lineup.bench, *lineup.bullpen)))


_books: OrderedDict[tuple[int, int, Shape], Book] = OrderedDict()
_lock = Lock()


def book_of(world: World, record: GameRecord, shape: Shape) -> Book:
    """Return the book of a game; the last few are kept."""
    key = (world.seed, record.scheduled.game_pk, shape)
    with _lock:
        book = _books.get(key)
        if book is not None and book.record is record:
            _books.move_to_end(key)
            return book
    book = Book(world, record, shape)
    with _lock:
        _books[key] = book
        if len(_books) > _KEPT:
            _books.popitem(last=False)
    return book
