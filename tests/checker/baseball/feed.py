"""A live feed as the rules read it: plays, halves, who bats and who fields, what a result means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

Node = dict[str, Any]
Side = str
SIDES: tuple[Side, Side] = ("away", "home")

HITS = {"single": 1, "double": 2, "triple": 3, "home_run": 4}
WALKS = {"walk", "intent_walk"}
STRIKEOUTS = {"strikeout", "strikeout_double_play", "strikeout_triple_play"}
SACRIFICES = {"sac_fly", "sac_fly_double_play", "sac_bunt", "sac_bunt_double_play"}
FREE = WALKS | {"hit_by_pitch", "catcher_interf"}
OTHER_AT_BATS = {
    "field_out",
    "force_out",
    "grounded_into_double_play",
    "grounded_into_triple_play",
    "double_play",
    "triple_play",
    "field_error",
    "fielders_choice",
    "fielders_choice_out",
    "batter_interference",
}
AT_BATS = HITS.keys() | STRIKEOUTS | OTHER_AT_BATS
PLATE_APPEARANCES = AT_BATS | SACRIFICES | FREE

# 2018 names results without a type (FEED 18); these names are not the type with blanks.
_TYPE_OF_NAME = {
    "Flyout": "field_out",
    "Groundout": "field_out",
    "Lineout": "field_out",
    "Pop Out": "field_out",
    "Bunt Groundout": "field_out",
    "Bunt Pop Out": "field_out",
    "Bunt Lineout": "field_out",
    "Forceout": "force_out",
    "Grounded Into DP": "grounded_into_double_play",
    "Fielders Choice Out": "fielders_choice_out",
    "Catcher Interference": "catcher_interf",
    "Strikeout - DP": "strikeout_double_play",
    "Sac Fly DP": "sac_fly_double_play",
    "Sac Bunt DP": "sac_bunt_double_play",
    "Offensive Sub": "offensive_substitution",
    "Defensive Sub": "defensive_substitution",
    "Runner Placed On Base": "runner_placed",
}


@dataclass(frozen=True)
class Half:
    """Half an inning: its plays in order, and whether another half follows it."""

    inning: int
    top: bool
    plays: list[Node]
    followed: bool

    @property
    def batting(self) -> Side:
        """The side at bat."""
        return "away" if self.top else "home"

    @property
    def fielding(self) -> Side:
        """The side in the field."""
        return "home" if self.top else "away"

    @property
    def over(self) -> bool:
        """True after the third out."""
        return bool(self.plays[-1]["count"]["outs"] == 3 and self.plays[-1]["about"]["isComplete"])

    def __str__(self) -> str:
        return f"{'top' if self.top else 'bottom'} {self.inning}"


class Feed:
    """One answer of feed/live."""

    def __init__(self, document: Node) -> None:
        self.document = document
        self.game: Node = document["gameData"]
        self.live: Node = document["liveData"]

    @property
    def plays(self) -> list[Node]:
        """The plays."""
        return list(self.live["plays"]["allPlays"])

    @cached_property
    def halves(self) -> list[Half]:
        """The halves in order of the plays."""
        groups = [(key, list(plays)) for key, plays in groupby(self.plays, key=_half_of)]
        return [Half(*key, plays, number < len(groups)) for number, (key, plays) in enumerate(groups, 1)]

    @cached_property
    def season(self) -> int:
        """The year."""
        return int(self.game["game"]["season"])

    @cached_property
    def modern(self) -> bool:
        """True if runners lists everyone who was put out, with fielders: not in the 2018 shape (FEED 18, 19)."""
        return any("isTopInning" in play["about"] for play in self.plays)

    @cached_property
    def status(self) -> Node:
        """The status."""
        return dict(self.game["status"])

    @property
    def over(self) -> bool:
        """True once the last out is made: Game Over or Final, not what was never played (FEED F9)."""
        return self.status["codedGameState"] in ("F", "O")

    @property
    def called(self) -> bool:
        """True if the umpires ended it before it was decided in the usual way: rain, or a tie."""
        return "Completed Early" in self.status["detailedState"] or "Tie" in self.status["detailedState"]

    @cached_property
    def scheduled_innings(self) -> int:
        """9, or 7."""
        return int(self.live["linescore"].get("scheduledInnings", 9))

    @cached_property
    def linescore(self) -> Node:
        """The line score."""
        return dict(self.live["linescore"])

    def box(self, side: Side) -> Node:
        """The box score of a side."""
        return dict(self.live["boxscore"]["teams"][side])

    def players(self, side: Side) -> dict[int, Node]:
        """The players of a side in the box score, by id."""
        return {player["person"]["id"]: player for player in self.box(side)["players"].values()}

    def team_id(self, side: Side) -> int:
        """The id of a side's team."""
        return int(self.game["teams"][side]["id"])


def name_of(play: Node) -> str:
    """How a message names a play."""
    about = play["about"]
    return f"play {play['atBatIndex']} ({about['halfInning']} {about['inning']})"


def batting(play: Node) -> Side:
    """The side at bat."""
    return "away" if play["about"]["halfInning"] == "top" else "home"


def fielding(play: Node) -> Side:
    """The side in the field."""
    return "home" if batting(play) == "away" else "away"


def result(play: Node) -> str | None:
    """The type of a play's result, None while it is open: what it says then is its last action (FEED 15)."""
    return event_type(play["result"]) if play["about"]["isComplete"] else None


def event_type(node: Node) -> str | None:
    """The type of a result, an event or a move; in 2018 made from its name."""
    if "eventType" in node:
        return str(node["eventType"])
    name = node.get("event")
    return None if name is None else _TYPE_OF_NAME.get(name, name.lower().replace(" ", "_"))


def events(play: Node, *types: str) -> Iterator[tuple[int, Node]]:
    """The actions of a play that are of one of these types, each with its position."""
    for position, event in enumerate(play["playEvents"]):
        if event["type"] == "action" and event_type(event["details"]) in types:
            yield position, event


def moves(play: Node) -> list[Node]:
    """The moves of runners in the order of the events that caused them.

    In 2018 the row of an error on a foul names the fielder, from 0B to 0B (FEED 28): that is no runner.
    """
    rows = (move for move in play["runners"] if move["movement"]["end"] != "0B")
    return sorted(rows, key=lambda move: int(move["details"]["playIndex"]))


def last_moves(play: Node) -> list[Node]:
    """The moves since the last pitch: those its result brought. All of them in 2018, whose positions are not ours."""
    last = max((position for position, event in enumerate(play["playEvents"]) if event["isPitch"]), default=0)
    return [move for move in play["runners"] if move["details"]["playIndex"] >= last]


def runs(play: Node) -> int:
    """How many scored."""
    return sum(move["movement"]["end"] == "score" for move in play["runners"])


def outs(play: Node) -> int:
    """How many were put out."""
    return sum(bool(move["movement"].get("isOut")) for move in play["runners"])


def _half_of(play: Node) -> tuple[int, bool]:
    return play["about"]["inning"], play["about"]["halfInning"] == "top"
