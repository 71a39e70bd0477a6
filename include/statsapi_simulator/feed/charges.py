"""Whose account a thing goes to (Rules 9.01 to 9.19): the numbers of batters, pitchers and fielders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from statsapi_simulator.feed.lines import Line, line_of
from statsapi_simulator.feed.moment import Seen
from statsapi_simulator.feed.situation import Bases, Club, Situation
from statsapi_simulator.game_record import Event, Move, Play

HITS = {"single": 1, "double": 2, "triple": 3, "home_run": 4}
WALKS = frozenset({"walk", "intent_walk"})
STRIKEOUTS = frozenset({"strikeout", "strikeout_double_play", "strikeout_triple_play"})
FREE = WALKS | {"hit_by_pitch", "catcher_interf"}
SACRIFICES = frozenset({"sac_fly", "sac_fly_double_play", "sac_bunt", "sac_bunt_double_play"})
_OTHER_AT_BATS = frozenset(
    {
        "field_out",
        "force_out",
        "grounded_into_double_play",
        "grounded_into_triple_play",
        "double_play",
        "triple_play",
        "field_error",
        "fielders_choice",
        "fielders_choice_out",
        "batter_interference",
    }
)
AT_BATS = HITS.keys() | STRIKEOUTS | _OTHER_AT_BATS
PLATE_APPEARANCES = AT_BATS | SACRIFICES | FREE
_LEAVING = (_OTHER_AT_BATS | STRIKEOUTS) - {"batter_interference"}
_IN_PLAY_WITHOUT_HIT = _OTHER_AT_BATS | SACRIFICES
BALLS = frozenset({"B", "*B", "I", "P", "V", "VP", "VB", "VC", "VS", "H"})
ERRORS = frozenset({"f_throwing_error", "f_fielding_error", "f_error_dropped_ball", "f_missed_catch_error", "f_error"})
_ASSISTS = frozenset({"f_assist", "f_assist_of"})
_EXTRA_BASES = {"double": "doubles", "triple": "triples", "home_run": "homeRuns"}
# Rule 9.16(h): balls and strikes at which a walk counts for the pitcher who left.
_BEHIND = frozenset({(2, 0), (2, 1), (3, 0), (3, 1), (3, 2)})
_BALL_KINDS = {
    "ground_ball": ("groundOuts",),
    "bunt_grounder": ("groundOuts",),
    "fly_ball": ("airOuts", "flyOuts"),
    "line_drive": ("airOuts", "lineOuts"),
    "popup": ("airOuts", "popOuts"),
    "bunt_popup": ("airOuts", "popOuts"),
}
_GIFTS = {"wild_pitch": "wildPitches", "passed_ball": "passedBall", "balk": "balks"}
SAVE_LEAD = 3


class Charges:
    """Writes what happens into the situation of a game."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation

    # ---- Pitchers who come and go ----

    def relieve(self, club: Club, who: int, bases: Bases, inning: int) -> None:
        """Let `who` come in with these runners on base: they are inherited; note whether he can save or hold."""
        lead = self._situation.lead(club)
        leaving = club.pitching[club.pitcher]
        if leaving["saveOpportunities"] and not leaving["blownSaves"] and leaving["outs"]:
            leaving["holds"] = 1
            leaving["saveOpportunities"] = 0
        line = club.pitching[who] = Counter()
        line["inheritedRunners"] = len(bases)
        if inning >= 7 and 0 < lead <= max(SAVE_LEAD, len(bases) + 2):
            line["saveOpportunities"] = 1

    # ---- What happens during a play ----

    def event(self, play: Play, number: int, event: Event, defence: Club) -> None:
        """Count a pitch, or what the pitcher gave away."""
        if event.kind == "pitch":
            line = defence.pitching[defence.pitcher]
            line["pitchesThrown"] += 1
            line["balls" if event.call in BALLS else "strikes"] += 1
        elif event.kind == "action" and event.event_type in _GIFTS:
            self._gift(event.event_type, defence)
        elif event.kind == "action" and event.event_type and event.event_type.startswith("pickoff_") and event.is_out:
            defence.pitching[defence.pitcher]["pickoffs"] += 1

    def _gift(self, kind: str, defence: Club) -> None:
        defence.pitching[defence.pitcher][_GIFTS[kind]] += 1
        if kind == "passed_ball":
            line_of(defence.fielding, defence.fielders["2"])["passedBall"] += 1

    def moves(self, play: Play, number: int, together: Sequence[Move], attack: Club, defence: Club) -> None:
        """Let everybody move who moves on one event."""
        bases = self._situation.bases
        own = play.events[number].event_type if play.events else None
        for kind in {move.event_type for move in together if move.event_type in _GIFTS and move.event_type != own}:
            self._gift(kind, defence)
        leaving = [(move.start, move.runner_id) for move in together]
        for start, runner in leaving:
            if start is not None and bases.get(start) == runner:
                del bases[start]
        arrived: dict[int, str] = {}
        for move in together:
            arrived.pop(move.runner_id, None)
            if move.out_base is not None:
                self._out(move, defence)
            elif move.end == "score":
                self._run(move, attack, defence)
            elif move.end is not None:
                arrived[move.runner_id] = move.end
            self._steal(move, attack, defence)
            self._credits(move, defence)
        bases.update({base: runner for runner, base in arrived.items()})
        self._situation.half.begun = True

    def _out(self, move: Move, defence: Club) -> None:
        self._situation.outs += 1
        defence.pitching[defence.pitcher]["outs"] += 1

    def _run(self, move: Move, attack: Club, defence: Club) -> None:
        situation, present = self._situation, defence.pitching[defence.pitcher]
        lead = situation.lead(defence)
        situation.score[attack.side] += 1
        situation.half.runs += 1
        line_of(attack.batting, move.runner_id)["runs"] += 1
        if lead == 1 and present["saveOpportunities"]:
            present["blownSaves"] = 1
        responsible = move.responsible_pitcher_id
        if responsible is None:
            return
        line = line_of(defence.pitching, responsible)
        line["runs"] += 1
        line["earnedRuns"] += move.earned
        if responsible != defence.pitcher and present["inheritedRunnersScored"] < present["inheritedRunners"]:
            present["inheritedRunnersScored"] += 1

    def _steal(self, move: Move, attack: Club, defence: Club) -> None:
        kind = move.event_type
        caught = "caught_stealing" in kind
        if not caught and not kind.startswith("stolen_base"):
            return
        if caught != (move.out_base is not None):
            return
        name = "caughtStealing" if caught else "stolenBases"
        line_of(attack.batting, move.runner_id)[name] += 1
        defence.pitching[defence.pitcher][name] += 1
        line_of(defence.fielding, defence.fielders["2"])[name] += 1

    def _credits(self, move: Move, defence: Club) -> None:
        assisted = set()
        for credit in move.credits:
            if credit.credit in _ASSISTS:
                if credit.player_id in assisted:
                    continue
                assisted.add(credit.player_id)
                name = "assists"
            elif credit.credit == "f_putout":
                name = "putOuts"
            elif credit.credit in ERRORS:
                name = "errors"
                self._situation.half.errors += 1
            else:
                continue
            line_of(defence.fielding, credit.player_id)[name] += 1

    # ---- Results ----

    def result(self, seen: Seen, before: Bases, pitchers: list[int], attack: Club, defence: Club) -> None:
        """Count what a complete plate appearance was."""
        play, kind = seen.play, seen.play.event_type
        line_of(attack.batting, play.batter_id)["rbi"] += play.rbi
        if kind not in PLATE_APPEARANCES:
            return
        attack.due = (attack.due + 1) % 9
        batting = line_of(attack.batting, charged_batter(play))
        pitching = defence.pitching[charged_pitcher(play, pitchers)]
        for line in (batting, pitching):
            _count(line, kind)
        batting["plateAppearances"] += 1
        pitching["battersFaced"] += 1
        pitching["rbi"] += play.rbi
        hit = play.events[-1].hit if play.events else None
        grounded = hit is not None and hit.trajectory == "ground_ball"
        if kind.startswith("grounded_into_") or (kind in ("double_play", "triple_play") and grounded):
            name = "groundIntoTriplePlay" if "triple" in kind else "groundIntoDoublePlay"
            batting[name] += 1
            pitching[name] += 1
        if hit is not None and kind in _IN_PLAY_WITHOUT_HIT:
            for name in _BALL_KINDS[hit.trajectory]:
                batting[name] += 1
                pitching[name] += 1
        if kind in HITS:
            batting["totalBases"] += HITS[kind]
            self._situation.half.hits += 1
        if kind in _LEAVING:
            batting["leftOnBase"] += _left(play, before)


def _count(line: Line, kind: str) -> None:
    """Add what batter's and pitcher's lines have in common."""
    if kind in AT_BATS:
        line["atBats"] += 1
    if kind in HITS:
        line["hits"] += 1
        if kind in _EXTRA_BASES:
            line[_EXTRA_BASES[kind]] += 1
    elif kind in WALKS:
        line["baseOnBalls"] += 1
        line["intentionalWalks"] += kind == "intent_walk"
    elif kind in STRIKEOUTS:
        line["strikeOuts"] += 1
    elif kind == "hit_by_pitch":
        line["hitByPitch"] += 1
    elif kind == "catcher_interf":
        line["catchersInterference"] += 1
    elif kind in SACRIFICES:
        line["sacFlies" if kind.startswith("sac_fly") else "sacBunts"] += 1


def _left(play: Play, before: Bases) -> int:
    """Return how many stood on the bases at the last pitch whom it did not bring home, put out or not."""
    last = max((number for number, event in enumerate(play.events) if event.kind == "pitch"), default=0)
    placed = sum(event.event_type == "runner_placed" for event in play.events)
    gone = sum(
        move.end == "score" or (move.out_base is not None and move.event_index < last)
        for move in play.moves
        if move.start is not None or move.event_index < last
    )
    return len(before) + placed - gone


def charged_pitcher(play: Play, pitchers: list[int]) -> int:
    """Return who answers for a plate appearance: who ends it, but a walk from far behind is who left's (9.16(h))."""
    changes = [number for number, event in enumerate(play.events) if event.event_type == "pitching_substitution"]
    if play.event_type in WALKS and changes and changes[-1] and _count_before(play, changes[-1]) in _BEHIND:
        return pitchers[changes[-1] - 1]
    return pitchers[-1]


def charged_batter(play: Play) -> int:
    """Return whose a plate appearance is: a strikeout begun with two strikes is the replaced batter's (9.15(b))."""
    if play.event_type in STRIKEOUTS:
        for number, event in enumerate(play.events):
            entered = event.event_type == "offensive_substitution" and event.player_id == play.batter_id
            if entered and event.replaced_id and _count_before(play, number)[1] == 2:
                return event.replaced_id
    return play.batter_id


def _count_before(play: Play, number: int) -> tuple[int, int]:
    if number == 0:
        return 0, 0
    event = play.events[number - 1]
    return event.balls, event.strikes
