"""The course of the game: plays, halves, outs, the score, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.baseball.feed import (
    PLATE_APPEARANCES,
    Feed,
    Half,
    Node,
    batting,
    last_moves,
    name_of,
    outs,
    result,
    runs,
)


def play_order(feed: Feed) -> Iterator[str]:
    """Plays are numbered by position; halves follow one another from the top of the first; only the last is open."""
    for position, play in enumerate(feed.plays):
        if not position == play["atBatIndex"] == play["about"]["atBatIndex"]:
            yield f"{name_of(play)} stands at {position}"
        if feed.modern and play["about"]["isTopInning"] != (play["about"]["halfInning"] == "top"):
            yield f"{name_of(play)}: isTopInning is {play['about']['isTopInning']}"
        if not play["about"]["isComplete"] and (feed.over or position < len(feed.plays) - 1):
            yield f"{name_of(play)} is not complete"
    for number, half in enumerate(feed.halves):
        if (half.inning, half.top) != (number // 2 + 1, number % 2 == 0):
            yield f"half {number + 1} is the {half}"
    current = feed.live["plays"].get("currentPlay")
    if feed.plays and current != feed.plays[-1]:
        yield "currentPlay is not the last play"


def outs_of_halves(feed: Feed) -> Iterator[str]:
    """A half has three outs, but for the last; a play's outs are those before it and its own, its events' between."""
    for half in feed.halves:
        before = 0
        for play in half.plays:
            after = play["count"]["outs"]
            if feed.modern and after != before + outs(play):
                yield f"{name_of(play)}: {before} out, {outs(play)} put out, yet {after} out after it"
            if feed.modern:
                yield from _event_outs(play, before)
            if not before <= after <= 3 or before == 3:
                yield f"{name_of(play)}: {before} out before, {after} after it"
            before = after
        if half.followed and before != 3:
            yield f"{half} ends with {before} out"


def _event_outs(play: Node, before: int) -> Iterator[str]:
    """The count of outs in an event is the one after it, but for the batter's own, which the play's count has."""
    counted = [event["count"]["outs"] for event in play["playEvents"]]
    if counted != sorted(counted) or any(not before <= each <= before + outs(play) for each in counted):
        yield f"{name_of(play)}: {before} out before, {counted} at its events"


def third_out(feed: Feed) -> Iterator[str]:
    """A plate appearance without a result of the batter's ends a half (a runner is out) or the game (one scores)."""
    for half in feed.halves:
        for play in half.plays:
            last = play is feed.plays[-1]
            ends = play["count"]["outs"] == 3 or (last and (runs(play) or feed.called))
            if play["about"]["isComplete"] and result(play) not in PLATE_APPEARANCES and not ends:
                yield f"{name_of(play)}: ends by {result(play)} with {play['count']['outs']} out"


def game_end(feed: Feed) -> Iterator[str]:
    """Nobody plays on when it is decided; a finished game is decided, unless the umpires called it."""
    score = {"away": 0, "home": 0}
    for half in feed.halves:
        if half.inning >= feed.scheduled_innings and not half.top and score["home"] > score["away"]:
            yield f"{half} is played though the home team leads"
        if half.inning > feed.scheduled_innings and half.top and score["home"] != score["away"]:
            yield f"{half} is played though the score is not level"
        for play in half.plays:
            if _won(feed, half, score):
                yield f"{name_of(play)} is played after the winning run"
            before = dict(score)
            score = {side: play["result"][f"{side}Score"] for side in score}
            if _won(feed, half, score) and result(play) != "home_run" and score["home"] > before["away"] + 1:
                yield f"{name_of(play)}: {score['home'] - before['home']} runs count though one wins"
    if feed.over and feed.halves and not feed.called:
        yield from _decided(feed, feed.halves[-1], score)


def _won(feed: Feed, half: Half, score: dict[str, int]) -> bool:
    return half.inning >= feed.scheduled_innings and not half.top and score["home"] > score["away"]


def _decided(feed: Feed, last: Half, score: dict[str, int]) -> Iterator[str]:
    if last.inning < feed.scheduled_innings:
        yield f"the game ends in the {last} of {feed.scheduled_innings}"
    if score["home"] == score["away"]:
        yield "the game ends level"
    if last.top and score["home"] <= score["away"]:
        yield f"the game ends after the {last} though the home team does not lead"
    if last.plays[-1]["count"]["outs"] != 3 and (last.top or score["home"] <= score["away"]):
        yield f"the game ends in the {last} with {last.plays[-1]['count']['outs']} out"


def score_of_plays(feed: Feed) -> Iterator[str]:
    """The score after a play is the one before it and the runs that scored; actions show it as it grows."""
    score = {"away": 0, "home": 0}
    for play in feed.plays:
        before = dict(score)
        score[batting(play)] += runs(play)
        shown = {side: play["result"][f"{side}Score"] for side in score}
        if shown != score:
            yield f"{name_of(play)}: the score is {shown}, the runs make {score}"
            score = shown
        if play["about"]["isComplete"] and play["about"]["isScoringPlay"] not in _scoring(play):
            yield f"{name_of(play)}: isScoringPlay is {play['about']['isScoringPlay']}, {runs(play)} scored"
        for event in play["playEvents"]:
            for side in score:
                seen = event["details"].get(f"{side}Score", before[side])
                if not before[side] <= seen <= score[side]:
                    yield f"{name_of(play)}: an action says {seen} for {side}"


def _scoring(play: Node) -> set[bool]:
    """What isScoringPlay may be: who only scores before the last pitch (on a balk) need not make it one."""
    early = runs(play) and not any(move["movement"]["end"] == "score" for move in last_moves(play))
    return {True, False} if early else {bool(runs(play))}


def indexes_of_plays(feed: Feed) -> Iterator[str]:
    """scoringPlays and playsByInning list the plays they say."""
    plays = feed.live["plays"]
    scoring = [play["atBatIndex"] for play in feed.plays if runs(play)]
    if plays.get("scoringPlays", []) != scoring:
        yield f"scoringPlays is {plays.get('scoringPlays')}, runs scored in {scoring}"
    listed = plays.get("playsByInning", [])
    innings = max((play["about"]["inning"] for play in feed.plays), default=0)
    if len(listed) != innings:
        yield f"playsByInning has {len(listed)} innings of {innings}"
    for number, inning in enumerate(listed, 1):
        for half in ("top", "bottom"):
            wanted = [play["atBatIndex"] for play in feed.plays if _in(play, number, half)]
            if inning[half] != wanted:
                yield f"playsByInning says {inning[half]} for the {half} of {number}, there are {wanted}"
        spans = [index for half in ("top", "bottom") for index in inning[half]]
        if spans and (inning["startIndex"], inning["endIndex"]) != (spans[0], spans[-1]):
            yield f"playsByInning: inning {number} goes from {inning['startIndex']} to {inning['endIndex']}"


def _in(play: Node, inning: int, half: str) -> bool:
    return bool(play["about"]["inning"] == inning and play["about"]["halfInning"] == half)
