"""The highest values of single games: of players, of clubs, and of both clubs together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from statsapi_simulator.api import parameters
from statsapi_simulator.api.categories import categories
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.api.person_stats import SPORT_LINK
from statsapi_simulator.api.question import Question
from statsapi_simulator.ledger.ledger import Played
from statsapi_simulator.ledger.lines import GROUPS
from statsapi_simulator.pages import COPYRIGHT, Page, person_link, team_link

_MANY = 10


def high_low(question: Question, kind: str) -> Page:
    """Answer `/api/v1/highLow/KIND`: the games with the most of `sortStat`, of a `player` or of a `team`.

    Raises ApiError for a statistic that is not counted.
    """
    name, group = question.asked.get("sortStat", ""), question.asked.get("statGroup", "hitting")
    category = categories().get(name)
    if category is None or category.minimum or group not in GROUPS:
        raise bad_parameter("sortStat", name, "homeRuns")
    if kind not in ("player", "team"):
        raise bad_parameter("orgType", kind, "player")
    played = question.played(question.world, parameters.integer(question.asked, "teamId"))
    found = [
        (count, page)
        for each in played
        for count, page in _counts(question, each, group, category.stat, players=kind == "player")
    ]
    limit = parameters.integer(question.asked, "limit") or _MANY
    best = sorted(found, key=lambda each: -each[0])[:limit]
    return {
        "copyright": COPYRIGHT,
        "highLowResults": [
            {
                "combinedStats": False,
                "season": str(question.season),
                "sortStat": {"name": name, "lookupParam": category.stat, "isCounting": True, "label": name},
                "splits": [
                    {**page, "rank": 1 + sum(more > count for more, _ in best), "stat": {category.stat: count}}
                    for count, page in best
                ],
            }
        ],
    }


def _counts(question: Question, played: Played, group: str, stat: str, *, players: bool) -> Iterator[tuple[int, Page]]:
    """Yield what each player, or each club, did in a game."""
    world, game = question.world, played.game
    for home, lines in groupby(played.course.lines(question.now), key=lambda line: line.home):
        club, other = (game.home_id, game.away_id) if home else (game.away_id, game.home_id)
        of = {
            "season": str(question.season),
            "team": team_link(world.teams[club]),
            "opponent": team_link(world.teams[other]),
            "date": game.official_date.isoformat(),
            "isHome": home,
            "game": {"gamePk": game.game_pk, "link": f"/api/v1.1/game/{game.game_pk}/feed/live"},
            "sport": SPORT_LINK,
        }
        counted = [(line.player_id, done.get(stat, 0)) for line in lines if (done := getattr(line, group)) is not None]
        if players:
            yield from ((count, {**of, "player": person_link(world.people[man])}) for man, count in counted if count)
        else:
            yield sum(count for _, count in counted), of
