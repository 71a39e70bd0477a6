"""The events of a play: pitches, throws to bases, and actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from statsapi_simulator.feed.book import Book, position
from statsapi_simulator.feed.charges import BALLS
from statsapi_simulator.feed.names import Node, event_name, link, moment, without_points
from statsapi_simulator.feed.pitch_data import hit_data, pitch_data
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.game_record import Event, Review

_IN_PLAY = {"X": "In play, out(s)", "D": "In play, no out", "E": "In play, run(s)"}
_CALLS = {
    **_IN_PLAY,
    "B": "Ball",
    "*B": "Ball In Dirt",
    "C": "Called Strike",
    "S": "Swinging Strike",
    "W": "Swinging Strike (Blocked)",
    "F": "Foul",
    "T": "Foul Tip",
    "L": "Foul Bunt",
    "M": "Missed Bunt",
    "H": "Hit By Pitch",
    "VB": "Automatic Ball - Intentional",
    "VP": "Automatic Ball - Pitcher Pitch Timer Violation",
    "AC": "Automatic Strike - Batter Pitch Timer Violation",
}
_PITCH_TYPES = {
    "FF": ("Four-Seam Fastball", "rgba(188, 0, 33, 1.0)"),
    "SI": ("Sinker", "rgba(50, 0, 221, 1.0)"),
    "FC": ("Cutter", "rgba(152, 0, 101, 1.0)"),
    "SL": ("Slider", "rgba(0, 0, 254, 1.0)"),
    "ST": ("Sweeper", "rgba(50, 50, 50, 1.0)"),
    "CH": ("Changeup", "rgba(0, 85, 254, 1.0)"),
    "CU": ("Curveball", "rgba(0, 34, 255, 1.0)"),
    "KC": ("Knuckle Curve", "rgba(153, 171, 0, 1.0)"),
    "FS": ("Splitter", "rgba(119, 0, 152, 1.0)"),
    "FA": ("Fastball", "rgba(188, 0, 33, 1.0)"),
}
_BALL_COLOR, _STRIKE_COLOR, _IN_PLAY_COLOR = (
    "rgba(39, 161, 39, 1.0)",
    "rgba(170, 21, 11, 1.0)",
    "rgba(26, 86, 190, 1.0)",
)
_SUBSTITUTIONS = frozenset(
    {"pitching_substitution", "offensive_substitution", "defensive_substitution", "defensive_switch"}
)
_ON_THE_BASES = ("stolen_", "caught_", "pickoff_", "wild_", "passed_", "balk", "defensive_indiff", "other_advance")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the events of one play.

    `delay`: how much earlier things are dated than they will be in the end. `told`: the events that led to actions.
    """

    book: Book
    at_bat: int
    batter_id: int
    at: datetime
    live: bool
    delay: timedelta
    told: frozenset[int]

    def time(self, at: datetime) -> str:
        """Return a moment as the feed has it now; 2018 lost the milliseconds in the end."""
        if self.book.shape is Shape.Y2018:
            return moment(at if self.live else at.replace(microsecond=0))
        return moment(at - self.delay)

    def event(self, number: int, event: Event, pitcher_id: int, pitches: int) -> Node:
        """Return event `number` of the play; `pitches` were thrown up to it, itself included."""
        node: Node = {
            "details": {},
            "count": {"balls": event.balls, "strikes": event.strikes, "outs": event.outs},
            "index": number,
            "startTime": self.time(event.starts_at),
            "endTime": self.time(min(event.ends_at, self.at)),
            "isPitch": event.kind == "pitch",
            "type": event.kind,
        }
        if event.kind == "action":
            self._action(node, event)
        elif event.kind in ("pickoff", "stepoff"):
            self._throw(node, event, number)
        else:
            self._pitch(node, event, number, pitcher_id, pitches)
        node["details"]["isOut"] = event.is_out
        node["details"]["hasReview"] = event.review is not None
        if event.disengagements:
            node["details"]["disengagementNum"] = event.disengagements
        if event.review is not None:
            node["reviewDetails"] = self.review(event.review)
        if event.action_of is not None:
            node["actionPlayId"] = self._play_id(event.action_of)
        return node

    def _action(self, node: Node, event: Event) -> None:
        kind = event.event_type or "game_advisory"
        node["details"] = {
            "description": event.description,
            "event": event_name(kind),
            "eventType": kind,
            "awayScore": event.away_score,
            "homeScore": event.home_score,
            "isScoringPlay": event.is_scoring,
        }
        if event.player_id is not None:
            node["player"] = link(event.player_id)
        if kind in _SUBSTITUTIONS:
            node["isSubstitution"] = True
        elif kind.startswith(_ON_THE_BASES):
            node["isBaseRunningPlay"] = True
        if event.position is not None:
            node["position"] = position(event.position)
        if event.slot is not None:
            node["battingOrder"] = event.slot
        if event.replaced_id is not None and kind != "pitching_substitution":
            node["replacedPlayer"] = link(event.replaced_id)
        if event.base and kind in ("offensive_substitution", "runner_placed"):
            node["base"] = event.base
        if event.injury is not None:
            node["injuryType"] = event.injury

    def _throw(self, node: Node, event: Event, number: int) -> None:
        stepped_off = event.kind == "stepoff"
        node["details"] = {
            "description": "Pitcher Step Off" if stepped_off else f"Pickoff Attempt {event.call}B",
            "code": event.call,
            "fromCatcher": event.from_catcher,
        }
        grain = _grain(self.book.pk, self.at_bat, number)
        if number in self.told or grain[0] >= (90 if stepped_off else 15):  # not every throw has an id
            node["playId"] = _uuid(grain)

    def _pitch(self, node: Node, event: Event, number: int, pitcher_id: int, pitches: int) -> None:
        call = event.call or "B"
        in_play, ball = call in _IN_PLAY, call in BALLS
        description = f"{_CALLS[call]} (Runner going)" if event.runner_going else _CALLS[call]
        details: Node = {
            "call": {"code": call, "description": _CALLS[call]},
            "description": description,
            "code": call,
            "isInPlay": in_play,
            "isStrike": not ball and not in_play,
            "isBall": ball,
        }
        node["details"] = details
        node["pitchNumber"] = pitches
        grain = _grain(self.book.pk, self.at_bat, number)
        if event.kind == "pitch" or grain[0] < 128:
            node["playId"] = _uuid(grain)
        if event.violation is not None:
            details["violation"] = self._violation(event.violation, pitcher_id)
        if event.pitch is None:
            return
        name, trail = _PITCH_TYPES[event.pitch.type_code]
        details["ballColor"] = _BALL_COLOR if ball else _IN_PLAY_COLOR if in_play else _STRIKE_COLOR
        details["trailColor"] = trail
        details["type"] = {"code": event.pitch.type_code, "description": name}
        if event.runner_going:
            details["runnerGoing"] = True
        people = self.book.person(self.batter_id), self.book.person(pitcher_id)
        node["pitchData"] = pitch_data(event.pitch, *people, call, grain, live=self.live)
        if event.hit is not None:
            node["hitData"] = hit_data(event.hit)
        if self.book.drops_points:
            for part in ("pitchData", "hitData"):
                if part in node:
                    without_points(node[part])

    def _violation(self, kind: str, pitcher_id: int) -> Node:
        guilty = pitcher_id if kind.startswith("pitcher") else self.batter_id
        words = " ".join(word.capitalize() for word in kind.split("_"))
        player = {"id": guilty, "fullName": self.book.ref(guilty)["fullName"]}
        return {"type": kind, "description": f"{words} Violation", "player": player}

    def review(self, review: Review) -> Node:
        """Return `reviewDetails`: nothing is overturned while it is in progress."""
        in_progress = review.ends_at > self.at
        node: Node = {
            "isOverturned": review.overturned and not in_progress,
            "inProgress": in_progress,
            "reviewType": review.kind,
        }
        if review.team_id is not None:
            node["challengeTeamId"] = review.team_id
        if review.player_id is not None:
            node["player"] = self.book.ref(review.player_id)
        if review.additional:
            node["additionalReviews"] = [self.review(each) for each in review.additional]
        return node

    def _play_id(self, number: int) -> str:
        return _uuid(_grain(self.book.pk, self.at_bat, number))


def _grain(game_pk: int, at_bat: int, number: int) -> bytes:
    """Return sixteen bytes that belong to one event."""
    return blake2b(b"%d.%d.%d" % (game_pk, at_bat, number), digest_size=16).digest()


def _uuid(grain: bytes) -> str:
    text = grain.hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
