"""Winner, loser and save, by rule 9.17 and 9.19."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.checker.baseball.feed import SIDES, Feed, Side, batting, events, fielding, moves
from tests.checker.baseball.pitchers import pitchers_at_events
from tests.checker.baseball.runners import walk


@dataclass(frozen=True)
class _Lead:
    """The run that gave the winners the lead for good: who pitched for them till then, and who answers for it."""

    of_record: int
    responsible: int | None


def decisions(feed: Feed) -> Iterator[str]:
    """A decided game has a winner and a loser: who pitched for either side when the lead was taken for good."""
    shown = {name: person["id"] for name, person in feed.live.get("decisions", {}).items()}
    if not feed.over or not feed.plays:
        if shown:
            yield f"{sorted(shown)} before the end"
        return
    score = feed.plays[-1]["result"]
    if score["homeScore"] == score["awayScore"]:
        if shown:
            yield f"{sorted(shown)} of a tie"
        return
    won = "home" if score["homeScore"] > score["awayScore"] else "away"
    lost = "away" if won == "home" else "home"
    for name, side in (("winner", won), ("loser", lost), ("save", won)):
        if shown.get(name, feed.box(side)["pitchers"][0]) not in feed.box(side)["pitchers"]:
            yield f"{name} {shown[name]} did not pitch for {side}"
    if not {"winner", "loser"} <= shown.keys():
        yield f"only {sorted(shown)} decided"
    elif feed.modern:
        yield from _who(feed, won, shown)


def _who(feed: Feed, won: Side, shown: dict[str, int]) -> Iterator[str]:
    lead = _lead_for_good(feed, won)
    if shown["loser"] != lead.responsible:
        yield f"loser {shown['loser']}, the deciding run is {lead.responsible}'s"
    starter = feed.box(won)["pitchers"][0]
    outs = {who: player["stats"]["pitching"].get("outs", 0) for who, player in feed.players(won).items()}
    long_enough = 15 if feed.halves[-1].inning > 5 else 12
    if lead.of_record == starter and outs[starter] >= long_enough and shown["winner"] != starter:
        yield f"winner {shown['winner']}, the starter {starter} went {outs[starter]} outs"
    if shown["winner"] == starter and outs[starter] < long_enough:
        yield f"winner {shown['winner']} started and left after {outs[starter]} outs"
    # A reliever who was brief and ineffective, or who follows a starter that left early, leaves it to the scorer.
    settled = lead.of_record != starter and outs[lead.of_record] >= 3
    if settled and shown["winner"] != lead.of_record:
        yield f"winner {shown['winner']}, the pitcher of record was {lead.of_record}"
    yield from _save(feed, won, shown, outs)


def _lead_for_good(feed: Feed, won: Side) -> _Lead:
    score = dict.fromkeys(SIDES, 0)
    pitching = {side: feed.box(side)["pitchers"][0] for side in SIDES}
    lead = _Lead(0, None)
    at_events = pitchers_at_events(feed)
    for play in feed.plays:
        pitching[fielding(play)] = at_events[play["atBatIndex"]][-1]
        for move in moves(play):
            if move["movement"]["end"] == "score":
                behind = score[won] <= score["home" if won == "away" else "away"]
                score[batting(play)] += 1
                if behind and batting(play) == won and score[won] > score[fielding(play)]:
                    responsible = move["details"]["responsiblePitcher"]
                    lead = _Lead(pitching[won], responsible["id"] if responsible else None)
    return lead


def _save(feed: Feed, won: Side, shown: dict[str, int], outs: dict[int, int]) -> Iterator[str]:
    """The last pitcher of the winners, not the winner, who kept a small lead: must, may or cannot be saved."""
    last = feed.box(won)["pitchers"][-1]
    if "save" in shown and shown["save"] != last:
        yield f"save {shown['save']}, the last pitcher is {last}"
        return
    if last == shown["winner"] or last == feed.box(won)["pitchers"][0]:
        if "save" in shown:
            yield f"save {last} is the winner or pitched all of it"
        return
    lead, on_base = _when_he_came(feed, won, last)
    earned = outs[last] >= 1 and lead > 0 and ((lead <= 3 and outs[last] >= 3) or lead <= on_base + 2)
    if earned and "save" not in shown:
        yield f"no save for {last}: came in leading by {lead} with {on_base} on base, {outs[last]} outs"
    if "save" in shown and not earned and outs[last] < 9:
        yield f"save for {last}: came in leading by {lead} with {on_base} on base, {outs[last]} outs"


def _when_he_came(feed: Feed, won: Side, who: int) -> tuple[int, int]:
    """The lead and the runners on base when he came in."""
    score = dict.fromkeys(SIDES, 0)
    for half in feed.halves:
        on_base = 0
        for play, standing, _ in walk(half):
            came = any(event["player"]["id"] == who for _, event in events(play, "pitching_substitution"))
            if half.fielding == won and came:
                return score[won] - score[half.batting], on_base
            score = {side: play["result"][f"{side}Score"] for side in SIDES}
            on_base = len(standing)
    return 0, 0


def decision_lines(feed: Feed) -> Iterator[str]:
    """Wins, losses and saves of the box score are the decisions'."""
    shown = {name: person["id"] for name, person in feed.live.get("decisions", {}).items()}
    counts = feed.over and feed.game["game"]["type"] == "R"  # the lines of other games have none
    for side in SIDES if counts else ():
        for who, player in feed.players(side).items():
            line = player["stats"]["pitching"]
            for name, column in (("winner", "wins"), ("loser", "losses"), ("save", "saves")):
                if line and column in line and line[column] != (shown.get(name) == who):
                    yield f"{side} {who}: {column} {line[column]}"
