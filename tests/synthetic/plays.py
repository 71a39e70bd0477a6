"""The plays of the synthetic game: each is one of the odd shapes a real feed has (FEED.md part B)."""

from __future__ import annotations

from typing import Any

from tests.synthetic import people
from tests.synthetic.events import action, other, pitch, runner, time
from tests.synthetic.people import AWAY, HOME, Json

INNINGS_OF_PLAYS = (1, 1, 1, 1, 2, 2, 2, 2, 3, 3)  # top and bottom alternate every two plays


def plays() -> list[Json]:
    """Return all plays, complete and in order."""
    makers = (
        _walk_after_pickoffs,
        _strikeout_on_the_clock,
        _home_run,
        _groundout_with_challenge,
        _intentional_walk,
        _automatic_runner,
        _double_play_reviewed_twice,
        _ejection,
        _strikeout_that_nobody_moved_on,
        _last_out,
    )
    return [_play(index, maker) for index, maker in enumerate(makers)]


def _play(index: int, maker: Any) -> Json:
    top = index % 4 < 2
    batting, fielding = (AWAY, HOME) if top else (HOME, AWAY)
    batter, pitcher = people.batters(batting)[index % 9], people.pitchers(fielding)[index // 6]
    part: Json = maker(index, batter, pitcher)
    events: list[Json] = part["playEvents"]
    runs = {"awayScore": 0 if index < 2 else 1, "homeScore": 0 if index < 3 else 1}
    return {
        "result": {"type": "atBat", "rbi": 0, "isOut": False, **runs, **part["result"]},
        "about": {
            "atBatIndex": index,
            "halfInning": "top" if top else "bottom",
            "isTopInning": top,
            "inning": INNINGS_OF_PLAYS[index],
            "startTime": time(index, 0),
            "endTime": time(index, 59),
            "isComplete": True,
            "isScoringPlay": index in SCORING_PLAYS,
            "hasReview": "reviewDetails" in part,
            "hasOut": bool(part["result"].get("isOut")),
            "captivatingIndex": 14,
        },
        "count": {"balls": 1, "strikes": 2, "outs": index % 3},
        "matchup": {
            "batter": people.reference(batter),
            "batSide": {"code": "R", "description": "Right"},
            "pitcher": people.reference(pitcher),
            "pitchHand": {"code": "L", "description": "Left"},
            "batterHotColdZones": [],
            "pitcherHotColdZones": [],
            "splits": {"batter": "vs_LHP", "pitcher": "vs_RHB", "menOnBase": "Empty"},
        },
        "pitchIndex": [position for position, event in enumerate(events) if event["type"] != "action"],
        "actionIndex": [position for position, event in enumerate(events) if event["type"] == "action"],
        "runnerIndex": list(range(len(part["runners"]))),
        "playEndTime": time(index, 59),
        "atBatIndex": index,
        **({"reviewDetails": part["reviewDetails"]} if "reviewDetails" in part else {}),
        "runners": part["runners"],
        "playEvents": [event | {"index": position} for position, event in enumerate(events)],
    }


SCORING_PLAYS = (2, 3)


def _walk_after_pickoffs(play: int, batter: int, pitcher: int) -> Json:
    advisory = action(play, "Game Advisory", "game_advisory", player=None)
    throw = other(play, 1, "pickoff", "Pickoff Attempt 1B", "1")
    throw.pop("playId")
    without_count = other(play, 2, "pickoff", "Pickoff Attempt 2B", "2") | {"count": {}}
    return {
        "result": _result("Walk", "walk", f"{people.name(batter)} walks.\tA tab, a \\ and a line\nbreak."),
        "playEvents": [advisory, throw, without_count, pitch(play, 3, "B", speed=95), pitch(play, 4, "B", spin=None)],
        "runners": [runner(batter, None, "1B", "Walk")],
    }


def _strikeout_on_the_clock(play: int, batter: int, pitcher: int) -> Json:
    change = action(play, "Pitching Substitution", "pitching_substitution", player=pitcher)
    change |= {"isSubstitution": True, "position": people.position("P")}
    clock = other(play, 1, "no_pitch", "Automatic Strike - Batter Pitch Timer Violation", "AC")
    clock |= {"pitchNumber": 1}
    clock["details"] |= {
        "call": {"code": "AC", "description": "Automatic Strike"},
        "violation": {
            "type": "batter_pitch_timer",
            "description": "Batter Pitch Timer Violation",
            "player": {"id": batter, "fullName": people.name(batter)},
        },
    }
    bare = other(play, 2, "no_pitch", "", "N")
    bare["details"].pop("description")
    return {
        "result": _result("Strikeout", "strikeout", f"{people.name(batter)} strikes out.", out=True),
        "playEvents": [change, clock, bare, pitch(play, 3, "S"), pitch(play, 4, "S", kind="SL")],
        "runners": [runner(batter, None, None, "Strikeout", out="1B", credited=[(HOME + 2, "f_putout")])],
    }


def _home_run(play: int, batter: int, pitcher: int) -> Json:
    return {
        "result": _result("Home Run", "home_run", f"{people.name(batter)} homers (1).") | {"rbi": 1},
        "playEvents": [pitch(play, 0, "X", hit={"launchSpeed": 108.4, "launchAngle": 29, "totalDistance": 430})],
        "runners": [runner(batter, None, "score", "Home Run")],
        "reviewDetails": {"isOverturned": False, "inProgress": False, "reviewType": "NH"},
    }


def _groundout_with_challenge(play: int, batter: int, pitcher: int) -> Json:
    challenged = pitch(play, 0, "C")
    challenged["reviewDetails"] = {
        "isOverturned": True,
        "inProgress": False,
        "reviewType": "MJ",
        "challengeTeamId": HOME,
        "player": people.reference(batter),
    }
    fielders = [(AWAY + 6, "f_assist"), (AWAY + 3, "f_putout")]
    return {
        "result": _result("Groundout", "field_out", f"{people.name(batter)} grounds out.", out=True) | {"rbi": 1},
        "playEvents": [challenged, pitch(play, 1, "X", hit={"launchSpeed": 80, "launchAngle": -12.0})],
        "runners": [
            runner(people.batters(HOME)[2], "3B", "score", "Groundout"),
            runner(batter, None, None, "Groundout", out="1B", credited=fielders),
        ],
    }


def _intentional_walk(play: int, batter: int, pitcher: int) -> Json:
    """No events; the text is what COPY takes for NULL, and here is text."""
    return {
        "result": _result("Intent Walk", "intent_walk", "\\N"),
        "playEvents": [],
        "runners": [runner(batter, None, "1B", "Intent Walk")],
    }


def _automatic_runner(play: int, batter: int, pitcher: int) -> Json:
    placed = action(play, "Runner Placed On Base", "runner_placed", player=batter - 1)
    placed |= {"base": 2, "isBaseRunningPlay": True}
    return {
        "result": _result("Single", "single", ""),
        "playEvents": [placed, pitch(play, 1, "X", hit={"launchSpeed": 71.5, "trajectory": "line_drive"})],
        "runners": [
            runner(batter - 1, None, "2B", "Runner Placed On Base"),
            runner(batter - 1, "2B", "3B", "Single"),
            runner(batter, None, "1B", "Single"),
        ],
    }


def _double_play_reviewed_twice(play: int, batter: int, pitcher: int) -> Json:
    reviewed = pitch(play, 1, "X", hit={"launchSpeed": 99.9, "launchAngle": 0, "trajectory": "ground_ball"})
    reviewed["reviewDetails"] = {
        "isOverturned": False,
        "inProgress": False,
        "reviewType": "MP",
        "challengeTeamId": HOME,
        "additionalReviews": [
            {"isOverturned": True, "inProgress": False, "reviewType": "MA", "challengeTeamId": AWAY},
            {"isOverturned": False, "inProgress": False, "reviewType": "NH"},
        ],
    }
    first = people.batters(HOME)[0]
    return {
        "result": _result("Double Play", "grounded_into_double_play", "Two are out.", out=True),
        "playEvents": [action(play, "Mound Visit", "mound_visit", player=None), reviewed],
        "runners": [
            # one man, two rows of one event: he advanced, and was out on the way on
            runner(first, "1B", "2B", "Double Play"),
            runner(first, "2B", None, "Double Play", out="4B", credited=[(AWAY + 4, "f_throwing_error")]),
            runner(batter, None, None, "Double Play", out="1B", credited=[(AWAY + 4, "f_assist")]),
        ],
    }


def _ejection(play: int, batter: int, pitcher: int) -> Json:
    ejected = action(play, "Ejection", "ejection", player=people.EJECTED)
    return {
        "result": _result("Walk", "walk", f"{people.name(batter)} walks."),
        "playEvents": [other(play, 0, "stepoff", "Pitcher Step Off", "PSO"), ejected, pitch(play, 2, "B", speed=88.0)],
        "runners": [runner(batter, None, "1B", "Walk")],
    }


def _strikeout_that_nobody_moved_on(play: int, batter: int, pitcher: int) -> Json:
    nowhere = runner(batter, None, None, "Strikeout")
    nowhere["movement"]["isOut"] = None
    steal = action(play, "Stolen Base 2B", "stolen_base_2b", player=batter) | {"isBaseRunningPlay": True}
    steal["reviewDetails"] = {"isOverturned": False, "inProgress": True, "reviewType": "MA", "challengeTeamId": AWAY}
    return {
        "result": _result("Strikeout", "strikeout", f"{people.name(batter)} strikes out."),
        "playEvents": [pitch(play, 0, "S"), steal],
        "runners": [nowhere],
    }


def _last_out(play: int, batter: int, pitcher: int) -> Json:
    return {
        "result": _result("Flyout", "field_out", f"{people.name(batter)} flies out.", out=True),
        "playEvents": [pitch(play, 0, "X", hit={})],
        "runners": [runner(batter, None, None, "Flyout", out="1B", credited=[(HOME + 8, "f_putout")])],
    }


def _result(event: str, event_type: str, description: str, *, out: bool = False) -> Json:
    return {"event": event, "eventType": event_type, "description": description, "isOut": out}
