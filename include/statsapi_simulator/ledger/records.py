"""Where clubs stand: their records in the games that are over, in every split the API has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from statsapi_simulator.ledger.course import Result
from statsapi_simulator.ledger.ledger import Played
from statsapi_simulator.model import ScheduledGame, Team
from statsapi_simulator.world.season import World

_PYTHAGOREAN = 1.83
_LAST = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """A game as one of its clubs sees it."""

    world: World
    game: ScheduledGame
    result: Result
    home: bool

    @property
    def margin(self) -> int:
        """By how many runs it won; below 0 if it lost."""
        ahead = self.result.home_runs - self.result.away_runs
        return ahead if self.home else -ahead

    @property
    def opponent(self) -> Team:
        """Whom it met."""
        return self.world.teams[self.game.away_id if self.home else self.game.home_id]

    @property
    def against_left(self) -> bool:
        """Whether the other side's starting pitcher throws with his left hand."""
        return self.world.people[self.result.starters[not self.home]].throws == "L"

    @property
    def on_grass(self) -> bool:
        """Whether the park has grass."""
        return self.world.venues[self.game.venue_id].turf_type == "Grass"


@dataclass(frozen=True, slots=True)
class Tally:
    """Games won, lost and tied."""

    wins: int
    losses: int
    ties: int = 0

    @property
    def share(self) -> float:
        """The part of the decided games that were won; 0 where there is none."""
        decided = self.wins + self.losses
        return self.wins / decided if decided else 0.0


@dataclass(frozen=True)
class Record:
    """A club's games in order of time."""

    team: Team
    outcomes: tuple[Outcome, ...]

    def where(self, fits: Callable[[Outcome], bool]) -> Tally:
        """Return how many of the games that fit were won and lost."""
        return _tally(each for each in self.outcomes if fits(each))

    @cached_property
    def total(self) -> Tally:
        """All games."""
        return _tally(self.outcomes)

    @property
    def last_ten(self) -> Tally:
        """The last ten games."""
        return _tally(self.outcomes[-_LAST:])

    @cached_property
    def runs(self) -> tuple[int, int]:
        """Runs scored and allowed."""
        pairs = [(each.result.away_runs, each.result.home_runs)[:: -1 if each.home else 1] for each in self.outcomes]
        return sum(scored for scored, _ in pairs), sum(allowed for _, allowed in pairs)

    @property
    def expected(self) -> Tally:
        """As many wins as runs scored and allowed let one expect."""
        scored, allowed = (runs**_PYTHAGOREAN for runs in self.runs)
        games = self.total.wins + self.total.losses
        wins = round(games * scored / (scored + allowed)) if scored + allowed else 0
        return Tally(wins, games - wins)

    @property
    def streak(self) -> tuple[bool, int]:
        """Whether the last decided games were won, and how many of them in a row; 0 before the first."""
        decided = [each.margin > 0 for each in self.outcomes if each.margin]
        if not decided:
            return True, 0
        length = next((n for n, won in enumerate(reversed(decided)) if won != decided[-1]), len(decided))
        return decided[-1], length


def records(world: World, played: Iterable[Played]) -> Mapping[int, Record]:
    """Return the records of all clubs by their ids; games in order of time."""
    outcomes: dict[int, list[Outcome]] = {team: [] for team in world.teams}
    for each in played:
        outcomes[each.game.away_id].append(Outcome(world, each.game, each.result, home=False))
        outcomes[each.game.home_id].append(Outcome(world, each.game, each.result, home=True))
    return {team: Record(world.teams[team], tuple(found)) for team, found in outcomes.items()}


def _tally(outcomes: Iterable[Outcome]) -> Tally:
    margins = [each.margin for each in outcomes]
    return Tally(sum(each > 0 for each in margins), sum(each < 0 for each in margins), margins.count(0))
