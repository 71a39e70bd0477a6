"""One synthetic feed: the shape of 2026 built in full, older shapes and earlier states made by taking away."""

from __future__ import annotations

import copy
from typing import Any, Literal

from tests.synthetic import people
from tests.synthetic.box_score import box_score
from tests.synthetic.people import AWAY, HOME, Json
from tests.synthetic.plays import SCORING_PLAYS, plays

State = Literal["Scheduled", "Warmup", "In Progress", "Final", "Final: Tied"]

_CLUBS = {"away": AWAY, "home": HOME}
_STATES: dict[State, tuple[str, str]] = {
    "Scheduled": ("Preview", "S"),
    "Warmup": ("Live", "P"),
    "In Progress": ("Live", "I"),
    "Final": ("Final", "F"),
    "Final: Tied": ("Final", "F"),
}
_PLAYS_OF: dict[State, int] = {"Scheduled": 0, "Warmup": 1, "In Progress": 6, "Final": 10, "Final: Tied": 10}

# What a feed of 2018 lacks (FEED.md, 18), as the last steps of paths.
_NOT_IN_2018 = (
    "officialDate startTimeTBD gameInfo moundVisits officialVenue fieldInfo absChallenges isTopInning result.eventType "
    "result.isOut details.isOut details.eventType details.violation pitchData.zone pitchData.plateTime "
    "pitchData.extension breaks.spinRate breaks.spinDirection hitData.trajectory details.responsiblePitcher "
    "details.movementReason movement.isOut movement.outBase movement.outNumber movement.originBase credits "
    "details.teamUnearned airOuts popOuts lineOuts"
)
_NOT_BEFORE_THE_END = "decisions typeConfidence breaks.breakLength breaks.breakY"


def feed(game_pk: int, *, shape: int = 2026, state: State = "Final", revision: int = 0) -> Json:
    """Return the response of feed/live for an invented game. The same arguments give the same feed.

    `shape` is 2018 or 2026; `revision` changes what the scorer changes afterwards: texts, a pitch, an order of events.
    """
    made = copy.deepcopy(_full(game_pk, state))
    all_plays = made["liveData"]["plays"]["allPlays"]
    del all_plays[_PLAYS_OF[state] :]
    if state in ("Warmup", "In Progress"):
        _reopen(all_plays[-1])
    if state in ("Scheduled", "Warmup"):
        _empty_before_the_game(made)
    if not state.startswith("Final"):
        _take_away(made, _NOT_BEFORE_THE_END)
    if shape == 2018:
        _take_away(made, _NOT_IN_2018)
    if revision:
        _rescore(made, revision)
    return made


def _full(game_pk: int, state: State) -> Json:
    all_plays = plays()
    return {
        "copyright": "Nobody's: invented for tests.",
        "gamePk": game_pk,
        "link": f"/api/v1.1/game/{game_pk}/feed/live",
        "metaData": {"wait": 10, "timeStamp": "20260702_013000", "gameEvents": [], "logicalEvents": []},
        "gameData": _game_data(game_pk, state),
        "liveData": {
            "plays": {
                "allPlays": all_plays,
                "scoringPlays": [index for index in SCORING_PLAYS if index < _PLAYS_OF[state]],
                "playsByInning": [],
            },
            "linescore": _linescore(tied=state != "Final"),
            "boxscore": box_score(_CLUBS),
            "decisions": {
                "winner": people.reference(HOME + 12),
                "loser": people.reference(AWAY + 12),
                # no save: the winner finished the game
            },
            "leaders": {"hitDistance": {}, "hitSpeed": {}, "pitchSpeed": {}},
        },
    }


def _game_data(game_pk: int, state: State) -> Json:
    abstract, code = _STATES[state]
    players = dict.fromkeys([*people.squad(AWAY), *people.squad(HOME)])
    return {
        "game": {
            "pk": game_pk,
            "type": "R",
            "doubleHeader": "N",
            "id": f"2026/07/01/synthetic-{game_pk}",
            "gamedayType": "P",
            "tiebreaker": "N",
            "gameNumber": 1,
            "calendarEventID": f"14-{game_pk}-2026-07-01",
            "season": "2026",
            "seasonDisplay": "2026",
        },
        "datetime": {
            "dateTime": "2026-07-02T01:10:00Z",  # a night game: the next day in UTC
            "originalDate": "2026-07-01",
            "officialDate": "2026-07-01",
            "dayNight": "night",
            "time": "7:10",
            "ampm": "PM",
        },
        "status": {
            "abstractGameState": abstract,
            "codedGameState": code,
            "detailedState": state,
            "statusCode": code,
            "startTimeTBD": False,
            "abstractGameCode": abstract[0],
        },
        "teams": {side: _club(club) for side, club in _CLUBS.items()},
        "players": {f"ID{player_id}": people.person(player_id) for player_id in players},
        "venue": {
            "id": 990_700,
            "name": "Nowhere Park",
            "link": "/api/v1/venues/990700",
            "location": {"city": "Nowhere", "state": "Utopia", "stateAbbrev": "UT"},
            "timeZone": {"tz": "CST", "id": "America/Chicago", "offset": -6},
            "fieldInfo": {"capacity": 41363, "turfType": "Grass", "roofType": "Open"},
        },
        "officialVenue": {"id": 990_700, "link": "/api/v1/venues/990700"},
        "weather": {"condition": "Clear", "temp": "69", "wind": "8 mph, Out To CF"},
        "gameInfo": {"attendance": 30123, "firstPitch": "2026-07-02T01:11:00.000Z", "gameDurationMinutes": 151},
        "review": {"hasChallenges": True, **{side: {"used": 1, "remaining": 0} for side in _CLUBS}},
        "absChallenges": {
            "hasChallenges": True,
            **{side: {"usedSuccessful": 2, "usedFailed": 1, "remaining": 1} for side in _CLUBS},
        },
        "moundVisits": {side: {"used": 2, "remaining": 3} for side in _CLUBS},
        "flags": {"noHitter": False, "perfectGame": False},
        "alerts": [],
        "probablePitchers": {side: people.reference(people.pitchers(club)[0]) for side, club in _CLUBS.items()},
    }


def _club(club: int) -> Json:
    return {
        "id": club,
        "name": f"Club {club}",
        "link": f"/api/v1/teams/{club}",
        "abbreviation": f"C{club % 1000 // 100}",
        "teamName": f"Club {club}",
        "locationName": "Nowhere",
        "active": True,
    }


def _linescore(*, tied: bool) -> Json:
    full = {"runs": 0, "hits": 1, "errors": 0, "leftOnBase": 2}
    innings: list[Json] = [
        {"num": number, "ordinalNum": f"{number}.", "away": dict(full), "home": dict(full)} for number in (1, 2, 3)
    ]
    innings[-1]["home"] = {} if tied else {"hits": 0, "errors": 0, "leftOnBase": 0}  # the home side did not bat
    runs = {"away": 1, "home": 1 if tied else 2}
    return {
        "currentInning": 3,
        "currentInningOrdinal": "3rd",
        "inningState": "Bottom",
        "inningHalf": "Bottom",
        "isTopInning": False,
        "scheduledInnings": 9,
        "innings": innings,
        "teams": {side: {"runs": runs[side], "hits": 3, "errors": 1, "leftOnBase": 6} for side in _CLUBS},
        "balls": 1,
        "strikes": 2,
        "outs": 3,
    }


def _reopen(play: Json) -> None:
    """Make `play` the one that is going on: no result yet, the last action shows as its event."""
    play["about"]["isComplete"] = False
    for key in ("hasReview", "hasOut", "isScoringPlay", "endTime"):
        play["about"].pop(key, None)
    for key in ("eventType", "description", "rbi", "isOut"):
        play["result"].pop(key, None)
    play["result"]["event"] = "Game Advisory"
    play["runners"], play["runnerIndex"] = [], []


def _empty_before_the_game(made: Json) -> None:
    live = made["liveData"]
    live["linescore"] = {"scheduledInnings": 9, "innings": [], "teams": {"home": {}, "away": {}}}
    live["boxscore"]["officials"] = []
    made["gameData"]["weather"], made["gameData"]["gameInfo"] = {}, {}
    for team in live["boxscore"]["teams"].values():
        team |= {"batters": [], "pitchers": [], "battingOrder": []}
        for player in team["players"].values():
            player["stats"] = {"batting": {}, "pitching": {}, "fielding": {}}
            player.pop("battingOrder", None)


def _rescore(made: Json, revision: int) -> None:
    """Change the feed in place, as late corrections do: metaData.timeStamp stays as it was."""
    all_plays = made["liveData"]["plays"]["allPlays"]
    if all_plays:
        play = all_plays[revision % len(all_plays)]
        play["result"]["description"] = f"Scored anew, revision {revision}."
        # an event turns up before those that were there: the position of all of them changes
        play["playEvents"].insert(0, copy.deepcopy(all_plays[0]["playEvents"][0]))
        all_plays[-1]["runners"] = all_plays[-1]["runners"][: revision % 2]
    for side, team in made["liveData"]["boxscore"]["teams"].items():
        team["bench"] = team["bench"][: (revision + len(side)) % 2]
        for player in team["players"].values():
            if player["stats"]["batting"]:
                player["stats"]["batting"]["hits"] = revision


def _take_away(value: Any, names: str) -> None:
    """Remove keys wherever they are: 'name', or 'parent.name' where the name alone says too little."""
    for name in names.split():
        parent, _, key = name.rpartition(".")
        _remove(value, parent, key, under="")


def _remove(value: Any, parent: str, key: str, under: str) -> None:
    if isinstance(value, list):
        for item in value:
            _remove(item, parent, key, under)
    elif isinstance(value, dict):
        if parent in ("", under):
            value.pop(key, None)
        for name, item in value.items():
            _remove(item, parent, key, name)
