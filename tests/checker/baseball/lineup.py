"""Who bats and who stands where: batting order, substitutions, positions; nobody comes back."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.baseball.feed import (
    PLATE_APPEARANCES,
    SIDES,
    Feed,
    Node,
    Side,
    batting,
    event_type,
    events,
    fielding,
    name_of,
    result,
)
from tests.checker.baseball.runners import slot_of

SUBSTITUTIONS = ("offensive_substitution", "defensive_substitution", "defensive_switch", "pitching_substitution")


def batting_order(feed: Feed) -> Iterator[str]:
    """The slots come up in turn, one to nine; who did not end his plate appearance leads off the next inning."""
    slots = {side: {id_: slot_of(player) for id_, player in feed.players(side).items()} for side in SIDES}
    turn = dict.fromkeys(SIDES, 1)
    for play in feed.plays:
        side, batter = batting(play), play["matchup"]["batter"]["id"]
        slot = slots[side].get(batter)
        if slot != turn[side]:
            yield f"{name_of(play)}: slot {slot} bats ({batter}), it is the turn of {turn[side]}"
        if slot is not None:
            turn[side] = slot % 9 + 1 if result(play) in PLATE_APPEARANCES else slot


def box_order(feed: Feed) -> Iterator[str]:
    """Who bats: nine starters; battingOrder ends with the last man of each slot; sequences have no gap."""
    for side in SIDES:
        orders = sorted(
            int(player["battingOrder"]) for player in feed.players(side).values() if "battingOrder" in player
        )
        if not orders:
            continue
        sequences = {slot: [each % 100 for each in orders if each // 100 == slot] for slot in range(1, 10)}
        if len(orders) != len(set(orders)) or any(found != [*range(len(found))] for found in sequences.values()):
            yield f"{side}: battingOrder {orders}"
        if {each // 100 for each in orders} != set(range(1, 10)):
            yield f"{side}: slots {sorted({each // 100 for each in orders})}"
        last: dict[int, tuple[int, int]] = {}
        for id_, player in feed.players(side).items():
            slot = slot_of(player)
            if slot is not None and int(player["battingOrder"]) >= last.get(slot, (0, 0))[0]:
                last[slot] = (int(player["battingOrder"]), id_)
        if feed.box(side)["battingOrder"] != [last[slot][1] for slot in sorted(last)]:
            yield f"{side}: battingOrder {feed.box(side)['battingOrder']} is not who bats last in each slot"


class _Line:
    """The nine batters and the nine fielders of a side as substitutions change them."""

    def __init__(self, feed: Feed, side: Side) -> None:
        players = feed.players(side)
        self.slots: dict[int, int] = {}
        self.field: dict[str, int] = {}
        self.gone: dict[int | None, tuple[int, int]] = {}
        """Who left, and when: play and event."""
        for id_, player in players.items():
            if player.get("battingOrder", "")[1:] == "00":
                self.slots[int(player["battingOrder"]) // 100] = id_
                for position in player.get("allPositions", [])[:1]:
                    self.field[position["code"]] = id_
        for id_ in feed.box(side)["pitchers"][:1]:
            self.field["1"] = id_

    def change(self, event: Node, moment: tuple[int, int]) -> Iterator[str]:
        """Carry a substitution out."""
        kind, who = event_type(event["details"]), event["player"]["id"]
        played = kind != "pitching_substitution" and who in self.slots.values()
        if kind != "defensive_switch" and (who in self.gone or played):
            yield f"{who} comes in again"
        # A new pitcher replaces the old one, and in the order perhaps another: a double switch, or a designated hitter.
        leaving = (
            {self.field.get("1")} if kind == "pitching_substitution" else {event.get("replacedPlayer", {}).get("id")}
        )
        if "battingOrder" in event:
            slot = int(event["battingOrder"]) // 100
            before = self.slots.get(slot)
            if kind in ("offensive_substitution", "defensive_substitution") and not {before} <= leaving | {who}:
                yield f"{who} replaces {leaving} in slot {slot}, where {before} bats"
            leaving.add(before)
            self.slots[slot] = who
        for code, standing in list(self.field.items()):
            if standing == who:
                del self.field[code]
        position = event["position"]["code"]
        if kind == "offensive_substitution":
            self.field = {code: who if standing in leaving else standing for code, standing in self.field.items()}
        else:
            self.field[position] = who
        if kind != "defensive_switch":
            self.gone |= dict.fromkeys(leaving - {None, who} - {*self.slots.values()}, moment)


def substitutions(feed: Feed) -> Iterator[str]:
    """Batters, pitchers and fielders are those the changes so far brought in; who left does not come back."""
    if not feed.modern:  # actions of 2018 name nobody
        return
    lines = {side: _Line(feed, side) for side in SIDES}
    for play in feed.plays:
        attack, defence = lines[batting(play)], lines[fielding(play)]
        for position, event in events(play, *SUBSTITUTIONS):
            line = attack if event_type(event["details"]) == "offensive_substitution" else defence
            for problem in line.change(event, (play["atBatIndex"], position)):
                yield f"{name_of(play)}, event {position}: {problem}"
        batter = play["matchup"]["batter"]["id"]
        if batter not in attack.slots.values():
            yield f"{name_of(play)}: {batter} bats, the changes leave {list(attack.slots.values())}"
        for move in play["runners"]:
            runner, moment = move["details"]["runner"]["id"], (play["atBatIndex"], move["details"]["playIndex"])
            if moment > attack.gone.get(runner, moment):
                yield f"{name_of(play)}: {runner} runs after he left"
        yield from _fielders(play, defence)


def _fielders(play: Node, defence: _Line) -> Iterator[str]:
    for move in play["runners"]:
        for credit in move.get("credits", []):
            who, position = credit["player"]["id"], credit["position"]["code"]
            if defence.field.get(position) != who:
                yield f"{name_of(play)}: {who} fields at {position}, where {defence.field.get(position)} stands"


def nine_in_the_field(feed: Feed) -> Iterator[str]:
    """When a plate appearance ends nine men stand at positions 1 to 9."""
    if not feed.modern:
        return
    lines = {side: _Line(feed, side) for side in SIDES}
    for play in feed.plays:
        for position, event in events(play, *SUBSTITUTIONS):
            offensive = event_type(event["details"]) == "offensive_substitution"
            line = lines[batting(play) if offensive else fielding(play)]
            for _ in line.change(event, (play["atBatIndex"], position)):
                pass
        field = lines[fielding(play)].field
        standing = [field.get(str(code)) for code in range(1, 10)]
        if result(play) is not None and (None in standing or len(set(standing)) != 9):
            yield f"{name_of(play)}: in the field are {standing}"
