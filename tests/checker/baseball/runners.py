"""On the bases: every runner starts where he stood, no base holds two, and what a move says of itself is true."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from tests.checker.baseball.feed import Feed, Half, Node, events, moves, name_of

Bases = dict[str, int]
BASES = ("1B", "2B", "3B")
_POST = {"1B": "postOnFirst", "2B": "postOnSecond", "3B": "postOnThird"}
_REACH = {None: 0, "1B": 1, "2B": 2, "3B": 3, "score": 4, "4B": 4}


def bases(feed: Feed) -> Iterator[str]:
    """Walk the bases through all moves of a half; they agree with where the feed says runners stand after a play."""
    if not feed.modern:  # 2018 lists some of the moves (FEED 19)
        return
    for half in feed.halves:
        for _, _, found in walk(half):
            yield from found


def walk(half: Half) -> Iterator[tuple[Node, Bases, list[str]]]:
    """Return each play of a half with who stands where after it and what is wrong with its moves."""
    occupied: Bases = {}
    for play in half.plays:
        found = list[str]()
        changes = [(position, event) for position, event in events(play, "runner_placed", "offensive_substitution")]
        for position, together in groupby(moves(play), key=lambda move: move["details"]["playIndex"]):
            while changes and changes[0][0] <= position:
                _place(occupied, changes.pop(0)[1])
            found += _advance(play, occupied, list(together))
        for _, event in changes:
            _place(occupied, event)
        found += _standing(play, occupied)
        yield play, dict(occupied), found


def _place(occupied: Bases, event: Node) -> None:
    """A runner is placed in an extra inning, or runs for another."""
    if event.get("base"):
        occupied[f"{event['base']}B"] = event["player"]["id"]


def _advance(play: Node, occupied: Bases, together: list[Node]) -> Iterator[str]:
    """Move all who move on one event: everybody leaves before anybody arrives."""
    before = dict(occupied)
    arrived: list[tuple[str, int]] = []
    out_or_in: set[int] = set()
    for move in together:
        runner, movement = move["details"]["runner"]["id"], move["movement"]
        start, end = movement["start"], movement["end"]
        where = f"{name_of(play)}, runner {runner}"
        if (start, runner) in arrived:
            arrived.remove((start, runner))
        elif start is None:
            if runner != play["matchup"]["batter"]["id"]:
                yield f"{where}: starts at bat but does not bat"
        elif occupied.get(start) == runner:
            del occupied[start]
        else:
            yield f"{where}: starts from {start}, where {occupied.get(start)} stands"
        origin = next((base for base, who in before.items() if who == runner), None)
        if movement.get("originBase", origin) != origin:
            yield f"{where}: originBase is {movement['originBase']}, he stood on {origin}"
        if movement.get("isOut", False) is None:  # a strikeout that is neither out nor safe yet (FEED 27)
            continue
        if runner in out_or_in:
            yield f"{where}: moves after he was out or home"
        if end in BASES:
            arrived.append((end, runner))
        else:
            out_or_in.add(runner)
        if end is not None and _REACH[end] <= _REACH[start]:
            yield f"{where}: goes from {start} to {end}"
    for base, runner in arrived:
        if base in occupied:
            yield f"{name_of(play)}: {occupied[base]} and {runner} on {base}"
        occupied[base] = runner


def _standing(play: Node, occupied: Bases) -> Iterator[str]:
    if play["count"]["outs"] == 3:
        wanted: Bases = {}
    else:
        wanted = occupied
    for base, key in _POST.items():
        shown = play["matchup"].get(key, {}).get("id")
        if shown != wanted.get(base):
            yield f"{name_of(play)}: {key} is {shown}, the moves leave {wanted.get(base)} there"
            if shown is None:
                occupied.pop(base, None)
            else:
                occupied[base] = shown


def order_kept(feed: Feed) -> Iterator[str]:
    """No runner passes one ahead of him."""
    if not feed.modern:
        return
    for half in feed.halves:
        before: Bases = {}
        for play, after, _ in walk(half):
            batter = play["matchup"]["batter"]["id"]
            line = [before[base] for base in reversed(BASES) if base in before] + [batter]
            standing = [after[base] for base in reversed(BASES) if base in after]
            stayed = [runner for runner in line if runner in standing]
            if stayed != [runner for runner in standing if runner in line]:
                yield f"{name_of(play)}: {line} stand as {standing} after it"
            scored = {move["details"]["runner"]["id"] for move in play["runners"] if move["movement"]["end"] == "score"}
            for ahead, behind in pairwise(line):
                if behind in scored and ahead in standing:
                    yield f"{name_of(play)}: {behind} scores past {ahead}"
            before = after


def moves_agree(feed: Feed) -> Iterator[str]:
    """Outs have a base and a number and no end; who scores is said so; RBI of moves make the play's."""
    for half in feed.halves if feed.modern else []:
        out = 0
        for play in half.plays:
            batted_in = 0
            for move in play["runners"]:
                movement, details = move["movement"], move["details"]
                where = f"{name_of(play)}, runner {details['runner']['id']}"
                if movement["isOut"] is None:
                    continue
                if movement["isOut"] != (movement["outBase"] is not None) or (
                    movement["isOut"] != (movement["outNumber"] is not None)
                ):
                    yield f"{where}: isOut {movement['isOut']} at {movement['outBase']}, {movement['outNumber']}"
                if movement["isOut"] == (movement["end"] is not None):
                    yield f"{where}: isOut {movement['isOut']}, end {movement['end']}"
                if movement["isOut"] and _REACH[movement["outBase"]] not in _can_be_out(movement["start"]):
                    yield f"{where}: from {movement['start']} out at {movement['outBase']}"
                scores = movement["end"] == "score"
                if details["isScoringEvent"] != scores:
                    yield f"{where}: isScoringEvent {details['isScoringEvent']}, end {movement['end']}"
                if (details["rbi"] or details["earned"]) and not scores:
                    yield f"{where}: rbi or earned without a run"
                if (details["responsiblePitcher"] is not None) != scores:
                    yield f"{where}: responsiblePitcher {details['responsiblePitcher']}, end {movement['end']}"
                batted_in += details["rbi"]
                if not 0 <= details["playIndex"] < max(1, len(play["playEvents"])):
                    yield f"{where}: playIndex {details['playIndex']} of {len(play['playEvents'])} events"
            numbers = sorted(m["movement"]["outNumber"] for m in play["runners"] if m["movement"]["outNumber"])
            if numbers != [*range(out + 1, out + 1 + len(numbers))]:
                yield f"{name_of(play)}: outs number {numbers} with {out} out"
            out += len(numbers)
            if play["about"]["isComplete"] and play["result"]["rbi"] != batted_in:
                yield f"{name_of(play)}: rbi {play['result']['rbi']}, its moves have {batted_in}"
            if "hasOut" in play["about"] and play["about"]["hasOut"] != bool(numbers):
                yield f"{name_of(play)}: hasOut {play['about']['hasOut']}, {len(numbers)} put out"


def _can_be_out(start: str | None) -> range:
    """The bases a runner can be put out at: the one he left (picked off, not tagged up) or any ahead."""
    return range(max(1, _REACH[start]), 5)


def placed_runner(feed: Feed) -> Iterator[str]:
    """In extra innings of a regular season since 2020 whoever bats before the first batter stands on second."""
    extra_rule = feed.season >= 2020 and feed.game["game"]["type"] == "R"
    slots = {side: {id_: slot_of(player) for id_, player in feed.players(side).items()} for side in ("away", "home")}
    for half in feed.halves:
        placed = [event for play in half.plays for _, event in events(play, "runner_placed")]
        wanted = int(extra_rule and half.inning > feed.scheduled_innings)
        if len(placed) != wanted:
            yield f"{half}: {len(placed)} runners placed, not {wanted}"
        for event in placed if feed.modern else ():  # the 2018 shape does not say who
            first, runner = half.plays[0]["matchup"]["batter"]["id"], event["player"]["id"]
            ahead, behind = slots[half.batting].get(runner), slots[half.batting].get(first)
            if event.get("base") != 2:
                yield f"{half}: a runner placed on {event.get('base')}"
            if ahead is None or behind is None or (behind - ahead) % 9 != 1:
                yield f"{half}: {runner} of slot {ahead} placed before slot {behind}"


def slot_of(player: Node) -> int | None:
    """The slot 1 to 9 of a player of the box score, None if he did not bat (FEED 30)."""
    order = player.get("battingOrder")
    return None if order is None else int(order) // 100
