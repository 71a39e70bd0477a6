"""Streaks: how many games running players have done something, up to the last game that is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from statsapi_simulator.api import parameters
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.api.question import Question
from statsapi_simulator.pages import COPYRIGHT, Page, person_link, team_link

_MANY = 10

Done = Callable[[Mapping[str, int]], bool]


def _hit(line: Mapping[str, int]) -> bool:
    return line.get("hits", 0) > 0


def _on_base(line: Mapping[str, int]) -> bool:
    return any(line.get(name, 0) for name in ("hits", "baseOnBalls", "hitByPitch"))


_TYPES: Mapping[str, Done] = {"hittingStreakOverall": _hit, "onBaseOverall": _on_base}


def streaks(question: Question) -> Page:
    """Answer `/api/v1/stats/streaks`: the longest of `streakType`; those that go on with the span `currentStreak`."""
    kind = question.asked.get("streakType", "")
    if kind not in _TYPES:
        raise bad_parameter("streakType", kind, "hittingStreakOverall")
    current, longest = _lengths(question, _TYPES[kind])
    lengths = current if question.asked.get("streakSpan") == "currentStreak" else longest
    limit, world = parameters.integer(question.asked, "limit") or _MANY, question.world
    best = sorted(lengths, key=lambda man: (-lengths[man], man))[:limit]
    return {
        "copyright": COPYRIGHT,
        "streaks": [
            {
                "rank": 1 + sum(lengths[other] > lengths[man] for other in best),
                "streakType": kind,
                "streakSpan": question.asked.get("streakSpan", "season"),
                "season": str(world.season),
                "value": lengths[man],
                "person": person_link(world.people[man]),
                "team": team_link(world.teams[world.clubs[man]]),
            }
            for man in best
        ],
    }


def kinds(question: Question) -> list[Page]:
    """Answer `/api/v1/streaks/types`."""
    return [{"displayName": kind} for kind in _TYPES]


def _lengths(question: Question, done: Done) -> tuple[dict[int, int], dict[int, int]]:
    """Return, by player, the streak that goes on and the longest. A game without a plate appearance breaks none."""
    current: dict[int, int] = {}
    longest: dict[int, int] = {}
    for played in question.played(question.world):
        for line in played.course.lines(question.now):
            if line.hitting and line.hitting.get("plateAppearances"):
                man = line.player_id
                current[man] = current.get(man, 0) + 1 if done(line.hitting) else 0
                longest[man] = max(longest.get(man, 0), current[man])
    return current, longest
