"""Who did best so far: three players of either side, by game score."""

from __future__ import annotations

from typing import Any

from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.lines import Line
from statsapi_simulator.feed.moment import Moment
from statsapi_simulator.feed.names import Node
from statsapi_simulator.feed.tally import Tally
from statsapi_simulator.model import SIDES


def top_performers(book: Book, moment: Moment, tally: Tally, teams: dict[Any, Node]) -> list[Node]:
    """Return `topPerformers`; they refer to players with their name in box scores."""
    if not tally.halves:
        return []
    found: list[tuple[int, int, str, str]] = []
    for side in SIDES:
        club = tally.clubs[side]
        found += [
            (_hitting_score(line), man, side, "hitter")
            for man, line in club.batting.items()
            if club.slot_of(man) is not None
        ]
        for man, line in club.pitching.items():
            kind = "starter" if man == club.pitchers[0] else "reliever"
            found.append((_pitching_score(line, starter=kind == "starter"), man, side, kind))
    best = sorted(found, key=lambda each: (-each[0], each[1]))[:3]
    return [_performer(book, teams[side]["players"][f"ID{man}"], man, score, kind) for score, man, side, kind in best]


def _performer(book: Book, player: Node, man: int, score: int, kind: str) -> Node:
    shown = {**player, "person": {**player["person"], "boxscoreName": book.name(man)}}
    own = "hittingGameScore" if kind == "hitter" else "pitchingGameScore"
    return {"player": shown, "type": kind, "gameScore": score, own: score}


def _hitting_score(line: Line) -> int:
    good = (
        6 * line["totalBases"] + 5 * line["rbi"] + 4 * line["runs"] + 3 * line["baseOnBalls"] + 3 * line["stolenBases"]
    )
    return 30 + good - 3 * (line["atBats"] - line["hits"])


def _pitching_score(line: Line, *, starter: bool) -> int:
    good = line["outs"] + line["strikeOuts"] + 2 * max(0, line["outs"] // 3 - 4)
    bad = 2 * line["hits"] + 4 * line["earnedRuns"] + 2 * (line["runs"] - line["earnedRuns"]) + line["baseOnBalls"]
    return (50 if starter else 40) + good - bad
