"""The sentences a scorer writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from statsapi_simulator.game_record import Move
from statsapi_simulator.model import Person, PositionCode
from statsapi_simulator.play.scorebook import Game

POSITIONS: dict[str, str] = {
    "1": "pitcher",
    "2": "catcher",
    "3": "first baseman",
    "4": "second baseman",
    "5": "third baseman",
    "6": "shortstop",
    "7": "left fielder",
    "8": "center fielder",
    "9": "right fielder",
    "10": "designated hitter",
    "11": "pinch-hitter",
    "12": "pinch-runner",
}
_PLACES: dict[str, str] = {
    "1": "pitcher",
    "2": "catcher",
    "3": "first base",
    "4": "second base",
    "5": "third base",
    "6": "shortstop",
    "7": "left field",
    "8": "center field",
    "9": "right field",
    "10": "designated hitter",
}
ORDINALS = ("", "1st", "2nd", "3rd", "home")
_BASES = {"1B": "1st", "2B": "2nd", "3B": "3rd", "4B": "home"}
_PATHS = {
    "ground_ball": "ground ball",
    "line_drive": "line drive",
    "fly_ball": "fly ball",
    "popup": "pop up",
    "bunt_grounder": "bunt ground ball",
    "bunt_popup": "bunt pop up",
}
_HITS = {1: "singles", 2: "doubles", 3: "triples"}


def place(position: PositionCode) -> str:
    """Return the place on the field, or the job, of a position code."""
    return _PLACES[position]


def fielder(game: Game, position: PositionCode) -> str:
    """Return 'shortstop NAME' for who plays there."""
    return f"{POSITIONS[position]} {game.name(game.fielding.fielders[position])}"


def relay(game: Game, positions: Sequence[PositionCode]) -> str:
    """Return 'shortstop NAME to second baseman NAME …' for a throw from man to man."""
    return " to ".join(fielder(game, position) for position in positions)


def movements(people: Mapping[int, Person], moves: Sequence[Move], told: int | None = None) -> str:
    """Return ' NAME scores. NAME to 3rd.' for the moves of one event; `told` is a runner the sentence has named."""
    last: dict[int, Move] = {}
    for move in moves:
        last[move.runner_id] = move
    parts = []
    for runner_id, move in last.items():
        # The sentence of the throw already names who is thrown out at an extra base.
        if runner_id == told or move.event_type == "other_out":
            continue
        name = people[runner_id].full_name
        if move.out_base is not None:
            parts.append(f" {name} out at {_BASES[move.out_base]}.")
        elif move.end == "score":
            parts.append(f" {name} scores.")
        elif move.end is not None:
            parts.append(f" {name} to {_BASES[move.end]}.")
    return "".join(parts)


def hit(game: Game, bases: int, trajectory: str, hardness: str, position: PositionCode) -> str:
    """Return '… doubles on a sharp line drive to left fielder NAME.'; a home run goes to a field."""
    batter = game.name(game.draft.batter)
    sharp = {"hard": "sharp ", "medium": "", "soft": "soft "}[hardness]
    path = f"{sharp}{_PATHS[trajectory]}"
    if bases == 4:
        verb = "hits a grand slam" if all(game.bases[1:]) else "homers"
        return f"{batter} {verb} on a {path} to {place(position)}."
    return f"{batter} {_HITS[bases]} on a {path} to {fielder(game, position)}."


def caught(trajectory: str, hardness: str) -> str:
    """Return the verb for a batter whose ball was caught: 'flies out sharply'."""
    verb = {"line_drive": "lines out", "fly_ball": "flies out", "popup": "pops out", "bunt_popup": "bunt pops out"}
    return verb[trajectory] + {"hard": " sharply", "medium": "", "soft": " softly"}[hardness]
