"""Pitch by pitch: balls and strikes, what a call means, and the result a last pitch leads to."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.baseball.feed import (
    FREE,
    HITS,
    PLATE_APPEARANCES,
    STRIKEOUTS,
    WALKS,
    Feed,
    Node,
    last_moves,
    name_of,
    result,
)

BALLS = {"B", "*B", "I", "P", "V", "VP", "VB", "VC", "VS", "H"}  # a batter who is hit has a ball more (recordings)
STRIKES = {
    "C",
    "S",
    "W",
    "T",
    "M",
    "Q",
    "O",
    "L",
    "AC",
    "AB",
    "K",
    "A",
}  # L: a foul bunt, T: a tip; both can be the third
FOULS = {"F", "R"}
IN_PLAY = {"X", "D", "E"}
NO_CALL = {"N", None}


def code_of(event: Node) -> str | None:
    """The code of what the umpire called; in 2018 `details.call.code` only says B, S or X."""
    code = event["details"].get("code")
    return None if code is None else str(code)


def counts(feed: Feed) -> Iterator[str]:
    """The count goes from 0-0 as each call says; nothing else moves it; the play has the last one."""
    for play in feed.plays:
        balls, strikes, over = 0, 0, False
        for position, event in enumerate(play["playEvents"]):
            where = f"{name_of(play)}, event {position}"
            if event["type"] in ("pitch", "no_pitch"):
                if over:
                    yield f"{where}: a pitch after the plate appearance ended"
                balls, strikes = _after(code_of(event), balls, strikes)
                over = balls == 4 or strikes == 3 or code_of(event) in IN_PLAY or code_of(event) == "H"
            elif event["type"] == "action" and not feed.modern:
                continue  # 2018 writes the count of an action as it comes
            shown = event["count"]
            if shown and (shown["balls"], shown["strikes"]) != (balls, strikes):
                yield f"{where}: {code_of(event)} makes {balls}-{strikes}, not {shown['balls']}-{shown['strikes']}"
                balls, strikes = shown["balls"], shown["strikes"]
        shown = play["count"]
        if play["playEvents"] and (shown["balls"], shown["strikes"]) != (balls, strikes):
            yield f"{name_of(play)}: the count is {shown['balls']}-{shown['strikes']}, not {balls}-{strikes}"


def _after(code: str | None, balls: int, strikes: int) -> tuple[int, int]:
    if code in BALLS:
        return balls + 1, strikes
    if code in STRIKES or (code in FOULS and strikes < 2):
        return balls, strikes + 1
    return balls, strikes


def calls(feed: Feed) -> Iterator[str]:
    """A call is a known one, and isBall, isStrike, isInPlay and isPitch say the same."""
    for play in feed.plays:
        for position, event in enumerate(play["playEvents"]):
            where, code, details = f"{name_of(play)}, event {position}", code_of(event), event["details"]
            if event["isPitch"] != (event["type"] == "pitch"):
                yield f"{where}: isPitch is {event['isPitch']} for {event['type']}"
            if event["type"] not in ("pitch", "no_pitch"):
                continue
            if code not in BALLS | STRIKES | FOULS | IN_PLAY | NO_CALL:
                yield f"{where}: no such call as {code}"
            flags = {
                "isBall": code in BALLS,
                "isStrike": code in STRIKES | FOULS,
                "isInPlay": code in IN_PLAY,
            }
            for name, wanted in flags.items():
                if code is not None and name in details and details[name] != wanted:
                    yield f"{where}: {name} is {details[name]} for {code}"
            if feed.modern and code in IN_PLAY and "hitData" not in event:
                yield f"{where}: put in play without hitData"


def event_numbers(feed: Feed) -> Iterator[str]:
    """pitchNumber is the number of pitches so far; the indexes of a play point at what they say."""
    for play in feed.plays:
        every = play["playEvents"]
        thrown = 0
        for event in every:
            thrown += event["isPitch"]
            if event.get("pitchNumber", thrown) != thrown or (event["isPitch"] and "pitchNumber" not in event):
                yield f"{name_of(play)}: pitchNumber {event.get('pitchNumber')} after {thrown} pitches"
        wanted = [position for position, event in enumerate(every) if event["type"] != "action"]
        if play["pitchIndex"] != wanted:
            yield f"{name_of(play)}: pitchIndex {play['pitchIndex']}, not {wanted}"
        if any(not 0 <= each < len(every) or every[each]["type"] != "action" for each in play["actionIndex"]):
            yield f"{name_of(play)}: actionIndex {play['actionIndex']} names no action"
        if not feed.modern:  # its index starts anywhere (FEED 5)
            continue
        if [event["index"] for event in every] != [*range(len(every))]:
            yield f"{name_of(play)}: its events' indexes are not their positions"
        if play["runnerIndex"] != [*range(len(play["runners"]))]:
            yield f"{name_of(play)}: runnerIndex {play['runnerIndex']} of {len(play['runners'])} runners"
        for event in every:
            about = event.get("actionPlayId")
            if about is not None and about not in {each.get("playId") for each in every}:
                yield f"{name_of(play)}: an action of a pitch that is not there"


def results(feed: Feed) -> Iterator[str]:
    """The last pitch explains the result, and the result the calls X, D and E of a ball in play."""
    for play in feed.plays:
        if not play["about"]["isComplete"]:
            continue
        thrown = [event for event in play["playEvents"] if event["type"] in ("pitch", "no_pitch")]
        got, last = result(play), code_of(thrown[-1]) if thrown else None
        balls, strikes = play["count"]["balls"], play["count"]["strikes"]
        if got in WALKS and balls != 4 and not (got == "intent_walk" and not thrown):
            yield f"{name_of(play)}: {got} at {balls}-{strikes}"
        if got in STRIKEOUTS and strikes != 3:
            yield f"{name_of(play)}: {got} at {balls}-{strikes}"
        if (got == "hit_by_pitch") != (last == "H"):
            yield f"{name_of(play)}: {got} after {last}"
        if got in PLATE_APPEARANCES - STRIKEOUTS - FREE and last not in IN_PLAY:
            yield f"{name_of(play)}: {got} after {last}"
        if last in IN_PLAY and (got not in PLATE_APPEARANCES or got in STRIKEOUTS | WALKS):
            yield f"{name_of(play)}: {got} of a ball in play"
        if feed.modern and last in IN_PLAY and last != _call_in_play(play):
            yield f"{name_of(play)}: {last} for {_call_in_play(play)}"
        if feed.modern and play["result"]["isOut"] != any(move["movement"]["isOut"] for move in last_moves(play)):
            yield f"{name_of(play)}: result.isOut is {play['result']['isOut']}"
        if got == "home_run" and play["result"]["rbi"] < 1:
            yield f"{name_of(play)}: a home run without a run batted in"
        if got in HITS and feed.modern and _batter_base(play) < HITS[got]:
            yield f"{name_of(play)}: {got}, yet the batter came to base {_batter_base(play)}"


def _call_in_play(play: Node) -> str:
    """E: a run scored; X: somebody was out; D: neither."""
    moved = last_moves(play)
    if any(move["movement"]["end"] == "score" for move in moved):
        return "E"
    return "X" if any(move["movement"]["isOut"] for move in moved) else "D"


def _batter_base(play: Node) -> int:
    """How far the batter came, 4: home; out on the bases counts as the base he left."""
    batter = play["matchup"]["batter"]["id"]
    reached = [0]
    for move in play["runners"]:
        if move["details"]["runner"]["id"] == batter:
            reached += [_BASES[base] for base in (move["movement"]["start"], move["movement"]["end"]) if base]
    return max(reached)


_BASES = {"1B": 1, "2B": 2, "3B": 3, "score": 4}
