"""What one player did in each of his games, and how statistics divide them: by season, by month, game by game."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from statsapi_simulator.api import parameters
from statsapi_simulator.api.question import Question
from statsapi_simulator.feed.lines import Line, sum_of
from statsapi_simulator.ledger.ledger import Played
from statsapi_simulator.ledger.lines import PlayerLine
from statsapi_simulator.model import Person, ScheduledGame
from statsapi_simulator.pages import Page, position_page, team_link
from statsapi_simulator.world.season import World

_LAST = 10


@dataclass(frozen=True, slots=True)
class Performance:
    """Somebody's line in a game."""

    world: World
    played: Played
    line: PlayerLine

    @property
    def game(self) -> ScheduledGame:
        """The game."""
        return self.played.game

    @property
    def won(self) -> bool:
        """Whether his club won."""
        result = self.played.result
        ahead = result.home_runs - result.away_runs
        return (ahead if self.line.home else -ahead) > 0

    @property
    def position(self) -> str:
        """Where he played first."""
        return self.line.positions[0] if self.line.positions else "1"

    def of(self, group: str) -> Line | None:
        """Return what he did in a group."""
        counted = getattr(self.line, group)
        return None if counted is None else Line(counted)


Part = tuple[Page, list[Performance]]
Division = Callable[[list[Performance], Question], Iterable[Part]]


def performances(question: Question, world: World, person: Person) -> list[Performance]:
    """Return what a player did in the games that are over, in order of time."""
    club = world.clubs.get(person.id)
    return [
        Performance(world, each, line)
        for each in (question.played(world, club) if club else ())
        for line in each.course.lines(question.now)
        if line.player_id == person.id
    ]


def sum_in(group: str, games: Iterable[Performance]) -> Line:
    """Return the sum of what was done in a group."""
    return sum_of(line for each in games if (line := each.of(group)) is not None)


def _season(games: list[Performance], question: Question) -> Iterable[Part]:
    return [({"season": str(games[0].world.season)}, games)]


def _career(games: list[Performance], question: Question) -> Iterable[Part]:
    return [({}, games)]


def _dates(games: list[Performance], question: Question) -> Iterable[Part]:
    first, last = (parameters.day(question.asked, name) for name in ("startDate", "endDate"))
    found = [
        each
        for each in games
        if (first is None or first <= each.game.official_date) and (last is None or each.game.official_date <= last)
    ]
    return _season(found, question) if found else ()


def _last_games(games: list[Performance], question: Question) -> Iterable[Part]:
    return [({"numTeams": 1, "numLeagues": 1}, games[-(parameters.integer(question.asked, "limit") or _LAST) :])]


def _by(key: str, value: Callable[[Performance], int | bool]) -> Division:
    """Return the division by something that games have; the parts in its order."""

    def divide(games: list[Performance], question: Question) -> Iterable[Part]:
        parts = groupby(sorted(games, key=value), key=value)
        return [({"season": str(games[0].world.season), key: each}, list(part)) for each, part in parts]

    return divide


def _log(games: list[Performance], question: Question) -> Iterable[Part]:
    return [(_game(each), [each]) for each in games]


def _game(each: Performance) -> Page:
    game = each.game
    opponent = each.world.teams[game.away_id if each.line.home else game.home_id]
    hitting = {"positionsPlayed": [position_page(code) for code in each.line.positions]} if each.line.hitting else {}
    return {
        "season": str(game.season),
        "opponent": team_link(opponent),
        "date": game.official_date.isoformat(),
        "isHome": each.line.home,
        "isWin": each.won,
        **hitting,
        "game": {
            "gamePk": game.game_pk,
            "link": f"/api/v1.1/game/{game.game_pk}/feed/live",
            "content": {"link": f"/api/v1/game/{game.game_pk}/content"},
            "gameNumber": game.game_number,
            "dayNight": game.day_night,
        },
    }


# By the name of the type: what the parts have beside their sums, and the games of each.
DIVISIONS: Mapping[str, Division] = {
    "season": _season,
    "statsSingleSeason": _season,
    "career": _career,
    "careerRegularSeason": _career,
    "yearByYear": _season,
    "gameLog": _log,
    "byDateRange": _dates,
    "lastXGames": _last_games,
    "byMonth": _by("month", lambda each: each.game.official_date.month),
    "byDayOfWeek": _by("dayOfWeek", lambda each: each.game.official_date.weekday()),
    "homeAndAway": _by("isHome", lambda each: each.line.home),
    "winLoss": _by("isWin", lambda each: each.won),
}
