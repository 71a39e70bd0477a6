"""The line score: innings, totals, and the situation of the moment."""

from __future__ import annotations

from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.moment import Moment
from statsapi_simulator.feed.names import Node, ordinal
from statsapi_simulator.feed.situation import Club, HalfInning
from statsapi_simulator.feed.tally import Tally
from statsapi_simulator.game_record import Half
from statsapi_simulator.model import Side
from statsapi_simulator.pages import team_link

_PLACES = {
    "1": "pitcher",
    "2": "catcher",
    "3": "first",
    "4": "second",
    "5": "third",
    "6": "shortstop",
    "7": "left",
    "8": "center",
    "9": "right",
}
_BASES = {"1B": "first", "2B": "second", "3B": "third"}
_OUT = ("No", "One", "Two")
_TOTALS = ("runs", "hits", "errors", "leftOnBase")
_BATS: dict[Side, Half] = {"away": "top", "home": "bottom"}


def linescore(book: Book, moment: Moment, tally: Tally) -> Node:
    """Return `liveData.linescore`."""
    scheduled = book.record.scheduled.scheduled_innings
    if not tally.halves:
        return {
            "scheduledInnings": scheduled,
            "innings": [],
            "teams": {"home": {}, "away": {}},
            "defense": {"team": team_link(book.teams["home"])},
            "offense": {"team": team_link(book.teams["away"])},
        }
    innings = _innings(tally.halves, over=moment.over)
    half, last = tally.half, moment.plays[-1]
    top, three_out = half.half == "top", tally.outs == 3 and not moment.over
    state = ("Middle" if top else "End") if three_out else ("Top" if top else "Bottom")
    event = last.events[-1] if last.events else None
    return {
        **(_note(tally) if moment.over else {}),
        "currentInning": half.inning,
        "currentInningOrdinal": ordinal(half.inning),
        "inningState": state,
        "inningHalf": "Top" if top else "Bottom",
        "isTopInning": top,
        "scheduledInnings": scheduled,
        "innings": innings,
        "teams": {side: _totals(innings, side) for side in ("home", "away")},
        "defense": _defense(book, tally),
        "offense": _offense(book, tally),
        "balls": event.balls if event else 0,
        "strikes": event.strikes if event else 0,
        "outs": tally.outs,
    }


def _note(tally: Tally) -> Node:
    """Say how many were out when the winning run ended the game."""
    won = tally.half.half == "bottom" and tally.score["home"] > tally.score["away"]
    return {"note": f"{_OUT[tally.outs]} out when winning run scored."} if won and tally.outs < 3 else {}


def _innings(played: list[HalfInning], *, over: bool) -> list[Node]:
    halves = {(half.inning, half.half): half for half in played}
    innings: list[Node] = []
    for number in range(1, played[-1].inning + 1):
        inning: Node = {"num": number, "ordinalNum": ordinal(number)}
        for side in ("home", "away"):
            attack = halves.get((number, _BATS[side]))
            defence = halves.get((number, _BATS["away" if side == "home" else "home"]))
            finished = attack is not None and (attack is not played[-1] or over)
            inning[side] = _half(attack, defence, finished=finished)
        innings.append(inning)
    return innings


def _half(attack: HalfInning | None, defence: HalfInning | None, *, finished: bool) -> Node:
    """Return one side's part of an inning; runs only once it has begun to bat."""
    node: Node = {
        "hits": attack.hits if attack else 0,
        "errors": defence.errors if defence else 0,
        "leftOnBase": attack.left if attack and finished else 0,
    }
    return {"runs": attack.runs, **node} if attack and attack.begun else node


def _totals(innings: list[Node], side: str) -> Node:
    return {name: sum(inning[side].get(name, 0) for inning in innings) for name in _TOTALS}


def _batters(book: Book, club: Club, slot: int) -> Node:
    return {
        "batter": book.ref(club.at_bat(slot)),
        "onDeck": book.ref(club.at_bat(slot + 1)),
        "inHole": book.ref(club.at_bat(slot + 2)),
        "battingOrder": slot % 9 + 1,
        "team": team_link(book.teams[club.side]),
    }


def _defense(book: Book, tally: Tally) -> Node:
    club = tally.fielding(tally.half.half)
    fielders = {name: book.ref(club.fielders[code]) for code, name in _PLACES.items() if code in club.fielders}
    return {**fielders, **_batters(book, club, club.due)}


def _offense(book: Book, tally: Tally) -> Node:
    club = tally.batting(tally.half.half)
    slot = club.slot_of(tally.batters[-1])
    node = {**_batters(book, club, club.due if slot is None else slot), "pitcher": book.ref(club.pitcher)}
    for base, player_id in tally.standing[-1].items():
        node[_BASES[base]] = book.ref(player_id)
    return node
