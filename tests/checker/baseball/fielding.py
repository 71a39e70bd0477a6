"""In the field: every out is somebody's putout, and credits are what the box score counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.checker.baseball.feed import SIDES, Feed, Node, fielding, name_of

ERRORS = {"f_throwing_error", "f_fielding_error", "f_error_dropped_ball", "f_missed_catch_error", "f_error"}
ASSISTS = {"f_assist", "f_assist_of"}
PUTOUT = "f_putout"


def credits_of(play: Node) -> Iterator[tuple[Node, Node]]:
    """Return each move with each of its credits."""
    for move in play["runners"]:
        for credit in move.get("credits", []):  # rarely absent (FEED 18)
            yield move, credit


def putouts(feed: Feed) -> Iterator[str]:
    """Every out has one putout, and no assist stands without out or error."""
    if not feed.modern:
        return
    for play in feed.plays:
        for move in play["runners"]:
            got = [credit["credit"] for credit in move.get("credits", [])]
            where = f"{name_of(play)}, runner {move['details']['runner']['id']}"
            if move["movement"]["isOut"] is not None and got.count(PUTOUT) != int(move["movement"]["isOut"]):
                yield f"{where}: {got.count(PUTOUT)} putouts, isOut {move['movement']['isOut']}"
            if ASSISTS & set(got) and not {PUTOUT, *ERRORS} & set(got):
                yield f"{where}: an assist without out or error"


def fielding_lines(feed: Feed) -> Iterator[str]:
    """Putouts, assists and errors of the box score are the credits of the plays; chances are their sum."""
    counted: dict[str, dict[str, Counter[int]]] = {
        side: {"putOuts": Counter(), "assists": Counter(), "errors": Counter()} for side in SIDES
    }
    for play in feed.plays:
        line = counted[fielding(play)]
        for move in play["runners"]:
            got = [(credit["player"]["id"], credit["credit"]) for credit in move.get("credits", [])]
            line["putOuts"].update(who for who, kind in got if kind == PUTOUT)
            line["errors"].update(who for who, kind in got if kind in ERRORS)
            line["assists"].update({who for who, kind in got if kind in ASSISTS})  # one an out, however often he threw
    for side in SIDES:
        for who, player in feed.players(side).items():
            shown = player["stats"]["fielding"]
            if feed.modern and shown and shown["chances"] != shown["putOuts"] + shown["assists"] + shown["errors"]:
                yield f"{side} {who}: {shown['chances']} chances"
            for name, by_player in counted[side].items() if feed.modern else ():
                if shown.get(name, 0) != by_player[who]:
                    yield f"{side} {who}: {shown.get(name, 0)} {name}, the plays have {by_player[who]}"
