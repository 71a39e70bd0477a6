"""`metaData`: when this revision is from, and what brought it."""

from __future__ import annotations

from statsapi_simulator.feed.moment import Moment, Seen
from statsapi_simulator.feed.names import Node, stamp
from statsapi_simulator.feed.situation import Bases
from statsapi_simulator.feed.tally import Tally

_PITCHES = {
    "B": "ball",
    "*B": "blocked_ball",
    "C": "called_strike",
    "S": "swinging_strike",
    "W": "swinging_strike_blocked",
    "F": "foul",
    "T": "foul_tip",
    "L": "foul_bunt",
    "M": "missed_bunt",
    "H": "hit_by_pitch",
}
_RUNNERS = {
    (): "basesEmpty",
    ("1B",): "runnerOnFirst",
    ("2B",): "runnerOnSecond",
    ("3B",): "runnerOnThird",
    ("1B", "2B"): "runnersOnFirstAndSecond",
    ("1B", "3B"): "runnersOnFirstAndThird",
    ("2B", "3B"): "runnersOnSecondAndThird",
    ("1B", "2B", "3B"): "basesLoaded",
}
_HANDS = {"L": "newLeftHandedHit", "R": "newRightHandedHit"}


def meta_data(moment: Moment, tally: Tally) -> Node:
    """Return `metaData`; the server wants to be asked again after `wait` seconds."""
    game, logical = _events(moment, tally) if moment.plays else ([], [])
    return {"wait": 10, "timeStamp": stamp(moment.at), "gameEvents": game, "logicalEvents": logical}


def _events(moment: Moment, tally: Tally) -> tuple[list[str], list[str]]:
    last = moment.plays[-1]
    game = [_game_event(last)]
    logical = []
    if tally.outs == 3:
        logical.append("midInning")
    if last.events and last.events[-1].kind != "action":
        logical += ["countChange", f"count{last.events[-1].balls % 4}{last.events[-1].strikes}"]
    if not last.events:
        logical.append("newBatter")
    if last.events and last.events[-1].hit is not None:
        logical.append(_HANDS[last.play.bat_side])
    if last.complete:
        logical.append(_runners(tally.standing[-1]))
    if moment.over:
        game.append("game_finished")
        logical.append("gameStateChangeToGameOver")
    return game, logical


def _game_event(last: Seen) -> str:
    if last.complete:
        return last.play.event_type
    if not last.events:
        return "at_bat_start"
    event = last.events[-1]
    if event.kind == "action":
        return event.event_type or "game_advisory"
    if event.hit is not None:
        return "hit_into_play"
    return _PITCHES.get(event.call or "", event.kind)


def _runners(bases: Bases) -> str:
    return _RUNNERS[tuple(sorted(bases))]
