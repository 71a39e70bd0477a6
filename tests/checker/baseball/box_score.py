"""The box score: every line is the fold of the plays, team totals are the sums of the lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.checker.baseball.feed import (
    AT_BATS,
    HITS,
    OTHER_AT_BATS,
    PLATE_APPEARANCES,
    SACRIFICES,
    SIDES,
    STRIKEOUTS,
    WALKS,
    Feed,
    Node,
    Side,
    batting,
    event_type,
    events,
    fielding,
    last_moves,
    moves,
    result,
)
from tests.checker.baseball.pitchers import charged_batter, charged_pitcher, pitchers_at_events
from tests.checker.baseball.runners import walk

Lines = dict[int, Counter[str]]

_HIT_NAMES = {"double": "doubles", "triple": "triples", "home_run": "homeRuns"}
_STEALS = ("stolen_base_2b", "stolen_base_3b", "stolen_base_home")
_CAUGHT = tuple(
    f"{how}caught_stealing_{base}" for how in ("", "pickoff_") for base in ("2b", "3b", "home")
)  # picked off while going counts as caught
# A batter leaves runners on base when he is out, but not by a sacrifice; so does who is safe by an error or a choice.
_LEAVING = (OTHER_AT_BATS | STRIKEOUTS) - {"batter_interference"}

# How a ball in play that brought no hit counts, whatever became of it: an error or a sacrifice too.
_BY_TRAJECTORY = {
    "ground_ball": "groundOuts",
    "bunt_grounder": "groundOuts",
    "fly_ball": "flyOuts",
    "line_drive": "lineOuts",
    "bunt_line_drive": "lineOuts",
    "popup": "popOuts",
    "bunt_popup": "popOuts",
}
_IN_THE_AIR = ("flyOuts", "lineOuts", "popOuts")
_WITHOUT_HIT = OTHER_AT_BATS | SACRIFICES

_NIL_IN_2023 = ("doubles", "triples", "groundOuts", "airOuts")  # of a whole team's pitching

BATTING = (
    "plateAppearances", "atBats", "hits", "doubles", "triples", "homeRuns", "totalBases", "rbi", "runs",
    "baseOnBalls", "intentionalWalks", "hitByPitch", "strikeOuts", "stolenBases", "caughtStealing",
    "sacBunts", "sacFlies", "catchersInterference", "groundIntoDoublePlay", "leftOnBase",
    "groundOuts", "flyOuts", "lineOuts", "popOuts", "airOuts",
)  # fmt: skip
PITCHING = (
    "battersFaced", "outs", "hits", "doubles", "triples", "homeRuns", "runs", "earnedRuns", "baseOnBalls",
    "intentionalWalks", "hitBatsmen", "strikeOuts", "pitchesThrown", "numberOfPitches", "strikes", "balls",
    "wildPitches", "balks", "atBats", "stolenBases", "caughtStealing", "sacBunts", "sacFlies",
    "groundOuts", "flyOuts", "lineOuts", "popOuts", "airOuts",
)  # fmt: skip
# What 2018 lets one count: it does not list every runner (FEED 19).
_OF_2018 = {
    "batting": ("atBats", "hits", "doubles", "triples", "homeRuns", "baseOnBalls", "hitByPitch", "strikeOuts", "rbi"),
    "pitching": ("battersFaced", "hits", "homeRuns", "baseOnBalls", "strikeOuts", "numberOfPitches"),
}


def batting_lines(feed: Feed) -> Iterator[str]:
    """Each batter's line, and the team's."""
    lines: dict[Side, Lines] = {side: defaultdict(Counter) for side in SIDES}
    for half in feed.halves:
        before = 0
        for play, standing, _ in walk(half):
            placed = len([*events(play, "runner_placed")])
            _bat(play, before + placed, lines[batting(play)])
            before = len(standing)
    for side in SIDES:
        yield from _compare(feed, side, "batting", lines[side], BATTING)


def pitching_lines(feed: Feed) -> Iterator[str]:
    """Each pitcher's line, and the team's; innings are outs in thirds."""
    lines: dict[Side, Lines] = {side: defaultdict(Counter) for side in SIDES}
    at_events = pitchers_at_events(feed)
    for play in feed.plays:
        _pitch(play, at_events[play["atBatIndex"]], lines[fielding(play)])
    for side in SIDES:
        yield from _compare(feed, side, "pitching", lines[side], PITCHING)
        for who, player in feed.players(side).items():
            shown = player["stats"]["pitching"]
            if shown and feed.modern and shown["inningsPitched"] != f"{shown['outs'] // 3}.{shown['outs'] % 3}":
                yield f"{side} {who}: {shown['inningsPitched']} innings, {shown['outs']} outs"


def _bat(play: Node, on_base: int, lines: Lines) -> None:
    """`on_base`: how many stood on the bases before the first pitch."""
    got, who = result(play), charged_batter(play)
    if got in PLATE_APPEARANCES:
        lines[who].update(_of_result(play, got), plateAppearances=1, totalBases=HITS.get(got or "", 0))
        lines[who]["groundIntoDoublePlay"] += _grounded_into_double_play(play)
        lines[who]["leftOnBase"] += _left_by_batter(play, on_base) if got in _LEAVING else 0
    if play["about"]["isComplete"]:
        lines[play["matchup"]["batter"]["id"]]["rbi"] += play["result"]["rbi"]
    for move in moves(play):
        runner, kind = move["details"]["runner"]["id"], event_type(move["details"])
        lines[runner]["runs"] += move["movement"]["end"] == "score"
        lines[runner]["stolenBases"] += kind in _STEALS and not move["movement"].get("isOut")
        lines[runner]["caughtStealing"] += kind in _CAUGHT and bool(move["movement"].get("isOut"))


def _grounded_into_double_play(play: Node) -> bool:
    """Said by the result, or a double play of any other kind on a grounder."""
    if result(play) in ("double_play", "triple_play"):
        return bool(play["playEvents"][-1].get("hitData", {}).get("trajectory") == "ground_ball")
    return result(play) in ("grounded_into_double_play", "grounded_into_triple_play")


def _left_by_batter(play: Node, on_base: int) -> int:
    """Those on the bases at the last pitch whom it did not bring home, put out or not."""
    late = last_moves(play)
    early = [move for move in play["runners"] if move not in late]
    gone = sum(bool(move["movement"]["end"] == "score" or move["movement"].get("isOut")) for move in early)
    return on_base - gone - sum(bool(move["movement"]["end"] == "score") for move in late)


def _pitch(play: Node, at_events: list[int], lines: Lines) -> None:
    got = result(play)
    if got in PLATE_APPEARANCES:
        charged = lines[charged_pitcher(play, at_events)]
        charged.update(_of_result(play, got), battersFaced=1)
        charged["hitBatsmen"] += got == "hit_by_pitch"
    for event, who in zip(play["playEvents"], at_events, strict=False):
        if event["isPitch"]:
            strike = not event["details"]["isBall"]
            lines[who].update(pitchesThrown=1, numberOfPitches=1, strikes=strike, balls=not strike)
    for move in moves(play):
        details, who = move["details"], at_events[min(move["details"]["playIndex"], len(at_events) - 1)]
        lines[who]["outs"] += bool(move["movement"].get("isOut"))
        lines[who]["stolenBases"] += event_type(details) in _STEALS and not move["movement"].get("isOut")
        lines[who]["caughtStealing"] += event_type(details) in _CAUGHT and bool(move["movement"].get("isOut"))
        if details.get("responsiblePitcher"):
            lines[details["responsiblePitcher"]["id"]].update(runs=1, earnedRuns=details["earned"])
    for name, kind in (("wildPitches", "wild_pitch"), ("balks", "balk")):
        for position in _occasions(play, kind):
            lines[at_events[position]][name] += 1


def _occasions(play: Node, kind: str) -> set[int]:
    """At which events it happened: an action of its own, or what moved runners on a third strike or a fourth ball."""
    own = {position for position, _ in events(play, kind)}
    return own | {move["details"]["playIndex"] for move in play["runners"] if event_type(move["details"]) == kind}


def _of_result(play: Node, got: str | None) -> Counter[str]:
    """What a plate appearance adds to the batter's line as to the pitcher's."""
    found = Counter(
        atBats=got in AT_BATS,
        hits=got in HITS,
        baseOnBalls=got in WALKS,
        intentionalWalks=got == "intent_walk",
        hitByPitch=got == "hit_by_pitch",
        strikeOuts=got in STRIKEOUTS,
        sacBunts=got in ("sac_bunt", "sac_bunt_double_play"),
        sacFlies=got in ("sac_fly", "sac_fly_double_play"),
        catchersInterference=got == "catcher_interf",
    )
    found[_HIT_NAMES.get(got or "", "singles")] += got in HITS
    trajectory = play["playEvents"][-1].get("hitData", {}).get("trajectory") if play["playEvents"] else None
    if trajectory and got in _WITHOUT_HIT:
        name = _BY_TRAJECTORY[trajectory]
        found.update({name: 1, "airOuts": int(name in _IN_THE_AIR)})
    return found


def _compare(feed: Feed, side: Side, group: str, lines: Lines, names: tuple[str, ...]) -> Iterator[str]:
    names = names if feed.modern else _OF_2018[group]
    players = feed.players(side)
    for who in sorted(lines.keys() - players.keys()):
        yield f"{side} {who}: took part, but is not in the box score"
    for who, player in players.items():
        shown = player["stats"][group]
        for name in names:
            if (shown or lines[who][name]) and shown.get(name, lines[who][name]) != lines[who][name]:
                yield f"{side} {who}: {group} {name} {shown.get(name)}, the plays make {lines[who][name]}"
    team = feed.box(side)["teamStats"][group]
    for name in names:
        wanted = sum(player["stats"][group].get(name, 0) for player in players.values())
        if team.get(name, wanted) != wanted and not (feed.season == 2023 and name in _NIL_IN_2023):
            yield f"{side}: team {group} {name} {team[name]}, its players make {wanted}"
